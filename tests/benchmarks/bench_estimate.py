"""What `circles train --estimate` foretells, beside what the training then takes.

    python tests/benchmarks/bench_estimate.py [--source SOURCE] [--json FILE]

SOURCE is `completejourney` or an interchange folder; it is loaded into a home of its own. Both commands are
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
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as scratch:
        environ, circles = {"CIRCLES_HOME": f"{scratch}/home"}, os.fspath(CIRCLES)
        run_child([circles, "load", given.source, "--assume-consent"], **environ)
        probe = run_child([circles, "train", "--estimate", "--json"], **environ)
        trained = run_child([circles, "train"], **environ)
    told = json.loads(probe.output[probe.output.index("{") :])
    pairs = {
        "CPU s": (told["cpu_seconds"], trained.cpu_s),
        "wall s": (told["seconds"], trained.wall_s),
        "MiB": (told["peak_memory_mib"], trained.peak_mib),
    }
    rows = [{"what": name, **compared(*pair)} for name, pair in pairs.items()]
    print_table(rows, f"{given.source}; the estimate itself took {probe.cpu_s:.0f} CPU s")
    report({"source": given.source, "rows": rows, "estimate": told}, given.json)


def compared(foretold: float, taken: float) -> dict[str, float | str]:
    """Both, and whether they are near enough."""
    kept = "yes" if abs(foretold / taken - 1) <= BAR else "NO"
    return {"foretold": float(foretold), "taken": taken, "ratio": foretold / taken, "kept": kept}


if __name__ == "__main__":
    main()
