"""A town whose portraits can be attacked, and a build in which all that is random is in the tester's hands.

One person, the target, is the one in whom everything tips: the hundredth guest of a shop, the hundredth buyer
of a category, the twentieth member of a circle, the hundredth to pay in the last week. Whatever is told
without noise and depends on any of these gives the target away.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from api.portraits import build as builds
from api.portraits import market, noise
from api.portraits.build import build
from api.portraits.house import House
from api.services.disclosed import noisy_counts
from graph.home import Home
from graph.policy.portraits import PortraitRules
from graph.policy.values import Policy
from graph.portraits.census import Block, Int64, Town
from graph.portraits.counting import Counter
from graph.portraits.questions import Question
from graph.portraits.town import town_of
from graph.portraits.weeks import weeks
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.pseudonyms import Pseudonyms
from loaders.run import load
from tests.tables import write_tables

KEY = b"k" * 32
LAST = datetime(2026, 9, 20, 9, tzinfo=UTC)  # a Sunday
LOADED_AT = 1_790_000_000  # the day after
WEEK_S = 7 * 86_400
TARGET, ORDINARY = "u239", "u3"
PEOPLE = 240  # sixty times four: without the target the last sixty are not whole
WEEKS = 24  # of payments, each person once a week or more


def write_town(folder: Path) -> Path:
    """The interchange folder: 240 people at cafes, a wall and a rare tea house; a brand makes the beans."""
    folder.mkdir()
    tables: dict[str, list[tuple[Any, ...]]] = {
        "merchants": [("merchant_id", "name", "category", "kind")]
        + [(f"c{i}", f"Coffee {i}", "coffee shop", "store") for i in range(3)]
        + [("k0", "Wall", "climbing gym", "store"), ("t0", "Tea", "tea house", "store")]
        + [("b0", "Beans and sons", "coffee roaster", "brand"), ("e0", "Empty", "opera house", "store")],
        "products": [
            ("product_id", "name", "category", "merchant_id"),
            ("beans", "Beans", "COFFEE", "b0"),
            ("rope", "Rope", "ROPES", "k0"),
            ("leaves", "Leaves", "OOLONG", "t0"),
        ],
        "circles": [("circle_id", "name", "owner_id", "scene", "state", "created_at")]
        + [(name, name.title(), "c0", "dining", "open", "2026-01-01T00:00:00Z") for name in ("brew", "teas")],
        "themes": [
            ("circle_id", "kind", "target_id"),
            ("brew", "category", "coffee shop"),
            ("teas", "category", "tea house"),
        ],
        "payments": [("payment_id", "user_id", "merchant_id", "product_id", "amount", "currency", "paid_at")]
        + [row for user in range(PEOPLE) for row in payments(user)],
        "memberships": [("user_id", "circle_id", "joined_at")]
        + [(f"u{user}", "brew", "2026-08-01T00:00:00Z") for user in range(100)]
        + [(f"u{user}", "teas", "2026-08-02T00:00:00Z") for user in range(PEOPLE - 20, PEOPLE)],
    }
    return write_tables(folder, tables)


def payments(user: int) -> list[tuple[str, ...]]:
    """Coffee or climbing each week; the last hundred people also pay in the last week, and take tea there."""
    rows = []
    is_late = user >= PEOPLE - 100
    for week in range(0 if is_late else 1, WEEKS):
        shop, product = (f"c{(user + week) % 3}", "beans") if user % 4 else ("k0", "rope")
        moment = LAST - timedelta(days=7 * week + user % 6, hours=user % 9)
        rows.append((shop, product, "4.50", moment))
    if is_late:
        rows += [("t0", "leaves", "3.00", LAST - timedelta(days=7 * week)) for week in range(1, 8)]
    if user == PEOPLE - 1:  # nobody is like the target: at night, for a fortune
        rows += [("c0", "beans", "900", LAST - timedelta(days=day, hours=7)) for day in range(60)]
    return [
        (f"p{user}-{number}", f"u{user}", shop, product, amount, "CNY", f"{moment:%Y-%m-%dT%H:%M:%SZ}")
        for number, (shop, product, amount, moment) in enumerate(rows)
    ]


def load_town(folder: Path, policy: Policy) -> Home:
    """A home with the town in it, everybody consenting; nothing is built."""
    home = Home(folder / "home").make()
    store = opened(home)
    load(
        [str(write_town(folder / "exports"))],
        home=home, store=store, policy=policy, key=KEY, assume_consent=True, now=LOADED_AT,
    )  # fmt: skip
    store.close()
    return home


def opened(home: Home) -> GraphStore:
    return open_store(f"sqlite:///{home.path / 'circles.db'}")


def copy_of(home: Home, folder: Path, policy: Policy) -> House:
    """The town in a home of its own."""
    shutil.copytree(home.path, folder)
    own = Home(folder)
    return House(own, opened(own), policy, KEY, utc_offset_hours=8, threads=1)


def index_of(store: GraphStore, user: str) -> int:
    """Store index of a person."""
    found = store.user(pseudonym(user))
    assert found is not None
    return found.index


def pseudonym(user: str) -> str:
    return Pseudonyms(KEY).of(user)


# -- noise in the tester's hands -----------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """One call for noise: what was exact, what was told of it, and at what price.

    merchants: 0 where it is about everybody, else of how many merchants at once, each paid for apart.
    """

    exact: tuple[int, ...]
    told: tuple[int, ...]
    epsilon: float
    most_of_one: int
    merchants: int

    def rows(self) -> npt.NDArray[np.int64]:
        """What was exact, a row for each merchant."""
        return np.array(self.exact, dtype=np.int64).reshape(max(1, self.merchants), -1)


_NOISY, _BLOCKS = noise._noisy, Counter.blocks


@dataclass
class Tape:
    """Real noise that is written down, and played again to another world.

    Somebody who compares two worlds compares how likely each answer is in both. So the second world is asked
    what it would have counted had it been told the same so far: all that is not noise has to be equal then,
    and what goes into the noise may differ by as much as was paid for.
    """

    played: Sequence[Asked] = ()
    written: list[Asked] = field(default_factory=list)
    merchants: int = 0
    blocks: list[Block] = field(default_factory=list)  # of exact counts, as they were made

    def noisy_counts(
        self, counts: Sequence[int], epsilon: float, most_of_one: int
    ) -> tuple[list[int], float]:
        told, cost = noisy_counts(counts, epsilon, most_of_one)
        at = len(self.written)
        if self.played:
            assert at < len(self.played), "another number of answers: that alone tells the worlds apart"
            told = list(self.played[at].told)
            assert len(told) == len(counts), "another number of cells: that alone tells the worlds apart"
        self.written.append(Asked(tuple(counts), tuple(told), epsilon, most_of_one, self.merchants))
        return told, cost

    def noisy(self, question: Question, counts: Int64, rules: PortraitRules) -> Int64:
        """As `noise._noisy`: counts of several merchants."""
        self.merchants = len(counts)
        noisy, self.merchants = _NOISY(question, counts, rules), 0
        return noisy


@contextmanager
def world(tape: Tape, *, without: int | None = None) -> Iterator[None]:
    """The build without one person, its noise from a tape."""

    def town(store: GraphStore, policy: Policy) -> Town:
        found = town_of(store, policy)
        others = found.people != without
        return replace(found, people=found.people[others], lots=found.lots[others])

    def blocks(counter: Counter, *args: Any) -> Iterator[Block]:
        for block in _BLOCKS(counter, *args):
            tape.blocks.append(block)
            yield block

    with (
        patch.object(noise, "noisy_counts", tape.noisy_counts),
        patch.object(noise, "_noisy", tape.noisy),
        patch.object(market, "noisy_counts", tape.noisy_counts),
        patch.object(builds, "town_of", town),
        patch.object(Counter, "blocks", blocks),
    ):
        yield


def published(house: House) -> tuple[str, dict[str, list[Any]]]:
    """All that the newest week tells, table by table, and its name."""
    week = weeks(house.home.portraits)[-1]
    with closing(sqlite3.connect(house.home.portraits / f"{week}.sqlite")) as db:
        names = ("about", "labels", "portraits", "tried")
        return week, {name: db.execute(f"select * from {name} order by 1").fetchall() for name in names}


def built(house: House, tape: Tape, *, without: int | None = None) -> tuple[str, dict[str, list[Any]]]:
    """A first week, and what the operator is told of it; the house is as it was, but for the ledger."""
    with world(tape, without=without):
        done = build(house, now=LOADED_AT)
    week, tables = published(house)
    shutil.rmtree(house.home.portraits)
    return week, tables | {"built": [done]}


def two_worlds(house: House, person: str) -> tuple[Any, Any, Tape, Tape]:
    """The published weeks with a person and without, and their tapes; the noise is alike."""
    with_, without = Tape(), Tape()
    here = built(house, with_)
    without.played = with_.written
    gone = built(house, without, without=index_of(house.store, person))
    return here, gone, with_, without
