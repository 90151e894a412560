"""What a showing and its answer mean: where a joining came from, what it counts, and when a circle sinks.

Pure functions: no store, no clock, no lot. Times are epoch seconds, UTC.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

DAY_S = 86_400.0


class Origin(StrEnum):
    """Where a joining came from."""

    ORGANIC = "organic"
    INDUCED = "induced"
    INVITED = "invited"


class Counting(StrEnum):
    """Which memberships training counts."""

    ALL = "all"
    ORGANIC = "organic"
    WEIGHTED = "weighted"


@dataclass(frozen=True)
class FeedbackRules:
    """Values of `policy.toml`, section feedback.

    exploration_share: of the slots of all lists, drawn by lot; the rest is ranked.
    steady_slots: at the top of a list, never drawn. small_share: of what is drawn, for small circles only.
    small_members: a circle with fewer is small.
    free_showings: without an answer, before a circle sinks.
    showing_half_life_days: age after which a showing counts half.
    induced_days: a joining so long after a showing came from it.
    largest_weight: of a joining, when it is counted by how likely its showing was.
    min_effective_size: of an estimate from showings, below which it is not told.
    """

    exploration_share: float
    steady_slots: int
    small_share: float
    small_members: int
    free_showings: float
    showing_half_life_days: float
    induced_days: float
    largest_weight: float
    min_effective_size: int


def origin_of(
    *, rec_id: str | None, exposed_at: int | None, invited: bool, joined_at: int, rules: FeedbackRules
) -> Origin:
    """Say where a joining came from.

    Args:
        rec_id: of the list that the joining answers, where the app named one.
        exposed_at: when the circle was last shown to the person before they joined; None for never.
        invited: the joining is the acceptance of an invitation, which explains it before any list does.
    """
    if invited:
        return Origin.INVITED
    if rec_id is not None:
        return Origin.INDUCED
    if exposed_at is not None and 0 <= joined_at - exposed_at <= rules.induced_days * DAY_S:
        return Origin.INDUCED
    return Origin.ORGANIC


def weights_of(
    origins: Sequence[Origin], propensities: Sequence[float | None], counting: Counting, rules: FeedbackRules
) -> list[float]:
    """How much each joining counts in training.

    `organic` counts what no list and no invitation led to. `weighted` counts an induced joining by the
    inverse of the probability with which its circle was shown at its place, at most `largest_weight`, divided
    by the mean of those weights: what lists induced counts no more in all than it is, but what they rarely
    show is not outvoted by what they always show. An unknown probability counts as 1.

    Source: self-normalised, clipped inverse propensities, Swaminathan and Joachims 2015.
    """
    if counting is Counting.ALL:
        return [1.0] * len(origins)
    if counting is Counting.ORGANIC:
        return [float(origin is Origin.ORGANIC) for origin in origins]
    induced = [origin is Origin.INDUCED for origin in origins]
    raw = [min(rules.largest_weight, 1.0 / (p or 1.0)) for p in propensities]
    total, count = sum(w for w, is_ in zip(raw, induced, strict=True) if is_), sum(induced)
    return [w * count / total if is_ else 1.0 for w, is_ in zip(raw, induced, strict=True)]


def sinking(times: int, last_at: int, *, now: int, rules: FeedbackRules) -> float:
    """How many times further down a circle belongs that was shown without an answer; 1 for where it is.

    Args:
        times: showings since the last answer (click, join, leave, dismissal, report).
        last_at: the newest of them. It dates all of them: what is shown again and again is not forgotten
            one by one.

    Source: impression discounting, Lee, Lakshmanan, Tiwari and Shah 2014; the form is our own.
    """
    age_days = max(0, now - last_at) / DAY_S
    fading = times * math.exp2(-age_days / rules.showing_half_life_days)
    return 1.0 + max(0.0, fading - rules.free_showings)


def sunk(factors: Sequence[float]) -> list[int]:
    """Places of a ranked list in their new order: place p (0 first) counts as (p + 1) * factor.

    By place and not by score: scores of different sources have no common zero to be divided towards.
    """
    return sorted(range(len(factors)), key=lambda place: ((place + 1) * factors[place], place))
