"""The embedded store: bulk writes, exports and single decisions, beside what SQLite itself takes.

    python tests/benchmarks/bench_store.py [--users N] [--edges N] [--json FILE]

The floor of a bulk row is a plain `executemany` of rows of the same size into one table without checks, in
transactions of the same length; that of a single write is one row in one durable transaction.
"""

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from measure import print_table, report

from graph.edges import PAID, UserEdges
from graph.stores.open import open_store

NUM_PRODUCTS, NUM_CALLS, BATCH = 92_000, 1_000, 10_000
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=200_000)
    parser.add_argument("--edges", type=int, default=2_800_000)
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as folder:
        bulk, single = measure(Path(folder), given.users, given.edges)
    print_table(bulk, f"{given.users:,} users, {given.edges:,} edges; rows a second")
    print_table(single, "one at a time; milliseconds")
    report({"bulk": bulk, "single": single}, given.json)


def measure(folder: Path, num_users: int, num_edges: int) -> tuple[list[Row], list[Row]]:
    random = np.random.default_rng(1)
    ids = [random.bytes(16).hex() for _ in range(num_users)]
    edges = _edges(random, num_users, num_edges)
    with closing(open_store(f"sqlite:///{folder / 'graph.db'}")) as store:
        bulk = [
            _bulk("intern users", num_users, lambda: store.intern("User", ids), _floor(folder, ids)),
            _bulk("intern the same again", num_users, lambda: store.intern("User", ids)),
            _bulk("upsert products", NUM_PRODUCTS, lambda: store.upsert("Product", _products())),
            _bulk("upsert the same again", NUM_PRODUCTS, lambda: store.upsert("Product", _products())),
            _bulk(
                "set_edges, users",
                num_users,
                lambda: store.set_edges("paid", edges),
                _floor(folder, _blobs(edges)),
            ),
            _bulk("set_edges the same again, users", num_users, lambda: store.set_edges("paid", edges)),
            _bulk("edges, edges", num_edges, lambda: store.edges("paid")),
            _bulk("set_consents", num_users, lambda: store.set_consents(_consents(num_users))),
        ]
        store.intern("Circle", ["c"])
        single = [
            _single("join", lambda i: store.join(i, 0, 10), _one_row(folder)),
            _single("leave", lambda i: store.leave(i, 0, 20)),
            _single("user_state", lambda i: store.user_state(ids[i])),
            _single("visible, 100 others", lambda i: store.visible(i, range(100), "links")),
        ]
    return bulk, single


def _edges(random: np.random.Generator, num_users: int, num_edges: int) -> UserEdges:
    counts = np.bincount(random.integers(0, num_users, num_edges), minlength=num_users)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    edges = np.zeros(num_edges, dtype=PAID)
    edges["merchant"] = np.arange(num_edges) - np.repeat(offsets[:-1], counts)
    edges["payments"], edges["days"], edges["last_at"] = 3, 2, 9
    return UserEdges(np.arange(num_users), offsets, edges)


def _products() -> dict[str, list[Any]]:
    numbers = range(NUM_PRODUCTS)
    return {
        "id": [f"product {i}" for i in numbers],
        "name": [f"Product number {i}" for i in numbers],
        "category": [f"category {i % 300}" for i in numbers],
        "merchant_id": [f"maker {i % 6_000}" for i in numbers],
    }


def _consents(num_users: int) -> dict[str, Any]:
    return {
        "user": np.arange(num_users),
        "purpose": ["links"] * num_users,
        "granted": [True] * num_users,
        "at": [5] * num_users,
    }


def _blobs(edges: UserEdges) -> list[bytes]:
    ends = edges.offsets.tolist()
    return [edges.edges[start:end].tobytes() for start, end in pairwise(ends)]


def _bulk(what: str, num_rows: int, work: Callable[[], object], floor_s: float | None = None) -> Row:
    begin = time.perf_counter()
    work()
    took = time.perf_counter() - begin
    floor = round(num_rows / floor_s) if floor_s else ""
    return {"what": what, "seconds": round(took, 2), "a second": round(num_rows / took), "floor": floor}


def _single(what: str, work: Callable[[int], object], floor_ms: float | None = None) -> Row:
    times = []
    for i in range(NUM_CALLS):
        begin = time.perf_counter()
        work(i)
        times.append(1000 * (time.perf_counter() - begin))
    p50, p99 = (round(float(np.percentile(times, q)), 3) for q in (50, 99))
    return {"what": what, "p50": p50, "p99": p99, "floor p50": "" if floor_ms is None else round(floor_ms, 3)}


def _plain_table(folder: Path) -> sqlite3.Connection:
    db = sqlite3.connect(folder / "floor.db", isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = FULL"):
        db.execute(f"PRAGMA {setting}")
    db.execute("DROP TABLE IF EXISTS floor")
    db.execute("CREATE TABLE floor (number INTEGER PRIMARY KEY, value)")
    return db


def _floor(folder: Path, values: list[Any]) -> float:
    with closing(_plain_table(folder)) as db:
        begin = time.perf_counter()
        for start in range(0, len(values), BATCH):
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO floor VALUES (?, ?)", enumerate(values[start : start + BATCH], start))
            db.execute("COMMIT")
        return time.perf_counter() - begin


def _one_row(folder: Path) -> float:
    times = []
    with closing(_plain_table(folder)) as db:
        for i in range(NUM_CALLS):
            begin = time.perf_counter()
            db.execute("INSERT INTO floor VALUES (?, ?)", (i, i))
            times.append(time.perf_counter() - begin)
    return 1000 * float(np.median(times))


if __name__ == "__main__":
    main()
