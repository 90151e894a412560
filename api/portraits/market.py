"""What the cells of portraits stand for, and what everybody does: the same for all merchants, kept for weeks.

Whom a portrait calls different depends on what everybody buys, and what is named on how many have it. One
person changes that a little, so it gets noise of its own before it is used, once for as long as a portrait
holds. No merchant pays for it, since none is told more by it: it costs each person `EPSILON` in all. What
everybody bought in the past is paid for apart, by the period, see `past.py`.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from api.services.disclosed import noisy_counts
from api.services.walls import is_walled_in
from graph.policy.values import Policy
from graph.portraits.census import SHARE_UNITS, SHOPS_OF_ONE, Int64, Stretch, Town
from graph.portraits.counting import Counter
from graph.portraits.questions import Labels
from graph.portraits.town import Sizes, circle_sizes, labels_of
from graph.stores.base import GraphStore

OF_DAYS, OF_SHOPS, OF_CIRCLES = 0.3, 0.3, 0.1  # epsilon of each of the sizes, each time they are told anew
EPSILON = OF_DAYS + OF_SHOPS + OF_CIRCLES
OF_WEEK = 0.05  # of finding out whether enough people paid in a week, each time it is tried
SMALLEST = 0.5  # people's days that a category counts at least, whatever the noise


@dataclass(frozen=True)
class Market:
    """labels, and of everybody's days the share of each category; float64, (num_categories,), together 1.

    week: since when it holds, in weeks since 1970.
    """

    week: int
    labels: Labels
    shares: npt.NDArray[np.float64]

    def dumped(self) -> str:
        told = {"week": self.week, "labels": vars(self.labels), "shares": self.shares.tolist()}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> "Market":
        value: dict[str, Any] = json.loads(text)
        labels = Labels(**{name: tuple(of) for name, of in value["labels"].items()})
        return cls(value["week"], labels, np.array(value["shares"], dtype=np.float64))


def market_of(
    counter: Counter, store: GraphStore, policy: Policy, town: Town, at: Stretch, *, week: int, now: int
) -> Market:
    """Count everybody, add noise, and only then choose the labels."""
    everybody = counter.everybody(at)
    open_ = [circle for circle in store.circles() if not is_walled_in(store, policy, circle)]
    circles = circle_sizes(store, policy, town, open_, now)
    days = noisy(everybody.units.tolist(), OF_DAYS, SHARE_UNITS) / SHARE_UNITS
    at_shop = noisy(everybody.at_shop.tolist(), OF_SHOPS, SHOPS_OF_ONE)
    joined = noisy(list(circles.values()), OF_CIRCLES, 1)
    enough = at_shop >= _least(SHOPS_OF_ONE / OF_SHOPS, policy)
    least = _least(1 / OF_CIRCLES, policy)
    sizes = Sizes(
        categories=dict(zip(town.categories, days.tolist(), strict=True)),
        shops=dict(zip(town.owners[enough].tolist(), at_shop[enough].tolist(), strict=True)),
        circles={c: n for c, n in zip(circles, joined.tolist(), strict=True) if n >= least},
    )
    unknown = "ordinary" if store.meta("terms") == "public" else None
    labels = labels_of(store, policy, sizes, unknown_category=unknown)
    known = np.array([max(SMALLEST, sizes.categories[name]) for name in labels.categories], dtype=np.float64)
    return Market(week, labels, known / known.sum())


def is_enough(people: int, before: int, policy: Policy) -> bool:
    """Whether so many people make a week, where so many paid in the week before.

    A week whose payments have hardly begun to arrive has under half of those before; portraits that ended
    with it would call everything falling. Everybody sees which week is the last, so this is decided with
    noise: one person changes both by one at most, and twice the smaller margin by two.
    """
    twice = min(2 * (people - policy.disclosure.min_audience_size), 2 * people - before)
    return int(noisy([twice], OF_WEEK, 2)[0]) >= 0


def noisy(counts: Sequence[int], epsilon: float, most_of_one: int) -> Int64:
    """Counts of everybody with noise."""
    return np.array(noisy_counts(counts, epsilon, most_of_one)[0], dtype=np.int64)


def _least(scale: float, policy: Policy) -> int:
    """Of what may be named: noise makes that of one in eight hundred that nobody has, and most have few."""
    return max(policy.disclosure.min_group_size, math.ceil(6 * scale))
