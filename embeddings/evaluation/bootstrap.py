"""Intervals by resampling people: how much of a figure, or of a difference, is the draw of who was asked.

Two methods are compared on the same people in every resample (paired), which is what makes small differences
visible. Source: Efron and Tibshirani 1993, percentile intervals.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
RESAMPLES = 2_000
LEVEL = 0.95
BLOCK_CELLS = 8_000_000  # 64 MB of counts at a time


@dataclass(frozen=True)
class Interval:
    """A mean and the ends of its 95 % interval."""

    mean: float
    low: float
    high: float

    def rounded(self) -> list[float]:
        """The ends, for a report."""
        return [round(self.low, 5), round(self.high, 5)]


def interval(values: Float64, *, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """Interval of the mean over people.

    Args:
        values: float64 (num_people,), one figure a person, or the difference of two.

    Returns:
        The same number three times for one person; zeros for nobody.
    """
    if not len(values):
        return Interval(0.0, 0.0, 0.0)
    rng = np.random.default_rng([seed, 3])
    means = np.empty(resamples)
    step = max(1, BLOCK_CELLS // len(values))
    equal = np.full(len(values), 1.0 / len(values))
    for start in range(0, resamples, step):
        block = means[start : start + step]
        block[:] = rng.multinomial(len(values), equal, size=len(block)) @ values / len(values)
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(float(values.mean()), float(low), float(high))


def paired(ours: Float64, theirs: Float64, *, seed: int = 0) -> Interval:
    """Interval of the mean difference of two methods on the same people.

    Raises:
        ValueError: the two did not ask the same number of people.
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"figures of {len(ours)} and {len(theirs)} people cannot be paired")
    return interval(ours - theirs, seed=seed)
