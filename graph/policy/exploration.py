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


def explore(
    ranked: Sequence[int], allowed: Bool, small: Callable[[], Bool], *, rules: FeedbackRules, lot: Lot
) -> list[Shown]:
    """The last slots of a ranked list, which may be drawn by lot; those above are certain and stay.

    Args:
        ranked: rows of the list, best first; `slots_of(len(ranked), rules).most` come out.
        allowed: bool (num_circles,), what may be shown to this person at all; includes `ranked`.
        small: gives bool (num_circles,), circles that have a floor; asked for only when it matters.
    """
    slots = slots_of(len(ranked), rules)
    if not slots.most:
        return []
    first = len(ranked) - slots.most
    pool = _Pool(allowed, small(), rules.small_share)
    pool.leave_out(ranked[:first])
    shown: list[Shown] = []
    for place in range(first, len(ranked)):
        if shown:
            pool.leave_out([shown[-1].row])
        is_maybe = slots.chance > 0 and place == first
        chance = slots.chance if is_maybe else 1.0
        is_drawn = not is_maybe or lot("whether") < chance
        drawn = {entry.row for entry in shown}
        best = next(row for row in ranked[first:] if row not in drawn)
        row = pool.draw(lot(f"slot {place}")) if is_drawn else best
        propensity = chance * pool.probability(row) + (1.0 - chance) * (row == best)
        shown.append(Shown(row, is_drawn, best, propensity))
    return shown


class _Pool:
    """What a slot is drawn from: with probability `small_share` a small circle, else any.

    Most slots that may be drawn are not; so it counts, and lists rows only when one is drawn.
    """

    def __init__(self, allowed: Bool, small: Bool, small_share: float) -> None:
        self._allowed, self._small, self._share = allowed, small & allowed, small_share
        self._num, self._num_small = int(np.count_nonzero(allowed)), int(np.count_nonzero(self._small))
        self._gone: list[int] = []

    def leave_out(self, rows: Sequence[int]) -> None:
        """Rows that are allowed and not left out yet."""
        self._gone += rows
        self._num -= len(rows)
        self._num_small -= sum(map(self._small.item, rows))  # a few: an index of many costs more

    def draw(self, number: float) -> int:
        share = self._small_share()
        if number < share:
            rows, number = self._rows(self._small), number / share
        else:
            rows, number = self._rows(self._allowed), (number - share) / (1.0 - share)
        return int(rows[min(int(number * len(rows)), len(rows) - 1)])

    def probability(self, row: int) -> float:
        """Of a row that is not left out."""
        share = self._small_share()
        floor = share / self._num_small if self._small[row] else 0.0
        return floor + (1.0 - share) / self._num

    def _rows(self, which: Bool) -> npt.NDArray[np.int64]:
        left = which.copy()
        left[self._gone] = False
        return np.flatnonzero(left)

    def _small_share(self) -> float:
        return self._share if self._num_small else 0.0
