"""Which slots of a list show a circle drawn by lot, and how likely everything shown was.

A list always shows what a ranking prefers, so it would never learn what the rest is worth, and what is rarely
shown would stay rarely joined. The last slots of a list are therefore drawn among everything that may be
shown, part of them among small circles only. Pure: the caller passes the lots, numbers in [0, 1).

With a share e of n slots, floor(e n) slots are drawn in every list, and one more in a share e n - floor(e n)
of the lists.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.policy.feedback import FeedbackRules

Bool = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Lot = Callable[[str], float]  # what is drawn -> a number in [0, 1), the same whenever it is asked for


@dataclass(frozen=True)
class Shown:
    """A circle at a place that may be drawn.

    explored: drawn by lot. best: what the ranking would show here; often the same circle. propensity: the
    probability, in (0, 1], with which the policy shows this circle at this place, given those above it.
    """

    row: int
    explored: bool
    best: int
    propensity: float


@dataclass(frozen=True)
class Slots:
    """How many of the last slots are drawn: `always`, and one more in front with probability `chance`."""

    always: int
    chance: float

    @property
    def most(self) -> int:
        return self.always + (self.chance > 0)


def slots_of(length: int, rules: FeedbackRules) -> Slots:
    """The slots of a list of this length that may be drawn; none within `steady_slots`."""
    free = max(0, length - rules.steady_slots)
    wanted = min(rules.exploration_share * length, float(free))
    always = math.floor(wanted)
    return Slots(always, wanted - always)


@dataclass(frozen=True)
class Pool:
    """What slots are drawn from: all that may be shown to a person at all. Most slots that may be drawn are
    not, so that counts come first, and rows are asked for only when one is.

    num, num_small: how many there are, and how many of them have a floor. is_small: whether a row of
    them has. rows, small_rows: give them, int64, increasing.
    """

    num: int
    num_small: int
    is_small: Callable[[int], bool | int]
    rows: Callable[[], Rows]
    small_rows: Callable[[], Rows]

    @classmethod
    def of(cls, allowed: Bool, small: Bool) -> "Pool":
        """From bool (num_circles,) each: what may be shown, and which circles are small."""
        both = small & allowed
        counts = int(np.count_nonzero(allowed)), int(np.count_nonzero(both))
        return cls(*counts, small.item, lambda: allowed.nonzero()[0], lambda: both.nonzero()[0])


def explore(
    ranked: Sequence[int], pool: Callable[[], Pool], *, rules: FeedbackRules, lot: Lot
) -> list[Shown]:
    """The last slots of a ranked list, which may be drawn by lot; those above are certain and stay.

    Args:
        ranked: rows of the list, best first; `slots_of(len(ranked), rules).most` come out.
        pool: gives what is drawn from, `ranked` with it; asked for only when it matters.
    """
    slots = slots_of(len(ranked), rules)
    if not slots.most:
        return []
    first = len(ranked) - slots.most
    left = _Left(pool(), rules.small_share)
    left.leave_out(ranked[:first])
    shown: list[Shown] = []
    for place in range(first, len(ranked)):
        if shown:
            left.leave_out([shown[-1].row])
        is_maybe = slots.chance > 0 and place == first
        chance = slots.chance if is_maybe else 1.0
        is_drawn = not is_maybe or lot("whether") < chance
        drawn = {entry.row for entry in shown}
        best = next(row for row in ranked[first:] if row not in drawn)
        row = left.draw(lot(f"slot {place}")) if is_drawn else best
        propensity = chance * left.probability(row) + (1.0 - chance) * (row == best)
        shown.append(Shown(row, is_drawn, best, propensity))
    return shown


class _Left:
    """What is left of a pool: a slot is drawn with probability `small_share` from small circles, else from
    any."""

    def __init__(self, pool: Pool, small_share: float) -> None:
        self._pool, self._share = pool, small_share
        self._num, self._num_small = pool.num, pool.num_small
        self._gone: list[int] = []

    def leave_out(self, rows: Sequence[int]) -> None:
        """Rows that are allowed and not left out yet."""
        self._gone += rows
        self._num -= len(rows)
        self._num_small -= sum(map(self._pool.is_small, rows))  # a few: an index of many costs more

    def draw(self, number: float) -> int:
        share = self._small_share()
        if number < share:
            rows, number = self._rows(self._pool.small_rows()), number / share
        else:
            rows, number = self._rows(self._pool.rows()), (number - share) / (1.0 - share)
        return int(rows[min(int(number * len(rows)), len(rows) - 1)])

    def probability(self, row: int) -> float:
        """Of a row that is not left out."""
        share = self._small_share()
        floor = share / self._num_small if self._pool.is_small(row) else 0.0
        return floor + (1.0 - share) / self._num

    def _rows(self, every: Rows) -> Rows:
        return every[~np.isin(every, self._gone)]

    def _small_share(self) -> float:
        return self._share if self._num_small else 0.0
