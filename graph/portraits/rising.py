"""Rising demand: how the share of a group that buys a label (a category, a product) will change next period.

Growth in the last period is a poor forecast: much of it is chance, and chance swings back. So each label is
followed over several periods, in the group and in a larger one around it, which knows more people:

    share of the group that buys = share of the larger group * lift * (1 + swing)

A lift stays; a swing fades from period to period, and how far it goes and how fast it fades differs from
label to label. What is seen of them is blurred by noise that was added on purpose, by the lot that decides
which labels of a person count, and by who happens to buy; these variances are known. How lifts and swings
spread is estimated from all labels together (empirical Bayes). So a label of which little is known moves with
the larger group, and one of which much is known by itself.

All is per active person: a busier month is no rise, nor is a growing group. Seasons are not known: what fell
because summer is over is expected to come back. Pure; whoever calls decides which counts may be known and
what of the answer is shown.

Source: Gaussian empirical Bayes, Efron and Morris 1975; a mixture whose weights are fitted by expectation and
maximisation, Laird 1978; a first-order autoregression about a level; putting groups into groups is our own.
"""

from dataclasses import dataclass
from itertools import product
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

SWINGS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.22, 0.32)  # standard deviation, relative
FADINGS = (0.0, 0.4, 0.7, 0.9)  # what is left of a swing a period later
RARER = 0.5  # each wider swing is taken to be half as common, until labels say otherwise
ROUNDS = 20  # of finding out how common; more changed no forecast
SURE = 0.8  # of a rise, to call it one: of exact counts of Complete Journey, 78 of 100 then came
SMALLEST = 0.25  # of what was expected: how far below it a share is says little of where it goes
SMALLEST_SPREAD = 1e-4  # variance of lifts: a hundredth up or down
UNKNOWN = 1e9  # noise in what was not counted
SMALLEST_DRAW, LARGEST_DRAW = 1e-6, 0.5  # variance of who happens to buy: from everybody to two people


@dataclass(frozen=True)
class Counts:
    """Buyers of each label in a group, over periods of equal length, the latest last.

    values: (num_periods, num_labels); below zero where noise made it so.
    people: (num_periods,), people of the group who bought anything.
    scale: of the discrete Laplace noise in `values`, 0 for none; of all or of each, UNKNOWN for one that was
        not counted.
    kept: share of all pairs of a person and a label that is counted, where each person counts for a few
        labels a period, drawn by lot.
    """

    values: Int64
    people: Int64
    scale: float | Float64 = 0.0
    kept: float = 1.0


@dataclass(frozen=True)
class Trend:
    """Expected change of one label in the next period against this one, 0.18 for 18 % more.

    low, high: interval of what would be counted without noise. around: the change in the larger group.
    probability: that the share rises. A rise that the larger group has too counts: it has to be produced
        all the same.
    is_likely: that is at least `SURE`.
    """

    change: float
    low: float
    high: float
    around: float
    probability: float

    @property
    def is_likely(self) -> bool:
        return self.probability >= SURE


@dataclass(frozen=True)
class Followed:
    """What was found out about a group.

    change, variance: float64 (num_labels,), logarithm of share in the next period / share in the last one.
    rates: float64 (num_labels, num_periods), share of active people who buy, without noise and lot.
    people: float64 (num_periods,).
    """

    change: Float64
    variance: Float64
    rates: Float64
    people: Float64


def follow(counts: Counts, within: Followed | None = None) -> Followed:
    """Follow the labels of a group through its periods.

    Args:
        within: the larger group that this one is part of, with the same labels, over the same periods or
            earlier ones too. None for everybody.

    Raises:
        ValueError: shapes that do not agree, or a period without people.
    """
    _check(counts, within)
    people = counts.people.astype(np.float64)
    rates, around = _around(counts, within)
    ratio = counts.values.T / (rates * people * counts.kept)
    lift, spread = _lifts(ratio, _blur(counts, rates) + _draw(rates, people, around))
    rates = rates * lift[:, None]
    seen = _Seen(
        ratio / lift[:, None],
        1.0 / lift,
        spread / lift**2,
        _draw(rates, people, around),
        _blur(counts, rates),
    )
    change, variance, factor = _forecast(seen)
    if within is not None:
        change, variance = change + within.change, variance + within.variance
    return Followed(change, variance, rates * factor, people)


def trends(counts: Counts, within: Followed, *, level: float = 0.9, caution: float = 1.0) -> list[Trend]:
    """Forecast every label of a group that is part of a larger one.

    Args:
        within: `follow` of the larger group, which may be followed once for many groups.
        level: of the interval. caution: how many times as unsure all is as what is known says.

    Returns:
        One trend a label, in their order; none for no labels.

    Raises:
        ValueError: as `follow`.
    """
    found = follow(counts, within)
    unsure = caution * np.sqrt(found.variance)
    margin = NormalDist().inv_cdf((1.0 + level) / 2.0) * unsure
    ends = (found.change, found.change - margin, found.change + margin, within.change)
    rises = [NormalDist().cdf(ratio) for ratio in (found.change / unsure).tolist()]
    return [Trend(*row) for row in zip(*(np.expm1(end).tolist() for end in ends), rises, strict=True)]


@dataclass(frozen=True)
class _Seen:
    """Shares relative to what was expected of them, and how sure they are; float64 (num_labels, num_periods).

    level, spread: (num_labels,), mean and variance of what a share is relative to that for good.
    draw, blur: variances of who happens to buy, and of what was done to counts.
    """

    ratio: Float64
    level: Float64
    spread: Float64
    draw: Float64
    blur: Float64


def _around(counts: Counts, within: Followed | None) -> tuple[Float64, Float64]:
    """Rates of the larger group and its people, in the periods of `counts`; everybody is part of nothing."""
    num_periods, num_labels = counts.values.shape
    if within is not None:
        return within.rates[:, -num_periods:], within.people[-num_periods:]
    people = float(counts.people.sum())
    is_known = np.broadcast_to(counts.scale, counts.values.shape) < UNKNOWN
    pairs = float((counts.people[:, None] * is_known).sum()) * counts.kept
    mean = float(counts.values[is_known].sum()) / max(1.0, pairs)
    return np.full((num_labels, num_periods), max(mean, 1.0 / people)), np.full(num_periods, np.inf)


def _lifts(ratio: Float64, variance: Float64) -> tuple[Float64, float]:
    """How many times more of a label a group buys, drawn towards 1; and the variance of lifts over labels."""
    if not len(ratio):
        return np.zeros(0), SMALLEST_SPREAD
    unsure = 1.0 / (1.0 / variance).sum(axis=1)
    mean = (ratio / variance).sum(axis=1) * unsure
    trust = 1.0 / (unsure + np.median(unsure)) ** 2
    spread = max(SMALLEST_SPREAD, float(np.average((mean - 1.0) ** 2 - unsure, weights=trust)))
    trusted = spread / (spread + unsure)
    least = np.maximum(SMALLEST, np.sqrt(trusted * unsure))  # as far as it is unsure, it is no scale
    return np.maximum(1.0 + trusted * (mean - 1.0), least), spread


def _forecast(seen: _Seen) -> tuple[Float64, Float64, Float64]:
    """Logarithm of the change after the last period, its variance, and the share in each period, relative."""
    told = [_told(seen, swing, fading) for swing, fading in product(SWINGS, FADINGS)]
    likelihood, change, variance, factor = (np.stack(part) for part in zip(*told, strict=True))
    weight = _weights(likelihood)
    mean = (weight * change).sum(axis=0)
    spread = (weight * (variance + (change - mean) ** 2)).sum(axis=0)
    return mean, spread, np.einsum("gl,glp->lp", weight, factor)


def _told(seen: _Seen, swing: float, fading: float) -> tuple[Float64, Float64, Float64, Float64]:
    """Log-likelihood, and what `_forecast` gives, if all labels swung like this: Gaussian conditioning."""
    num_periods = seen.ratio.shape[1]
    ahead = np.concatenate([seen.draw, seen.draw[:, -1:]], axis=1)  # the next period draws like the last
    steps = np.abs(np.subtract.outer(range(num_periods + 1), range(num_periods + 1)))
    whole = seen.spread[:, None, None] + swing**2 * fading**steps + _diagonal(ahead)
    known = whole[:, :num_periods]
    root = np.linalg.inv(np.linalg.cholesky(known[:, :, :num_periods] + _diagonal(seen.blur)))
    scaled = (root @ (seen.ratio - seen.level[:, None])[..., None])[..., 0]
    gain = root @ known
    share = np.maximum(seen.level[:, None] + np.einsum("lpq,lp->lq", gain, scaled), SMALLEST)
    unknown = whole - gain.transpose(0, 2, 1) @ gain
    slope = np.stack([-1.0 / share[:, -2], 1.0 / share[:, -1]], axis=1)
    variance = np.einsum("li,lij,lj->l", slope, unknown[:, -2:, -2:], slope)
    likelihood = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1) - (scaled**2).sum(axis=1) / 2.0
    return likelihood, np.log(share[:, -1] / share[:, -2]), variance, share[:, :-1]


def _weights(likelihood: Float64) -> Float64:
    """How likely each label swings in each way; how common a way is, is learned from all labels.

    Args:
        likelihood: float64 (num_ways, num_labels), logarithms; ways in the order of `_forecast`.
    """
    relative = np.exp(likelihood - likelihood.max(axis=0))
    common = np.repeat(RARER ** np.arange(len(SWINGS)), len(FADINGS))
    weight = common[:, None] * relative
    for _ in range(ROUNDS):
        weight /= weight.sum(axis=0)
        weight = weight.sum(axis=1)[:, None] * relative
    return np.asarray(weight / weight.sum(axis=0))


def _diagonal(values: Float64) -> Float64:
    return np.asarray(values[:, :, None] * np.eye(values.shape[1]))


def _blur(counts: Counts, rates: Float64) -> Float64:
    """Variance, relative, of what was done to counts: noise, and the lot of which labels count."""
    counted = rates * counts.people * counts.kept
    scale = np.broadcast_to(counts.scale, counts.values.shape).T
    return np.asarray((1.0 - counts.kept) / counted + 2.0 * scale**2 / counted**2)


def _draw(rates: Float64, people: Float64, people_around: Float64) -> Float64:
    """Variance, relative, of who happens to buy; what a group shares with a larger one is no surprise."""
    rates = np.minimum(rates, 0.99)
    draw = (1.0 - rates) / rates * (1.0 / people - 1.0 / people_around)
    return np.asarray(np.clip(draw, SMALLEST_DRAW, LARGEST_DRAW))


def _check(counts: Counts, within: Followed | None) -> None:
    num_periods = len(counts.people)
    if counts.values.ndim != 2 or len(counts.values) != num_periods:
        raise ValueError(f"values have the shape {counts.values.shape} for people of {num_periods} periods")
    if not num_periods or counts.people.min() < 1:
        raise ValueError(f"{num_periods} periods; expected one or more, each with people")
    if within is not None and (
        len(within.rates) != counts.values.shape[1] or len(within.people) < num_periods
    ):
        raise ValueError(f"values of {counts.values.shape} are no part of rates of {within.rates.T.shape}")
