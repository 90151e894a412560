"""Portraits of a made-up town: how long a week's build takes, and how fast its answers are.

    python tests/benchmarks/bench_portraits.py [--people 100000] [--visits 30] [--memory 1GB] [--json FILE]

Everybody is an adult who agreed, keeps to twelve shops of one for each 25 people, some far more visited than
others, and buys products of 300 categories there. The build is `circles portraits build` in a process of its
own; the second one finds everything as it is. Answers are those of the services, without HTTP, of merchants
drawn by lot, each asked once; CPU stands beside wall time, which other work on the same cores lengthens.
"""

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from measure import CIRCLES, PROJECT, print_table, report, run_child

sys.path.insert(0, str(PROJECT))

from api.app import create_app
from api.context import Context
from api.services.fan_graph import fan_graph
from api.services.peers import peers
from api.services.portraits import portrait
from graph.home import Home
from graph.log import Manifest, PaymentLog, Rows, empty_rows
from graph.portraits.census import WEEK_S, monday
from graph.segments import SegmentWriter
from graph.settings import Settings
from graph.stores.base import GraphStore
from graph.stores.open import open_store

FAVOURITES, PEOPLE_A_SHOP, NUM_CATEGORIES, PRODUCTS_A_CATEGORY = 12, 25, 300, 20
AT_ONCE = 100_000  # people
KINDS = ("restaurant", "toys", "climbing gym", "store")
BAR_MS = 50.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--visits", type=int, default=30, help="payments of a person in a year")
    parser.add_argument("--memory", default="1GB", help="of the dataframe engine")
    parser.add_argument("--answers", type=int, default=2_000)
    parser.add_argument("--scratch", type=Path, help="where the town is kept while it is measured")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="circles-bench-", dir=given.scratch) as scratch:
        home = Home(Path(scratch) / "home").make()
        now = int(time.time())
        fill(home, given.people, given.visits, now)
        builds = [build(home, given.memory) for _ in range(2)]
        answers = ask(home, given.answers, now)
    print_table(builds, f"{given.people:,} people, {given.people * given.visits:,} payments")
    print_table(answers, "milliseconds an answer")
    report({"people": given.people, "visits": given.visits, "builds": builds, "answers": answers}, given.json)


def fill(home: Home, num_people: int, visits: int, now: int) -> None:
    """People, shops and products in the embedded store, payments in the log."""
    store = open_store(home.store_address("sqlite:///circles.db"))
    num_shops = num_people // PEOPLE_A_SHOP
    add_things(store, num_shops)
    log, rng = PaymentLog(home.log), np.random.default_rng(0)
    writer = SegmentWriter(log)
    for begin in range(0, num_people, AT_ONCE):
        number = min(AT_ONCE, num_people - begin)
        users = store.upsert(
            "User", {"id": [f"u{i}" for i in range(begin, begin + number)], "adult": [True] * number}
        )
        consent = {"purpose": ["portraits"] * number, "granted": [True] * number, "at": [1] * number}
        store.set_consents({"user": users.tolist(), **consent})
        writer.add(payments(users, visits, num_shops, monday(now), rng))
    log.commit(Manifest(segments=(writer.close(),), store_id=store.meta("store_id") or ""))
    store.close()


def add_things(store: GraphStore, num_shops: int) -> None:
    """Shops of four kinds, products of categories of the same scenes."""
    kinds = [KINDS[i % len(KINDS)] for i in range(num_shops)]
    store.upsert(
        "Merchant",
        {"id": [f"m{i}" for i in range(num_shops)], "kind": ["store"] * num_shops, "category": kinds},
    )
    number = NUM_CATEGORIES * PRODUCTS_A_CATEGORY
    categories = [f"{KINDS[i % len(KINDS)]} {i % NUM_CATEGORIES:03}" for i in range(number)]
    makers = [f"m{i % num_shops}" if i % 5 == 0 else None for i in range(number)]
    store.upsert(
        "Product", {"id": [f"p{i}" for i in range(number)], "category": categories, "merchant_id": makers}
    )


def payments(users: Any, visits: int, num_shops: int, end: int, rng: np.random.Generator) -> Rows:
    """A year of visits; the square of a lot makes a few shops and categories much liked."""
    favourites = (num_shops * rng.random((len(users), FAVOURITES)) ** 2).astype(np.int64)
    tastes = (NUM_CATEGORIES * rng.random((len(users), FAVOURITES)) ** 2).astype(np.int64)
    rows = empty_rows(len(users) * visits)
    person = np.repeat(np.arange(len(users)), visits)
    liked = (FAVOURITES * rng.random(len(rows)) ** 1.5).astype(np.int64)
    rows["payment"] = rng.integers(0, 2**63, len(rows), dtype=np.uint64)
    rows["user"] = users[person]
    rows["merchant"] = favourites[person, liked]
    product = tastes[person, liked] + NUM_CATEGORIES * rng.integers(0, PRODUCTS_A_CATEGORY, len(rows))
    rows["product"], rows["quantity"] = product, 1
    rows["paid_at"] = end - 1 - (52 * WEEK_S * rng.random(len(rows))).astype(np.int64)
    rows["band"], rows["declared"] = rng.integers(1, 8, len(rows)), 255
    return rows


def build(home: Home, memory: str) -> dict[str, Any]:
    """`circles portraits build`, measured."""
    argv = [str(CIRCLES), "portraits", "build", "--memory", memory, "--json"]
    used = run_child(argv, CIRCLES_HOME=str(home.path))
    built = json.loads(used.output[used.output.index("{") :])
    size = sum(path.stat().st_size for path in home.portraits.glob("*.sqlite")) / 2**20
    told = {name: built[name] for name in ("made", "carried", "too_small")}
    return told | {
        "wall_s": used.wall_s,
        "cpu_s": used.cpu_s,
        "peak_mib": used.peak_mib,
        "file_mib": round(size),
    }


def ask(home: Home, number: int, now: int) -> list[dict[str, Any]]:
    """Answers about merchants that have a portrait, as a merchant asks for its own."""
    context: Context = create_app(Settings(home=home.path)).extensions["circles"]
    gc.freeze()  # as a worker does once it is wired
    week = context.portraits.current()
    assert week is not None
    merchants = np.random.default_rng(1).choice(week.merchants(), number)
    asked: dict[str, Callable[[str], Any]] = {
        "fan graph": lambda m: fan_graph(context, m, m, now=now),
        "portrait": lambda m: portrait(context, m, m, now=now),
        "portrait of regulars": lambda m: portrait(context, m, m, closeness="near", now=now),
        "peers": lambda m: peers(context, m, m, now=now),
    }
    return [timed(name, answer, merchants.tolist()) for name, answer in asked.items()]


def timed(name: str, answer: Callable[[str], Any], merchants: list[str]) -> dict[str, Any]:
    """One kind of answer, one at a time."""
    for merchant in merchants[:20]:
        answer(merchant)
    took, worked = np.empty((2, len(merchants)))
    for i, merchant in enumerate(merchants):
        begin, cpu = time.perf_counter(), time.process_time()
        answer(merchant)
        took[i], worked[i] = time.perf_counter() - begin, time.process_time() - cpu
    (p50, p99), (cpu_p50, cpu_p99) = (1e3 * np.quantile(times, (0.5, 0.99)) for times in (took, worked))
    times = {"p50": p50, "p99": p99, "cpu_p50": cpu_p50, "cpu_p99": cpu_p99}
    kept = "yes" if p99 < BAR_MS else "no"
    return {"answer": name} | {k: round(v, 2) for k, v in times.items()} | {"bar": BAR_MS, "kept": kept}


if __name__ == "__main__":
    main()
