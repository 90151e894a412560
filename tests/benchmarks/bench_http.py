"""The service over HTTP: cost beside a hello-world, memory, freshness, publishing under load, growth.

    python tests/benchmarks/bench_http.py [--home HOME] [--only PART,..] [--json FILE]
    python tests/benchmarks/bench_http.py --only growth --people 100000,1000000,10000000 --scratch FOLDER

Servers are real ones (`circles serve`, two workers) on copies of a home that holds payments and a published
version, by default the demonstration's (`circles-data`; made when there is none, which takes a minute). A
process of its own asks. The figure to trust is the CPU of the server's processes for an answer, and of that
the ratio to the hello-world of the same run: wall times are those of a machine that serves and asks.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import CIRCLES, PROJECT, machine, print_table, report, run_child

sys.path.insert(0, str(PROJECT))

DEMONSTRATION = [str(number) for number in range(1, 2501)]  # account ids of Complete Journey's households
Tables = dict[str, list[dict[str, Any]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, default=PROJECT / "circles-data", help="of the demonstration")
    parser.add_argument("--only", help=f"parts, separated by commas: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=5, help="of each kind of answer, in turn")
    parser.add_argument("--trials", type=int, default=200, help="of each kind of change")
    parser.add_argument("--publishes", type=int, default=20)
    parser.add_argument("--people", default="100000,1000000", help="sizes to grow to")
    parser.add_argument("--scratch", type=Path, help="where homes are kept while they are measured")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    machine()
    figures: dict[str, Tables] = {}
    with tempfile.TemporaryDirectory(prefix="circles-bench-", dir=given.scratch) as scratch:
        if set(wanted := given.only.split(",") if given.only else list(PARTS)) - {"typed", "growth"}:
            given.home = published(given.home, Path(scratch))
        for part in wanted:
            figures[part] = PARTS[part](given, Path(scratch))
            for title, rows in figures[part].items():
                print_table(rows, f"{part}: {title}")
    report(figures, given.json)


def published(home: Path, scratch: Path) -> Path:
    """The home given, or a new demonstration."""
    if (home / "versions" / "current").is_file() and (home / "circles.db").is_file():
        return home
    made = scratch / "demonstration"
    for arguments in (("load", "completejourney", "--assume-consent"), ("train",)):
        run_child([str(CIRCLES), *arguments], CIRCLES_HOME=str(made))
    return made


def share(given: argparse.Namespace, scratch: Path) -> Tables:
    from http_share import measure

    return measure(given.home, DEMONSTRATION, given.rounds, scratch)


def typed(given: argparse.Namespace, scratch: Path) -> Tables:
    from http_typed import measure

    return measure()


def freshness(given: argparse.Namespace, scratch: Path) -> Tables:
    from http_freshness import measure

    return measure(given.home, DEMONSTRATION, given.trials, scratch)


def publishes(given: argparse.Namespace, scratch: Path) -> Tables:
    from http_publishes import measure

    return measure(given.home, DEMONSTRATION, given.publishes, scratch)


def growth(given: argparse.Namespace, scratch: Path) -> Tables:
    from http_growth import measure

    return measure([int(size) for size in given.people.split(",")], given.rounds, scratch)


PARTS: dict[str, Callable[[argparse.Namespace, Path], Tables]] = {
    "share": share,
    "typed": typed,
    "freshness": freshness,
    "publishes": publishes,
    "growth": growth,
}

if __name__ == "__main__":
    main()
