"""A year of Complete Journey for `bench_rising.py`: who bought what when, what is known, what came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from measure import PROJECT

from graph.policy.values import read_policy
from loaders.completejourney import tables

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

FIRST_DAY, NUM_PERIODS, DAYS = np.datetime64("2017-01-02"), 13, 28  # Mondays; the year less a day
MIN_FANS, MIN_PEOPLE, MIN_BUYERS, MIN_ACTIVE, MIN_LABELS = 200, 100, 20, 20, 20


@dataclass(frozen=True)
class Year:
    """bought: (num_periods, num_people, num_labels). fan_since: maker -> first period, per person.

    copies: (num_people,), how many people each of them stands for; None for one.
    """

    bought: Bool
    fan_since: dict[str, Int64]
    copies: Int64 | None = None

    @cached_property
    def active(self) -> Bool:
        return np.asarray(self.bought.any(axis=2))

    def number(self, which: Bool, of: Bool | Int64) -> Int64:
        """Add up `of`, (num_people, ...), over those people."""
        if self.copies is None or of.dtype != bool:
            return np.asarray(of[which].sum(axis=0))
        return np.rint(self.copies[which].astype(np.float64) @ of[which].astype(np.float64)).astype(np.int64)

    def known(self, counted: Bool | Int64, since: Int64) -> tuple[Int64, Int64]:
        """Buyers and active people of a group in each period, as the group was then."""
        inside = [since <= period for period in range(len(counted))]
        values = np.stack([self.number(i, counted[p]) for p, i in enumerate(inside)])
        return values, np.array([int(self.number(i, self.active[p])) for p, i in enumerate(inside)])

    def asked(self, since: Int64, periods: Sequence[int]) -> Iterator[tuple[int, int, Int64, Float64]]:
        """Each period that can be asked about, the first that a group is known in, labels, and what came."""
        people = [int(self.number(since <= period, now)) for period, now in enumerate(self.active)]
        first = next((period for period, number in enumerate(people) if number >= MIN_ACTIVE), NUM_PERIODS)
        for period in periods:
            labels, truth = self.came(since, period)
            if (since < period).sum() >= MIN_FANS and len(labels) >= MIN_LABELS and period - first > 1:
                yield period, first, labels, truth

    def came(self, since: Int64, period: int) -> tuple[Int64, Float64]:
        """Labels with enough buyers among the fans before a period, and how their share changed in it."""
        fans = since < period
        before, after = (self.number(fans, self.bought[p]) for p in (period - 1, period))
        active = [int(self.number(fans, self.active[p])) for p in (period - 1, period)]
        share = active[0] / max(1, active[1])
        labels = np.flatnonzero(before >= MIN_BUYERS)
        return labels, after[labels] / before[labels] * share - 1.0


def read_year(labels: str, num_makers: int | None) -> Year:
    """Who bought which label in which period; the whole market is the maker that everybody is a fan of.

    Args:
        labels: `categories` or `products`.
        num_makers: about so many of them, evenly chosen; None for all.
    """
    made = {table.table: table.make() for table in tables(read_policy(PROJECT / "policy.toml")) if table.make}
    products, payments = made["products"].to_pydict(), made["payments"]
    bought, users = (payments[name].combine_chunks() for name in ("product_id", "user_id"))
    keys = bought.dictionary.to_pylist()
    names = products["category" if labels == "categories" else "product_id"]
    label, maker = (
        _places(keys, dict(zip(products["product_id"], values, strict=True)))
        for values in (names, products["merchant_id"])
    )
    days = (payments["paid_at"].to_numpy().astype("datetime64[D]") - FIRST_DAY).astype(np.int64)
    kept = (days >= 0) & (days < NUM_PERIODS * DAYS)
    period, row = days[kept] // DAYS, bought.indices.to_numpy()[kept]
    people, person = np.unique(users.indices.to_numpy()[kept], return_inverse=True)
    return Year(
        _bought(period, person, label[row], len(people)),
        _fans(period, person, maker[row], len(people), num_makers),
    )


def by_lot(bought: Bool, most: int, rng: np.random.Generator) -> Bool:
    """At most so many labels of a person in a period, as likely each."""
    if most >= bought.shape[2]:
        return bought
    found = np.zeros_like(bought)
    for period, now in enumerate(bought):
        lot = np.where(now, rng.random(now.shape), np.inf)
        first = np.argpartition(lot, most - 1, axis=1)[:, :most]
        np.put_along_axis(found[period], first, values=True, axis=1)
    return np.asarray(found & bought)


def noise(rng: np.random.Generator, shape: tuple[int, ...], scale: float) -> Int64:
    """Discrete Laplace: the difference of two geometric draws."""
    if not scale:
        return np.zeros(shape, dtype=np.int64)
    stop = 1.0 - np.exp(-1.0 / scale)
    return np.asarray(rng.geometric(stop, shape) - rng.geometric(stop, shape))


def _places(keys: Sequence[str], value_of: dict[str, str | None]) -> Int64:
    """Place of each key's value among all values in order; -1 for none."""
    place = {value: i for i, value in enumerate(sorted({v for v in value_of.values() if v}))}
    return np.array([place.get(value_of.get(key) or "", -1) for key in keys])


def _bought(period: Int64, person: Int64, label: Int64, num_people: int) -> Bool:
    """Only labels that enough people buy in the year."""
    pairs = np.unique(np.stack([label, person])[:, label >= 0], axis=1)
    wide = np.bincount(pairs[0], minlength=int(label.max()) + 1) >= MIN_PEOPLE
    kept = (label >= 0) & wide[label]
    found = np.zeros((NUM_PERIODS, num_people, int(wide.sum())), dtype=bool)
    found[period[kept], person[kept], (np.cumsum(wide) - 1)[label[kept]]] = True
    return found


def _fans(
    period: Int64, person: Int64, maker: Int64, num_people: int, num_makers: int | None
) -> dict[str, Int64]:
    """First period of each person with each maker that has enough fans in the year."""
    found: dict[str, Int64] = {"market": np.zeros(num_people, dtype=np.int64)}
    order = np.argsort(maker, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(maker[order])) + 1):
        since = np.full(num_people, NUM_PERIODS)
        np.minimum.at(since, person[rows], period[rows])
        if maker[rows[0]] >= 0 and (since < NUM_PERIODS).sum() >= MIN_FANS:
            found[str(maker[rows[0]])] = since
    names = list(found)
    return {name: found[name] for name in names[:: max(1, len(names) // num_makers) if num_makers else 1]}
