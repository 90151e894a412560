"""What a group gets beside everybody, per head or per what was foretold, with an interval.

    ratio of a group = (amount of the group / base of the group) / (amount of all / base of all)

With one as everybody's base the ratio is one of exposure: slots, links, invitations per head. With what was
foretold as the base it is one of calibration: acceptances beside those that the same scores foretell. The
interval resamples people, since what one person does hangs together; of many people, blocks drawn by lot.

Not fairlearn's `MetricFrame`: it groups a metric over rows and resamples rows, where a person has many and a
base of their own, and it needs pandas, which serving does without.

Source: bootstrap with Poisson weights, Hanley and MacGibbon 2006; bounds by the four-fifths rule, 0.8 and
1 / 0.8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
LOWEST, HIGHEST = 0.8, 1.25
RESAMPLES, BLOCKS, BINS = 1_000, 1_000, 20


@dataclass(frozen=True)
class Grouping:
    """People by one attribute. of: int64 (num_people,), position in `labels`, -1 for who is in none."""

    name: str
    labels: Sequence[str]
    of: Int64


@dataclass(frozen=True)
class Ratio:
    """Of one group; None where nothing can be said, since nobody got or was foretold anything."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def shown(self) -> dict[str, Any]:
        """outside: beyond 0.8 to 1.25. surely: the whole interval is."""
        if self.value is None or self.low is None or self.high is None:
            return {"ratio": None}
        surely = self.high < LOWEST or self.low > HIGHEST
        interval = [round(self.low, 3), round(self.high, 3)]
        is_outside = not LOWEST <= self.value <= HIGHEST
        return {"ratio": round(self.value, 3), "interval": interval, "outside": is_outside, "surely": surely}


def ratios(grouping: Grouping, amount: Float64, base: Float64, *, seed: int = 0) -> list[Ratio]:
    """Ratio of each group.

    Args:
        amount, base: float64 (num_people,), not negative. Who is in no group counts among all.
    """
    num, width = len(amount), len(grouping.labels) + 1
    if not num or not amount.sum() or not base.sum():
        return [Ratio(None)] * (width - 1)
    rng = np.random.default_rng([seed, 11])
    num_blocks = min(num, BLOCKS)
    cell = rng.permutation(num) % num_blocks * width + grouping.of % width  # the last group is nobody's
    sums = np.stack([np.bincount(cell, values, num_blocks * width) for values in (amount, base)])
    sums = sums.reshape(2, num_blocks, width)
    draws = rng.poisson(1.0, (RESAMPLES, num_blocks))  # how often each block is drawn
    drawn = draws.astype(np.float64) @ sums  # (2, RESAMPLES, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        values, here = _values(drawn), _values(sums.sum(axis=1)[:, None])[0]
    return [_ratio(float(here[group]), values[:, group]) for group in range(width - 1)]


def _values(sums: Float64) -> Float64:
    """Ratios of amount and base, (2, draws, groups), to those of all groups together."""
    all_ = sums.sum(axis=2)
    return np.asarray((sums[0] / sums[1]) / (all_[0] / all_[1])[:, None])


def _ratio(value: float, draws: Float64) -> Ratio:
    known = draws[np.isfinite(draws)]
    if not np.isfinite(value) or not len(known):
        return Ratio(None)
    low, high = np.quantile(known, (0.025, 0.975)).tolist()
    return Ratio(value, low, high)


def compared(
    groupings: Sequence[Grouping],
    measures: Mapping[str, tuple[Float64, Float64]],
    *,
    min_people: int,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """A line for each group and measure; groups of fewer people than the minimum are in none.

    Args:
        measures: name -> amount and base of each person.
    """
    lines = []
    for grouping in groupings:
        sizes = np.bincount(grouping.of[grouping.of >= 0], minlength=len(grouping.labels))
        for measure, (amount, base) in measures.items():
            found = zip(grouping.labels, sizes, ratios(grouping, amount, base, seed=seed), strict=True)
            lines += [
                {"by": grouping.name, "group": label, "measure": measure, **ratio.shown()}
                for label, size, ratio in found
                if size >= min_people
            ]
    return lines


def foretold(scores: Float64, came: Float64) -> Float64:
    """How often showings with such a score were accepted, whoever saw them; float64 (num_showings,).

    Means over equally filled bins of the score, so that a group is beside what its own scores foretell.
    """
    if not len(scores):
        return np.zeros(0)
    edges = np.quantile(scores, np.linspace(0, 1, BINS + 1)[1:-1])
    bins = np.searchsorted(edges, scores, side="right")
    counts, sums = np.bincount(bins, minlength=BINS), np.bincount(bins, came, BINS)
    return np.asarray((sums / np.maximum(counts, 1))[bins])


def per_person(people: Int64, values: Float64, num_people: int) -> Float64:
    """Sum over each person's showings; float64 (num_people,)."""
    return np.bincount(people, values, num_people).astype(np.float64)
