"""What is in the repository names no machine, no registry and no secret."""

import re
import subprocess

from graph.settings import PROJECT

FORBIDDEN = re.compile(
    r"(?<![\w.-])/(work|root)/\w|https?://\S*(/simple\b|/maven2\b)"
    r"|ck_[0-9a-f]{12}_[0-9a-f]{64}|BEGIN [A-Z ]*PRIVATE KEY"
)


def test_no_tracked_file_holds_a_machine_path_or_a_secret():
    names = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert names
    found = []
    for name in names:
        path = PROJECT / name
        if path.suffix in {".png", ".parquet", ".gz", ".zst"} or not path.exists():
            continue
        found += [
            f"{name}: {m.group()}"
            for m in FORBIDDEN.finditer(path.read_text(encoding="utf-8", errors="replace"))
        ]
    assert found == []
