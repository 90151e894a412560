"""Who was active where in each period, and when somebody first was: what flows are counted and forecast from.

numpy only. A flow from circle a to circle b in a period is the people who came to b for the first time in it,
after being active in a in the period before.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Bool = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FlowHistory:
    """What is known of some people up to the end of the last period.

    active: bool (num_periods, num_people, num_circles).
    weight: float32 (num_people,), how many times each person counts; ones but for a resample.
    """

    active: Bool
    weight: Float32

    @classmethod
    def of(cls, people: Int64, circles: Int64, periods: Int64, shape: tuple[int, int, int]) -> "FlowHistory":
        """From visits, one entry each. shape: number of periods, people and circles."""
        active = np.zeros(shape, dtype=bool)
        active[periods, people, circles] = True
        return cls(active, np.ones(shape[1], dtype=np.float32))

    @property
    def num_periods(self) -> int:
        return len(self.active)

    @cached_property
    def _seen(self) -> Bool:
        """Who had been in each circle by the end of each period; the shape of `active`."""
        return np.asarray(np.logical_or.accumulate(self.active, axis=0))

    def until(self, period: int) -> "FlowHistory":
        """Only what was known when this period began."""
        return FlowHistory(self.active[:period], self.weight)

    def weighted(self, weight: Float32) -> "FlowHistory":
        """The same people, each counted so many times."""
        return FlowHistory(self.active, weight.astype(np.float32))

    def new(self, period: int) -> Bool:
        """Who came to each circle for the first time in a period; bool (num_people, num_circles)."""
        return np.asarray(self.active[period] & self.absent(period))

    def absent(self, period: int) -> Bool:
        """Who had never been in each circle when a period began; bool (num_people, num_circles)."""
        return np.asarray(~self._seen[period - 1]) if period else np.ones_like(self.active[0])

    def flow(self, period: int) -> Float64:
        """People from row a to column b in a period of 1 or later; float64 (num_circles, num_circles)."""
        return self._joint(period, self.new(period))

    def at_risk(self, period: int) -> Float64:
        """People active in a in the period before who had never been in b: who could flow from a to b."""
        return self._joint(period, self.absent(period))

    def rates(self, period: int) -> tuple[Float64, Float64]:
        """How many came to each circle for the first time, and how many could have; float64 (circles,)."""
        return self._counted(self.new(period)), self._counted(self.absent(period))

    def _joint(self, period: int, arrived: Bool) -> Float64:
        before = self.active[period - 1].astype(np.float32) * self.weight[:, None]
        joint: Float64 = (before.T @ arrived.astype(np.float32)).astype(np.float64)
        np.fill_diagonal(joint, 0.0)
        return joint

    def _counted(self, mask: Bool) -> Float64:
        return np.asarray(self.weight @ mask.astype(np.float32), dtype=np.float64)
