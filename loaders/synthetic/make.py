"""Write an interchange folder of synthetic payments with planted circles and friendships.

The shapes follow real sets (`tests/benchmarks/bench_generate.py` prints both sides):

- baskets, lines, repeated products and stores, product popularity, weekdays and hours, prices: Complete
  Journey (2,469 households, 1,469,307 lines, 867,688 household-product and 10,438 household-store pairs);
- visits without a product, repeated places, place popularity: Foursquare New York (105,961 visits, 48,840
  user-venue pairs) and Sao Paulo (249,839 and 74,443), place popularity also Weeplaces;
- friends per person: the same two; members per circle: Meetup Nashville.

Scenes, currencies, sensitive categories and everything planted are our own. Times are independent of the
place, tastes do not drift, and nobody moves: real payments are less regular.

`test/` holds what a model should find, `truth/` how it was planted: tastes of users, merchants, products
and circles, all memberships and links with the reason for each, and everybody's favourite places.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph.errors import InputError
from loaders.synthetic.calendar import Calendar
from loaders.synthetic.folder import write_catalogue, write_payments, write_people, write_truth
from loaders.synthetic.plan import Plan, check_target, checked_plan, parameters
from loaders.synthetic.spill import Spill
from loaders.synthetic.ties import Ties, make_ties
from loaders.synthetic.visits import Block, payments_of
from loaders.synthetic.world import World, make_world

LINES_A_BLOCK = 1 << 19
Progress = Callable[[str, int, int], None]


def generate(
    folder: Path,
    *,
    users: int,
    payments: int,
    merchants: int | None = None,
    products: int | None = None,
    circles: int | None = None,
    seed: int = 0,
    start: date = date(2025, 1, 1),
    days: int = 365,
    table_format: str = "parquet",
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write `folder`, whole or not at all.

    The same arguments give the same bytes (with the same versions of numpy and pyarrow).

    Args:
        folder: new or empty.
        merchants: stores, services and brands together; chosen from `users` when absent.
        products: chosen from `payments` when absent. circles: chosen from `users` when absent.
        table_format: of the interchange tables: `parquet`, `csv` or `jsonl`; `truth/` is always Parquet.
        progress: called with a stage, lines done and lines in all.

    Returns:
        Rows written, by table.

    Raises:
        InputError: the folder is not empty or cannot be written, or a size is impossible; nothing is left
            behind.
    """
    plan = checked_plan(
        users=users,
        payments=payments,
        merchants=merchants,
        products=products,
        circles=circles,
        seed=seed,
        start=start,
        days=days,
        table_format=table_format,
    )
    check_target(folder)
    target = folder.absolute()
    staging = target.parent / f".{target.name}.{os.getpid()}.partial"
    try:
        staging.mkdir(parents=True)
        counts = _write(plan, staging, progress or (lambda stage, done, total: None))
        os.rename(staging, target)
    except OSError as error:
        raise InputError(f"cannot write {str(folder)!r}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return counts


def _write(plan: Plan, folder: Path, progress: Progress) -> dict[str, int]:
    world = make_world(plan)
    ties = make_ties(world)
    calendar = Calendar(world)
    counts = write_catalogue(folder, world, ties, calendar)
    counts |= write_people(folder, world, ties, calendar)
    spill = Spill(folder / ".lines", plan.payments, calendar.begin, calendar.end)
    try:
        _fill(spill, world, ties, calendar, progress)
        counts["payments"] = write_payments(
            folder, world, calendar, _counted(spill.drain(), plan.payments, progress)
        )
    finally:
        spill.close()
    counts |= write_truth(folder, world, ties)
    text = json.dumps(parameters(plan), indent=2)
    (folder / "truth" / "parameters.json").write_text(text + "\n", encoding="utf-8")
    return counts


def _fill(spill: Spill, world: World, ties: Ties, calendar: Calendar, progress: Progress) -> None:
    done = 0
    for number, (low, high) in enumerate(_blocks(world)):
        lines = payments_of(Block(world, ties, calendar, low, high, world.plan.random(20, number)))
        spill.add(lines)
        done += len(lines)
        progress("drawing payments", done, world.plan.payments)


def _blocks(world: World) -> Iterator[tuple[int, int]]:
    """Ranges of whole users with about LINES_A_BLOCK lines each."""
    ends = np.cumsum(world.people.retail_lines + world.people.service_lines)
    low = 0
    while low < len(ends):
        before = int(ends[low - 1]) if low else 0
        high = int(np.searchsorted(ends, before + LINES_A_BLOCK, side="right"))
        high = min(max(high, low + 1), len(ends))
        yield low, high
        low = high


def _counted(
    parts: Iterator[npt.NDArray[np.void]], total: int, progress: Progress
) -> Iterator[npt.NDArray[np.void]]:
    done = 0
    for lines in parts:
        yield lines
        done += len(lines)
        progress("writing payments", done, total)
