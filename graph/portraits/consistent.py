"""Noisy counts made to fit each other, which costs nothing and takes away much of the noise.

Every fan is in one cell of a question, and how many fans there are of each closeness is known far better than
the sum of two hundred noisy cells. So the cells of a closeness are moved as little as possible, in the sense
of least squares, to be no less than nothing and no more than its fans together.

Source: consistency of noisy histograms, Hay et al. 2010; projection onto a simplex, Held et al. 1974.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from graph.policy.portraits import CLOSENESS
from graph.portraits.body import Body, Int64

WITH_ROWS = ("interests", "hours", "spend", "goods", "shops", "circles")  # a row for each closeness


def consistent(body: Body) -> Body:
    """The same portrait with counts that fit; `standing` and `rising` are as they were.

    Not for adding up over merchants: moved counts of many small ones lean, noisy ones do not.
    """
    fans = np.maximum(body.counts["standing"][: len(CLOSENESS)], 0)
    fitted = {name: _fitted(body.counts[name], fans) for name in WITH_ROWS}
    return replace(body, counts=dict(body.counts) | fitted)


def within(values: npt.NDArray[np.float64], total: float) -> npt.NDArray[np.float64]:
    """The nearest point to `values`, (n,), with no negative part and a sum of at most `total` >= 0."""
    positive = np.maximum(values, 0.0)
    if positive.sum() <= total:
        return positive
    ordered = np.sort(positive)[::-1]
    excess = (np.cumsum(ordered) - total) / np.arange(1, len(ordered) + 1)
    kept = np.flatnonzero(ordered > excess)
    return np.maximum(positive - excess[kept[-1]], 0.0) if len(kept) else np.zeros_like(positive)


def _fitted(counts: Int64, fans: Int64) -> Int64:
    rows = counts.reshape(len(fans), -1).astype(np.float64)
    moved = [within(row, float(total)) for row, total in zip(rows, fans, strict=True)]
    return np.rint(np.stack(moved)).astype(np.int64).reshape(counts.shape)
