"""Can somebody with all files of a version tell that a person was erased before it was made?

    .venv/bin/python tests/benchmarks/bench_membership.py [--people 200] [--users 2000] [--no-gnn]

Generates a town, lets half of the people be in it in one world and the other half in another, and attacks the
versions made before and after their erasure; see `tests/attacks/membership.py`.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from loaders.synthetic import generate
from tests.attacks.membership import attacked, targets

BAR = 0.52


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--payments", type=int, default=60_000)
    parser.add_argument("--no-gnn", action="store_true")
    parser.add_argument("--json", type=Path)
    wish = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        town = Path(name) / "town"
        generate(town, users=wish.users, payments=wish.payments)
        people = targets(town, wish.people)
        found = attacked(Path(name), town, people, gnn=not wish.no_gnn)
    figures = {
        "people": wish.people,
        "gnn": not wish.no_gnn,
        "auc_learned": found.learned,
        "auc_erased": found.erased,
        "largest_difference": found.largest,
        "seconds": time.monotonic() - began,
    }
    print(json.dumps(figures, indent=1))
    print(f"bar: AUC at most {BAR} after the erasure: {'kept' if found.erased <= BAR else 'NOT kept'}")
    if wish.json:
        wish.json.write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
