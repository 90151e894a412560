"""The Neo4j store beside the embedded one and beside the driver alone, on a real local server.

    python tests/benchmarks/bench_neo4j.py [--relationships 3000000] [--json FILE]

Starts servers of its own in a temporary folder. Rates are relationships a second of wall time: read them
beside the load of the machine, which is printed too.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import neo4j
import numpy as np
from measure import print_table, report

from graph.edges import BOUGHT, PAID, UserEdges
from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer, programs
from graph.stores.neo4j.address import target_of
from graph.stores.neo4j.csv_files import write_csv
from graph.stores.neo4j.packing import joined
from graph.stores.neo4j.transfer import transfer
from graph.stores.open import open_store

NUM_MERCHANTS, NUM_PRODUCTS = 5_000, 50_000
BOLT_SHARE = 0.1  # of the relationships: enough for a rate
SEED = 1
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--relationships", type=int, default=3_000_000)
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--bolt", nargs=2, metavar=("ADDRESS", "N"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bolt:
        print(load_over_bolt(given.bolt[0], int(given.bolt[1])))
        return
    found = programs(os.environ, progress=lambda stage, done, total: None)
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as folder:
        rows = measure_bolt(found, Path(folder), given.relationships)
        rows += measure_all(found, Path(folder), given.relationships)
    print_table(rows, f"{given.relationships:,} relationships")
    report({"relationships": given.relationships, "rows": rows}, given.json)


# -- over Bolt ------------------------------------------------------------------------------------------


def measure_bolt(found: Any, folder: Path, relationships: int) -> list[Row]:
    """First load over the wire, with the Rust extension and with the pure driver, in turns on one server."""
    number = int(relationships * BOLT_SHARE)
    rates: dict[bool, list[float]] = {True: [], False: []}
    server = LocalServer(folder / "bolt")
    server.up(found, port=free_port(), heap="1g", pagecache="512m")
    try:
        for pure in (False, True, False, True, False):
            wipe(server.connection())
            program = ["-c", PURE, __file__] if pure else [__file__]
            argv = [sys.executable, *program, "--bolt", server.connection(), str(number)]
            done = subprocess.run(argv, capture_output=True, text=True, check=True)
            rates[pure].append(float(done.stdout))
    finally:
        server.kill()
        shutil.rmtree(server.files.folder, ignore_errors=True)
    rust, pure_rate = max(rates[False][1:]), max(rates[True])  # the first run warms the server up
    return [
        row("first load over Bolt, 1/s", rust, ">= 25,000", rust >= 25_000),
        row("the same / the pure driver", rust / pure_rate, ">= 1.5", rust / pure_rate >= 1.5),
    ]


def load_over_bolt(address: str, number: int) -> float:
    """Relationships a second of a first load."""
    with closing(open_store(address)) as store:
        paid, _ = edges_of(number)
        store.intern("User", [f"u{i}" for i in range(len(paid))])
        store.intern("Merchant", [f"m{i}" for i in range(NUM_MERCHANTS)])
        begin = time.perf_counter()
        store.set_edges("paid", paid)
        return len(paid.edges) / (time.perf_counter() - begin)


# Hides the Rust extension from the driver.
PURE = """
import os, runpy, sys
sys.modules["neo4j._rust"] = None
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def wipe(address: str) -> None:
    target = target_of(address)
    with neo4j.GraphDatabase.driver(target.uri, auth=(target.user, target.password)) as driver:
        for text in ("MATCH ()-[r]->() CALL (r) { DELETE r }", "MATCH (n) CALL (n) { DELETE n }"):
            with driver.session() as session:
                session.run(f"{text} IN TRANSACTIONS OF 20000 ROWS").consume()


# -- everything else, on the whole graph -----------------------------------------------------------------


def measure_all(found: Any, folder: Path, relationships: int) -> list[Row]:
    source = open_store(f"sqlite:///{folder / 'graph.db'}")
    fill(source, relationships)
    server = LocalServer(folder / "home" / "neo4j")
    rows = []
    begin = time.perf_counter()
    server.up(found, port=free_port(), heap="2g", pagecache="1g")
    with closing(open_store(server.connection())) as store:
        store.ping()
    seconds = time.perf_counter() - begin
    rows.append(row("start to first query, s", seconds, "<= 20", seconds <= 20))
    try:
        rows += measure_import(found, folder, source, server)
        with closing(open_store(server.connection())) as store:
            rows += measure_export(store, source)
            rows += measure_upsert(store)
            rows += measure_calls(store)
    finally:
        server.kill()
        source.close()
    return rows


def measure_import(found: Any, folder: Path, source: Any, server: LocalServer) -> list[Row]:
    (folder / "csv").mkdir()
    begin = time.perf_counter()
    number = write_csv(source, folder / "csv").num_relationships
    writing_s = time.perf_counter() - begin
    shutil.rmtree(folder / "csv")
    stages: dict[str, float] = {}
    begin = time.perf_counter()

    def told(stage: str, done: int, total: int) -> None:
        stages.setdefault(stage, time.perf_counter() - begin)

    transfer(source, server, found, told)
    whole_s = time.perf_counter() - begin
    rate = number / (stages["starting Neo4j"] - stages["importing"])
    return [
        row("importer, its files at hand, 1/s", rate, ">= 100,000", rate >= 100_000),
        row("writing its files, 1/s", number / writing_s, "", None),
        row("the whole move, with stop, start and indexes, s", whole_s, "", None),
    ]


def measure_export(store: Any, source: Any) -> list[Row]:
    both = []
    for name, of in (("Neo4j", store), ("SQLite", source)):
        rate = best_rate(lambda of=of: sum(len(of.edges(kind).edges) for kind in ("paid", "bought")))
        both.append(row(f"all edges into arrays, {name}, 1/s", rate, ">= 500,000", rate >= 500_000))
    part = (0, 10_000)
    streaming = best_rate(lambda: len(stream(store, part)))
    columns = best_rate(lambda: len(store._bulk("edges_paid", part)[0]))
    return [
        *both,
        row("columns of relationships, 1/s", columns, "", None),
        row("the same / row streaming", columns / streaming, ">= 5", columns / streaming >= 5),
    ]


def stream(store: Any, part: tuple[int, int]) -> list[Any]:
    """Row by row, as one would first write it."""
    query = (
        "MATCH (u:User) WHERE $start <= u.idx < $end MATCH (u)-[r:PAID]->(t:Merchant) "
        "RETURN u.idx, t.idx, r.payments, r.days, r.scene, r.band, r.first_at, r.last_at"
    )
    with store._session(neo4j.READ_ACCESS) as session:
        return session.run(query, start=part[0], end=part[1]).values()


def measure_upsert(store: Any) -> list[Row]:
    """The first writes of a server that just started, whose Java still compiles, and those of a later day."""
    first = patch(store, SEED)[0]
    later = [patch(store, SEED + day) for day in (1, 2, 3)]
    seconds, again, same = min(later)
    return [
        row("100,000 payments set, s", seconds, "<= 10", seconds <= 10),
        row("the same again, s", again, "adds nothing", same),
        row("100,000 payments set by a server's first writes, s", first, "", None),
    ]


def patch(store: Any, seed: int) -> tuple[float, float, bool]:
    """One more payment on each of 100,000 edges, set as a load sets them; then the same again.

    Returns seconds of both, and whether the second changed nothing.
    """
    paid = store.edges("paid")
    luck = np.random.default_rng(seed)
    at = np.sort(luck.choice(len(paid.edges), size=min(100_000, len(paid.edges)), replace=False))
    owner = np.repeat(paid.users, np.diff(paid.offsets))[at]
    edges = paid.edges[at].copy()
    edges["payments"] += 1
    users, starts = np.unique(owner, return_index=True)
    new = UserEdges(users, np.append(starts, len(at)).astype(np.int64), edges)
    things = edges["merchant"].astype(np.int64)
    seconds = timed(lambda: store.patch_edges("paid", owner, things, new))
    seq = store.seq()
    again = timed(lambda: store.patch_edges("paid", owner, things, new))
    return seconds, again, store.seq() == seq


def measure_calls(store: Any) -> list[Row]:
    store.intern("Circle", ["c"])
    joins = quantiles(lambda i: store.join(i, 0, 10), 400)
    blocks = quantiles(lambda i: store.block(i, i + 1, 10), 400)
    states = quantiles(lambda i: store.user_state(f"u{i}"), 400)
    fans = quantiles(lambda i: fan_graph(store, i * 7 % NUM_MERCHANTS), 200)
    return [
        row("join, p50 ms", joins[0], "", None),
        row("join, p99 ms", joins[1], "<= 30", joins[1] <= 30),
        row("block, p99 ms", blocks[1], "<= 30", blocks[1] <= 30),
        row("state of a user for one answer, p99 ms", states[1], "", None),
        row("fan graph of a merchant (500 fans), p50 ms", fans[0], "", None),
        row("fan graph of a merchant (500 fans), p99 ms", fans[1], "<= 100", fans[1] <= 100),
    ]


def fan_graph(store: Any, merchant: int) -> Any:
    """Where 500 fans of a merchant also pay, counted."""
    fans = store.merchant_fans(merchant, 500)
    edges = store._read(lambda tx: tx.columns("packed_edges_of", kind="paid", users=fans.tolist()))
    return np.bincount(joined("paid", *edges).edges["merchant"])


# -- the graph and the clock -------------------------------------------------------------------------------


def edges_of(number: int) -> tuple[UserEdges, UserEdges]:
    """Three quarters PAID and a quarter BOUGHT, 15 a user together; merchants by a power law."""
    luck = np.random.default_rng(SEED)
    num_users = max(1, number // 15)
    made = []
    for layout, share, width in ((PAID, 0.75, NUM_MERCHANTS), (BOUGHT, 0.25, NUM_PRODUCTS)):
        wanted = int(number * share * 1.3)
        things = np.minimum((luck.pareto(0.9, wanted) * width / 40).astype(np.int64), width - 1)
        pairs = np.unique(luck.integers(0, num_users, wanted) * width + things)
        pairs = np.sort(luck.permutation(pairs)[: int(number * share)])
        records = np.zeros(len(pairs), dtype=layout)
        records[(layout.names or ())[0]] = pairs % width
        records["payments"] = luck.integers(1, 9, len(pairs))
        records["last_at"] = luck.integers(1_600_000_000, 1_700_000_000, len(pairs))
        if layout is PAID:
            records["days"], records["first_at"] = 1, 1_600_000_000
        ends = np.searchsorted(pairs // width, np.arange(num_users + 1)).astype(np.int64)
        made.append(UserEdges(np.arange(num_users), ends, records))
    return made[0], made[1]


def fill(store: Any, number: int) -> None:
    paid, bought = edges_of(number)
    store.intern("User", [f"u{i}" for i in range(len(paid))])
    store.intern("Merchant", [f"m{i}" for i in range(NUM_MERCHANTS)])
    store.intern("Product", [f"p{i}" for i in range(NUM_PRODUCTS)])
    store.set_edges("paid", paid)
    store.set_edges("bought", bought)


def timed(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def best_rate(work: Callable[[], int], times: int = 3) -> float:
    """The best of some runs: what else the machine did only ever makes one slower."""
    best = 0.0
    for _ in range(times):
        begin = time.perf_counter()
        number = work()
        best = max(best, number / (time.perf_counter() - begin))
    return best


def quantiles(call: Callable[[int], Any], times: int) -> tuple[float, float]:
    """Milliseconds, the middle and the 99th of 100, after a tenth to warm up."""
    taken = np.array([timed(lambda i=i: call(i)) for i in range(times)])[times // 10 :] * 1000
    return float(np.quantile(taken, 0.5)), float(np.quantile(taken, 0.99))


def row(what: str, value: float, bar: str, kept: bool | None) -> Row:
    return {"what": what, "value": value, "bar": bar, "kept": "" if kept is None else "yes" if kept else "NO"}


if __name__ == "__main__":
    main()
