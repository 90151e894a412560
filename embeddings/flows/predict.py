"""Forecast the flow between circles in the next period.

    forecast(a, b) = who could come(a, b) * rate(b) * lift(a, b)

Who could come is counted: the people active in a who have never been in b. The rate of b is how many of those
who could come to it did, and the lift of a pair is how many more came from a than that rate says, shrunk
towards 1; both from past periods, the later ones counting more. So a pair with few people speaks through its
circles, and one with many for itself.

Source: an age-period hazard with an empirical Bayes ratio (gamma-Poisson shrinkage); the terms are our own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from embeddings.flows.history import Float64, FlowHistory

HALF_LIVES = (1.0, 2.0, 4.0, 8.0)
STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True)
class FlowRules:
    """half_life: periods after which one counts half. strength: expected people that weigh as much as 1."""

    half_life: float = 4.0
    strength: float = 10.0


def forecast(history: FlowHistory, rules: FlowRules) -> Float64:
    """Expected flow in the period after the history.

    Args:
        history: at least two periods.

    Returns:
        float64 (num_circles, num_circles), from row to column; the diagonal is 0.
    """
    now = history.num_periods
    if now < 2:
        raise ValueError(f"a forecast needs two periods; the history has {now}")
    rate, came, expected = _past(history, rules.half_life)
    lift = (came + rules.strength) / (expected + rules.strength)
    return np.asarray(_could_come(history) * rate * lift)


def chosen(history: FlowHistory, num_periods: int = 3) -> FlowRules:
    """The rules whose forecasts order the last periods of a history best; nothing after it is looked at.

    Args:
        num_periods: how many of the last periods are forecast from what was before them.
    """
    first = max(2, history.num_periods - num_periods)
    if first >= history.num_periods:
        return FlowRules()
    asked = range(first, history.num_periods)
    scores = {rules: sum(_scored(history, rules, period) for period in asked) for rules in _candidates()}
    return max(scores, key=lambda rules: scores[rules])


def rank_correlation(predicted: Float64, actual: Float64) -> float:
    """Spearman's over all pairs of different circles; ties share their mean rank, 0 where all are equal."""
    kept = ~np.eye(len(actual), dtype=bool)
    one, other = (_ranks(values[kept]) for values in (predicted, actual))
    one, other = one - one.mean(), other - other.mean()
    length = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / length) if length > 0 else 0.0


def _candidates() -> Iterator[FlowRules]:
    return (FlowRules(*values) for values in product(HALF_LIVES, STRENGTHS))


def _scored(history: FlowHistory, rules: FlowRules, period: int) -> float:
    return rank_correlation(forecast(history.until(period), rules), history.flow(period))


def _past(history: FlowHistory, half_life: float) -> tuple[Float64, Float64, Float64]:
    """Rate of each circle, and of each pair how many came and how many its rates let expect; weighted."""
    now = history.num_periods
    periods = range(1, now)
    weights = [0.5 ** ((now - 1 - period) / half_life) for period in periods]
    rates = [history.rates(period) for period in periods]
    new = _summed(weights, [new for new, _ in rates])
    rate = new / np.maximum(_summed(weights, [absent for _, absent in rates]), 1.0)
    came = _summed(weights, [history.flow(period) for period in periods])
    own = [new / np.maximum(absent, 1.0) for new, absent in rates]
    expected = _summed(weights, [history.at_risk(p) * own[i] for i, p in enumerate(periods)])
    return rate, came, expected


def _could_come(history: FlowHistory) -> Float64:
    """`at_risk` of the period after the history."""
    ahead = np.concatenate([history.active, np.zeros_like(history.active[:1])])
    return FlowHistory(ahead, history.weight).at_risk(history.num_periods)


def _summed(weights: Sequence[float], values: Sequence[Float64]) -> Float64:
    return np.asarray(sum(weight * value for weight, value in zip(weights, values, strict=True)))


def _ranks(values: Float64) -> Float64:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2.0)[place], dtype=np.float64)
