"""What `circles load --estimate` and `circles train --estimate` foretell, beside what then is taken.

    python tests/benchmarks/bench_estimate.py [--source SOURCE] [--json FILE]

SOURCE is `completejourney` or an interchange folder; it is loaded into a home of its own. All commands are
processes of their own, one after the other; other work on the machine makes them differ.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from measure import CIRCLES, print_table, report, run_child

BAR = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="completejourney")
    parser.add_argument("--load-only", action="store_true", help="leave training out")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as scratch:
        home = Path(scratch) / "home"
        rows = loading(given.source, home)
        if not given.load_only:
            rows += training(home)
    print_table(rows, given.source)
    report({"source": given.source, "rows": rows}, given.json)


def loading(source: str, home: Path) -> list[dict[str, float | str]]:
    """Estimate a load, then load."""
    environ, circles = {"CIRCLES_HOME": str(home)}, os.fspath(CIRCLES)
    probe = run_child([circles, "load", source, "--estimate", "--json"], **environ)
    loaded = run_child([circles, "load", source, "--assume-consent"], **environ)
    told = told_in(probe.output)
    pairs = {
        "CPU s": (told["cpu_seconds"], loaded.cpu_s),
        "wall s": (told["seconds"], loaded.wall_s),
        "memory MiB": (told["peak_memory_mib"], loaded.peak_mib),
        "log MiB": (told["log_mib"], size_mib(home / "log")),
        "store MiB": (
            told["store_mib"],
            sum(path.stat().st_size for path in home.glob("circles.db*")) / 2**20,
        ),
    }
    return rows_of("load", pairs, probe.cpu_s)


def training(home: Path) -> list[dict[str, float | str]]:
    """Estimate a training, then train."""
    environ, circles = {"CIRCLES_HOME": str(home)}, os.fspath(CIRCLES)
    probe = run_child([circles, "train", "--estimate", "--json"], **environ)
    trained = run_child([circles, "train"], **environ)
    told = told_in(probe.output)
    (version,) = (path for path in (home / "versions").iterdir() if path.is_dir() and not path.is_symlink())
    links = sum(path.stat().st_size for path in version.rglob("link*") if path.is_file()) / 2**20
    pairs = {
        "CPU s": (told["cpu_seconds"], trained.cpu_s),
        "wall s": (told["seconds"], trained.wall_s),
        "memory MiB": (told["peak_memory_mib"], trained.peak_mib),
        "version MiB": (told["disk_mib"], size_mib(version) - links),
    }
    return rows_of("train", pairs, probe.cpu_s)


def told_in(output: str) -> dict[str, float]:
    return dict(json.loads(output[output.index("{") :]))


def size_mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def rows_of(
    step: str, pairs: dict[str, tuple[float, float]], probe_cpu_s: float
) -> list[dict[str, float | str]]:
    rows: list[dict[str, float | str]] = [
        {"step": step, "what": name, **compared(*pair)} for name, pair in pairs.items()
    ]
    rows[0]["estimate took"] = probe_cpu_s
    return [{**row, "estimate took": row.get("estimate took", "")} for row in rows]


def compared(foretold: float, taken: float) -> dict[str, float | str]:
    """Both, and whether they are near enough."""
    kept = "yes" if abs(foretold / taken - 1) <= BAR else "NO"
    return {"foretold": float(foretold), "taken": taken, "ratio": foretold / taken, "kept": kept}


if __name__ == "__main__":
    main()
