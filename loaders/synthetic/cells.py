"""Draw things by popularity from groups of them, vectorised."""

import numpy as np
import numpy.typing as npt

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]


class Cells:
    """Things sorted by cell, with cumulative weights.

    One draw costs one binary search, from a single cell or from a run of neighbouring cells.

    Args:
        cell: int (num_things,), 0 <= cell < num_cells.
        weight: float64 (num_things,), positive.
    """

    def __init__(self, cell: npt.NDArray[np.integer], weight: Float, num_cells: int) -> None:
        self.order = np.argsort(cell, kind="stable")
        self.first = np.searchsorted(cell[self.order], np.arange(num_cells + 1))
        self.cumulative = np.concatenate([[0.0], np.cumsum(weight[self.order])])

    def draw(self, low: npt.NDArray[np.integer], high: npt.NDArray[np.integer], uniform: Float) -> Int:
        """One thing of the cells [low, high) for each uniform number; -1 where those cells are empty."""
        start, stop = self.first[low], self.first[high]
        bottom, top = self.cumulative[start], self.cumulative[stop]
        at = np.searchsorted(self.cumulative, bottom + uniform * (top - bottom), side="right") - 1
        at = np.clip(at, start, stop - 1)
        thing: Int = self.order[np.minimum(at, len(self.order) - 1)]
        return np.where(stop > start, thing, -1)


def pick(shares: npt.ArrayLike, uniform: Float) -> Int:
    """Index into `shares` with probability proportional to it, for each uniform number in [0, 1)."""
    cumulative = np.cumsum(np.asarray(shares, dtype=np.float64))
    found = np.searchsorted(cumulative, uniform * cumulative[-1], side="right")
    index: Int = np.minimum(found, len(cumulative) - 1)
    return index


def shares_out(total: int, weight: Float, least: int = 0) -> Int:
    """Split `total` exactly, in proportion to `weight`, at least `least` each (largest remainders)."""
    exact = weight / weight.sum() * (total - least * len(weight))
    whole: Int = np.floor(exact).astype(np.int64)
    missing = total - least * len(weight) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return whole + least


def positions(counts: Int) -> tuple[Int, Int]:
    """For groups of these sizes laid end to end: the group of each item, and its position in the group."""
    group = np.repeat(np.arange(len(counts)), counts)
    return group, np.arange(len(group)) - (np.cumsum(counts) - counts)[group]
