"""What another way of filling a place would have earned, from showings with logged propensities.

numpy only. An estimate needs places where more than one circle was possible; everything here is about those.
Source: self-normalised inverse propensities, Swaminathan and Joachims 2015; doubly robust, Dudik, Langford
and Li 2011; effective sample size, Kish 1965.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
RESAMPLES = 400
PRIOR_SHOWINGS = 10.0  # a circle's rate counts as much as the mean of all after this many showings


@dataclass(frozen=True)
class Showings:
    """Showings at places that may be drawn; arrays have one entry each.

    people: int64, who. rewards: float64, what followed, 0 or 1.
    weights: float64, probability under the policy that is judged over that under which it was shown.
    predicted: float64, reward foretold for the circle shown. expected: float64, for what that policy would
        show.
    """

    people: Int64
    rewards: Float64
    weights: Float64
    predicted: Float64
    expected: Float64


@dataclass(frozen=True)
class Estimate:
    """What a policy would earn a showing.

    snips, doubly_robust, interval (95 %, of snips, over people): None when `refused` says why.
    clipped: share of the showings whose weight was cut.
    """

    showings: int
    people: int
    effective_size: float
    clipped: float
    snips: float | None = None
    doubly_robust: float | None = None
    interval: tuple[float, float] | None = None
    refused: str | None = None


def effective_size(weights: Float64) -> float:
    """How many equally weighted showings would tell as much: (sum w)^2 / sum w^2; 0 for none."""
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def estimate(
    showings: Showings, *, largest_weight: float, min_effective_size: int, seed: int = 0
) -> Estimate:
    """Estimate, or refuse where too little of what the policy would show was ever shown."""
    weights = np.minimum(showings.weights, largest_weight)
    size = effective_size(weights)
    known = Estimate(
        showings=len(weights),
        people=len(np.unique(showings.people)),
        effective_size=round(size, 1),
        clipped=float(np.mean(showings.weights > largest_weight)) if len(weights) else 0.0,
    )
    if size < min_effective_size:
        why = f"the effective sample size is {size:.0f}; expected at least {min_effective_size}"
        return Estimate(**{**vars(known), "refused": why})
    corrected = showings.expected + weights * (showings.rewards - showings.predicted)
    values = {
        "snips": snips(showings.rewards, weights),
        "doubly_robust": float(corrected.mean()),
        "interval": _interval(showings, weights, seed),
    }
    return Estimate(**{**vars(known), **values})


def snips(rewards: Float64, weights: Float64) -> float:
    """Mean reward, each weighed, over the sum of the weights."""
    return float(rewards @ weights / weights.sum())


def rates_of(circles: Int64, rewards: Float64, num_circles: int) -> Float64:
    """Reward foretold for each circle: its mean, drawn towards the mean of all; float64 (num_circles,)."""
    shown = np.bincount(circles, minlength=num_circles).astype(np.float64)
    earned = np.bincount(circles, rewards, minlength=num_circles)
    mean = float(rewards.mean()) if len(rewards) else 0.0
    return np.asarray((earned + PRIOR_SHOWINGS * mean) / (shown + PRIOR_SHOWINGS))


def _interval(showings: Showings, weights: Float64, seed: int) -> tuple[float, float]:
    """Bootstrap over people: what one person does hangs together."""
    people, at = np.unique(showings.people, return_inverse=True)
    earned = np.bincount(at, showings.rewards * weights, len(people))
    weighed = np.bincount(at, weights, len(people))
    draws = np.random.default_rng(seed).integers(len(people), size=(RESAMPLES, len(people)))
    total = weighed[draws].sum(axis=1)
    values = earned[draws].sum(axis=1)[total > 0] / total[total > 0]
    low, high = np.quantile(values, (0.025, 0.975)).tolist()
    return low, high
