"""What docs/scale.md says about exports and updates is run as it stands there."""

import subprocess

import pyarrow.parquet as pq
import pytest

from tests.houses import CIRCLES, House
from tests.project.test_scale import commands

BEFORE = """set -euo pipefail
circles generate exports --users 300 --payments 9000
circles load exports --assume-consent
circles train --quick
"""


@pytest.mark.slow
def test_the_commands_do_what_the_page_says(tmp_path):
    environment = House(tmp_path / "home", "sqlite:///circles.db").environment()
    environment["PATH"] = f"{CIRCLES.parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", BEFORE + commands("export")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert pq.read_table(tmp_path / "lists").num_rows > 500
    assert list((tmp_path / "suggestions").glob("links-*.parquet"))
    assert "nothing has changed since version" in done.stderr
