"""What a day costs: its payments loaded and the version brought up to it, beside doing everything anew.

    python tests/benchmarks/bench_update.py [--users 100000] [--payments 20] [--share 0.01]

A generated town; the newest payments are the day. The rebuild loads all payments into an empty home, cuts a
snapshot, adds everybody up and makes all lists, with the same parameters: it searches for nothing and trains
nothing, so that a real training costs more. Seconds are of processor time. The bar: a day of 1 % of the
payments costs at most 5 % of it.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from measure import print_table, report

from api.commands.common import Parts
from api.commands.snapshot import cut_now
from api.commands.train import train
from api.commands.update import update
from embeddings.fit import fit
from embeddings.publish import publish
from embeddings.update.update import TOLERANCE
from graph import snapshot as snapshots
from graph.settings import Settings
from loaders.run import load
from loaders.synthetic import generate

BAR = 0.05
NOW = 1_900_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--payments", type=int, default=20, help="of a person")
    parser.add_argument("--share", type=float, default=0.01, help="of all payments that are of the day")
    parser.add_argument(
        "--days", type=int, default=1, help="how many such days are measured, one after the other"
    )
    parser.add_argument("--training", action="store_true", help="also time `circles train --no-gnn`")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE)
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as scratch:
        report(measured(Path(scratch), given), given.json)


def measured(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Print and return the costs of both roads, by stage."""
    town = folder / "town"
    generate(town, users=given.users, payments=given.users * given.payments, seed=1)
    shutil.rmtree(town / "test", ignore_errors=True)
    days = split(town, folder, given.share, given.days)
    parts = Parts(Settings(home=folder / "home"))
    spent: dict[str, float] = {}
    with timed(spent, "load"):
        loaded(parts, town)
    publish_all(parts, spent)
    rows = [{"road": "everything anew", **spent, "all s": sum(spent.values())}]
    print(rows[0], file=sys.stderr)
    for number, day in enumerate([None, *days]):
        rows.append(
            one_day(parts, day, given.tolerance) | {"road": f"day {number}" if day else "first update"}
        )
    if given.training:
        rows.append(a_training(parts, rows[0]["load s"]))
    anew = rows[0]["all s"]
    for row in rows:
        row["share"] = round(row["all s"] / anew, 4)
    print_table(
        [{name: row.get(name) for name in sorted({k for r in rows for k in r})} for row in rows], "update"
    )
    parts.store.close()
    return {"users": given.users, "payments": given.payments, "bar": BAR, "rows": rows}


def one_day(parts: Parts, day: Path | None, tolerance: float) -> dict[str, Any]:
    """Load a day and update; the first update after a training has no books yet and adds everybody up."""
    spent: dict[str, float] = {}
    if day is not None:
        with timed(spent, "load"):
            loaded(parts, day)
    with timed(spent, "update"):
        done = update(parts, tolerance=tolerance)
    told = {name: done[name] for name in ("people_changed", "rows_changed", "lists_made")}
    return {**spent, **told, "all s": sum(spent.values())}


def a_training(parts: Parts, load_s: float) -> dict[str, Any]:
    """Cut, search, fit, find candidates of links, publish: what `circles train --no-gnn` does."""
    spent: dict[str, float] = {}
    with timed(spent, "train"):
        train(parts, gnn=False)
    return {"road": "load and train", "load s": load_s, **spent, "all s": load_s + spent["train s"]}


def publish_all(parts: Parts, spent: dict[str, float]) -> None:
    with timed(spent, "cut"):
        folder = snapshots.save(cut_now(parts.store, parts.home, parts.policy), parts.home.snapshots)
    snapshot = snapshots.load(folder)
    with timed(spent, "fit"):
        fitted = fit(snapshot, quick=True, min_supporters=parts.policy.min_supporters)
    with timed(spent, "publish"):
        store_id = parts.store.meta("store_id")
        publish(fitted, snapshot, parts.home.versions, policy=parts.policy, store_id=store_id)


def loaded(parts: Parts, folder: Path) -> None:
    load(
        [str(folder)],
        home=parts.home,
        store=parts.store,
        policy=parts.policy,
        key=parts.key,
        assume_consent=True,
        now=NOW,
    )


def split(town: Path, folder: Path, share: float, num_days: int) -> list[Path]:
    """Take the newest payments out of the town, a folder for each day, the oldest first."""
    (file,) = town.glob("payments.*")
    con = duckdb.connect()
    con.execute(
        f"create table p as select *, row_number() over (order by paid_at desc) as newest from '{file}'"
    )
    (num,) = con.execute("select count(*) from p").fetchone() or (0,)
    size, days = int(num * share), []
    for back in reversed(range(num_days)):
        day = folder / f"day-{back}"
        day.mkdir()
        days.append(day)
        within = f"newest > {back * size} and newest <= {(back + 1) * size}"
        con.execute(f"copy (select * exclude newest from p where {within}) to '{day}/payments.parquet'")
    file.unlink()
    rest = f"select * exclude newest from p where newest > {num_days * size}"
    con.execute(f"copy ({rest}) to '{town}/payments.parquet'")
    return days


@contextmanager
def timed(spent: dict[str, float], stage: str) -> Iterator[None]:
    started = time.process_time()
    yield
    spent[f"{stage} s"] = round(time.process_time() - started, 2)


if __name__ == "__main__":
    main()
