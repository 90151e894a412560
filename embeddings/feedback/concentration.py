"""How evenly showings fall on circles."""

import numpy as np
import numpy.typing as npt


def gini(counts: npt.NDArray[np.integer]) -> float:
    """Gini coefficient of non-negative counts: 0 when all are equal, towards 1 when one has everything.

    0 for nothing at all. Source: Gini 1912, by the sorted form: sum_i (2i - n - 1) x_i / (n sum x).
    """
    ordered = np.sort(np.asarray(counts, dtype=np.float64))
    total, num = float(ordered.sum()), len(ordered)
    if not total:
        return 0.0
    places = 2.0 * np.arange(1, num + 1) - num - 1.0
    return float(places @ ordered / (num * total))


def coverage(counts: npt.NDArray[np.integer]) -> float:
    """Share of the circles that were shown at all; 0 for no circle."""
    return float(np.count_nonzero(counts) / len(counts)) if len(counts) else 0.0
