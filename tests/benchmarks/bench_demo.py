"""The demonstration from nothing: load Complete Journey, train, publish, answer for one household.

    python tests/benchmarks/bench_demo.py [--home KEPT] [--json FILE]

Each step is the command itself in a process of its own, measured with all its children; a new home each
time. The bar holds for the sum, on two cores.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import CIRCLES, print_table, report, run_child

HOUSEHOLD = "718"
STEPS = {
    "load": ("load", "completejourney", "--assume-consent"),
    "train and publish": ("train",),
    "first answer": ("recommend", HOUSEHOLD, "--json"),
}
BAR_S, BAR_MIB = 180.0, 4096.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, help="keep the home folder here; it must be new")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    if given.home and given.home.exists():
        parser.error(f"{given.home} exists; the demonstration is measured from nothing")
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as scratch:
        rows = measure(given.home or Path(scratch) / "home")
    print_table(rows, "The demonstration, after installing")
    report({"steps": rows}, given.json)


def measure(home: Path) -> list[dict[str, Any]]:
    """Run the steps one after another in one home."""
    rows = []
    for name, arguments in STEPS.items():
        usage = run_child([str(CIRCLES), *arguments], CIRCLES_HOME=str(home))
        rows.append({"step": name, "wall s": usage.wall_s, "cpu s": usage.cpu_s, "peak MiB": usage.peak_mib})
    if not json.loads(usage.output)["items"]:
        sys.exit(f"household {HOUSEHOLD} got no circles")
    total = {
        "step": "all",
        "wall s": round(sum(row["wall s"] for row in rows), 1),
        "cpu s": round(sum(row["cpu s"] for row in rows), 1),
        "peak MiB": max(row["peak MiB"] for row in rows),
    }
    kept = total["wall s"] <= BAR_S and total["peak MiB"] < BAR_MIB
    bar = {
        "step": "bar " + ("(kept)" if kept else "(NOT kept)"),
        "wall s": BAR_S,
        "cpu s": "",
        "peak MiB": BAR_MIB,
    }
    return [*rows, total, bar]


if __name__ == "__main__":
    main()
