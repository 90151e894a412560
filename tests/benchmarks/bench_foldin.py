"""Folding in a person with 3 or with 300 payments: their profile, and the scores of all circles.

    python tests/benchmarks/bench_foldin.py [--home HOME] [--folder FOLDER] [--json FILE]

Asks the demonstration's published version (`circles-data`), and a version fitted to an interchange folder
(weeplaces of `../shared/data` by default). People are drawn: so many payments, each for another thing.
CPU time of this thread; where other work shares the cores, only that means anything.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from measure import PROJECT, print_table, report

from embeddings.fit import fit
from embeddings.profile import Profile
from embeddings.publish import publish
from embeddings.registry import Registry, Version
from embeddings.scorer import Scorer
from graph.cut import build
from graph.edges import BOUGHT, PAID
from graph.home import Home
from graph.policy.values import read_policy
from loaders.interchange import read_tables

BARS_US = {3: 100.0, 300: 1000.0}
PEOPLE, WARM_UP = 2_000, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, default=PROJECT / "circles-data")
    parser.add_argument("--folder", type=Path, default=PROJECT.parent / "shared/data/weeplaces")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as scratch:
        versions = {
            "demonstration": Registry(Home(given.home).versions).current(),
            given.folder.name: fitted_to(given.folder, Path(scratch)),
        }
        rows = [
            {"version": name, "circles": len(version.circles), **timed(version, payments)}
            for name, version in versions.items()
            for payments in BARS_US
        ]
    print_table(rows, "CPU microseconds to fold in a person and score all circles")
    report({"rows": rows}, given.json)


def fitted_to(folder: Path, versions: Path) -> Version:
    """A version of the whole model on a folder's training part."""
    policy = read_policy(PROJECT / "policy.toml")
    tables = read_tables(str(folder), mapping=None, policy=policy, cut=None)
    snapshot = build(tables, as_of=int(tables.paid["last_at"].max()), policy=policy)
    fitted = fit(snapshot, min_supporters=1)
    return Registry(versions).open(publish(fitted, snapshot, versions, policy=policy))


def timed(version: Version, payments: int) -> dict[str, Any]:
    """Middle and 99 % over people, one at a time."""
    scorer, rng, took = Scorer(version), np.random.default_rng(payments), []
    for _ in range(PEOPLE + WARM_UP):
        paid, bought = drawn(version, payments, rng)
        begin = time.thread_time_ns()
        scorer.score(Profile.of(version, paid=paid, bought=bought, member_of=()))
        took.append((time.thread_time_ns() - begin) / 1000)
    middle, high = (float(np.quantile(took[WARM_UP:], q)) for q in (0.5, 0.99))
    bar = BARS_US[payments]
    return {
        "payments": payments,
        "p50": round(middle, 1),
        "p99": round(high, 1),
        "bar": bar,
        "kept": "yes" if high < bar else "NO",
    }


def drawn(version: Version, payments: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Edges of a person with so many payments, each for another thing; half are products if there are any."""
    rows = {kind: np.flatnonzero(version.store_rows[kind] >= 0) for kind in ("merchants", "products")}
    num_products = payments // 2 if len(rows["products"]) else 0
    paid = np.zeros(payments - num_products, dtype=PAID)
    bought = np.zeros(num_products, dtype=BOUGHT)
    for edges, name, kind in ((paid, "merchant", "merchants"), (bought, "product", "products")):
        edges[name] = rng.choice(rows[kind], len(edges), replace=len(rows[kind]) < len(edges))
        edges["payments"], edges["last_at"] = 1, version.model.newest_at
    return paid, bought


if __name__ == "__main__":
    main()
