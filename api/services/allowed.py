"""Which circles may be in an answer: those of a shelf, less the few that this person or question is without.

Nearly all questions leave out a handful of the same circles. Kept apart from them, an answer copies no array,
counts nothing anew, and asks about a dozen circles instead of all.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.policy.exploration import Pool

Bool = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Mask:
    """Some rows of a version: bool (num_circles,), and the same as bytes, since one byte costs a tenth of one
    entry of an array. num: how many they are."""

    rows: Bool
    marks: bytes
    num: int

    @classmethod
    def of(cls, rows: Bool) -> "Mask":
        return cls(rows, rows.tobytes(), int(np.count_nonzero(rows)))


class Allowed:
    """Rows that may be in one answer.

    Args:
        mask: what anybody may be shown.
        without: rows that this answer has not, in any order; those that are not in the mask say nothing.
    """

    __slots__ = ("_marks", "_mask", "gone", "num")

    def __init__(self, mask: Mask, without: Iterable[int] = ()) -> None:
        marks = mask.marks
        self._mask, self._marks = mask, marks
        self.gone = frozenset([row for row in without if row >= 0 and marks[row]])
        self.num = mask.num - len(self.gone)

    def __contains__(self, row: int) -> bool:
        return bool(self._marks[row]) and row not in self.gone

    def has(self, rows: Iterable[int], number: int) -> bool:
        """Whether at least so many of some rows may be in the answer."""
        if number <= 0:
            return True
        for row in rows:
            if row in self:
                number -= 1
                if not number:
                    return True
        return False

    @property
    def rows(self) -> Bool:
        """bool (num_circles,), a copy."""
        return self._without(self._mask)

    def pool(self, small: Mask) -> Pool:
        """What may be drawn by lot. small: rows of the same mask that have a floor."""
        marks = small.marks
        return Pool(
            num=self.num,
            num_small=small.num - sum(map(marks.__getitem__, self.gone)),
            is_small=marks.__getitem__,
            rows=lambda: self.rows.nonzero()[0],
            small_rows=lambda: self._without(small).nonzero()[0],
        )

    def _without(self, mask: Mask) -> Bool:
        left = mask.rows.copy()
        left[list(self.gone)] = False
        return left
