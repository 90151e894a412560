"""What an owner may ask of an audience, how people are kept back, and what came of it.

Pure functions. The lift compares whole arms as they were drawn by lot, also those whom no invitation reached:
whoever kept them back was not chance, and to leave them out would compare different people.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from graph.errors import InputError, RateExceeded
from graph.policy.invitations import DAY_S, Reason

MIN_TARGET, MAX_TARGET = 0.05, 0.95
MIN_CONFIDENCE, MAX_CONFIDENCE = 0.5, 0.99
ASKS_S = 7 * DAY_S
_Z = 1.959964  # 95 %


@dataclass(frozen=True)
class AudienceRules:
    """Values of `policy.toml`, section `audiences`; shares in [0, 1], times in days."""

    window_days: int = 60
    stay_days: int = 30
    valid_days: int = 30
    max_valid_days: int = 90
    max_size: int = 20_000
    holdout: float = 0.1
    pilot_size: int = 50
    asks_per_week: int = 20


@dataclass(frozen=True)
class Wish:
    """What an owner asks for. pilot: random people instead of the best, to learn how they answer."""

    target_fit: float
    confidence: float
    max_size: int
    holdout: float
    valid_days: int
    pilot: bool = False


def checked_wish(
    rules: AudienceRules,
    *,
    target_fit: float,
    confidence: float = 0.95,
    max_size: int | None = None,
    holdout: float | None = None,
    valid_days: int | None = None,
    pilot: bool = False,
) -> Wish:
    """A wish within what the policy allows; None takes the policy's own value.

    Raises:
        InputError: a value is out of bounds; nothing is clipped.
    """
    wish = Wish(
        target_fit,
        confidence,
        rules.max_size if max_size is None else max_size,
        rules.holdout if holdout is None else holdout,
        rules.valid_days if valid_days is None else valid_days,
        pilot,
    )
    bounds: dict[str, tuple[float, float]] = {
        "target_fit": (MIN_TARGET, MAX_TARGET),
        "confidence": (MIN_CONFIDENCE, MAX_CONFIDENCE),
        "max_size": (1, rules.max_size),
        "holdout": (0.0, 0.5),
        "valid_days": (1, rules.max_valid_days),
    }
    for name, (least, most) in bounds.items():
        value = getattr(wish, name)
        if not (math.isfinite(value) and least <= value <= most):
            raise InputError(f"{name} is {value}; expected {least} to {most}")
    return wish


def check_asks(asked_at: Sequence[int], most: int, at: int) -> None:
    """Raises RateExceeded where an owner asked as often within `ASKS_S` as the policy lets.

    Args:
        asked_at: moments of the owner's earlier previews and audiences.
    """
    recent = sorted(moment for moment in asked_at if moment > at - ASKS_S)
    if len(recent) >= most:
        raise RateExceeded(
            f"this owner asked for {most} audiences and previews in seven days, as many as may be; each "
            "answer tells a little about people. Ask again later",
            retry_after_s=max(1, recent[-most] + ASKS_S - at),
        )


def shared_by(place: int) -> int:
    """By how many the doubt of a promise is divided for the n-th circle tested in one period.

    1/2 + 1/6 + 1/12 + ... = 1: all promises of a period hold at once, however many circles will be tested.

    Args:
        place: from 1 on.
    """
    return place * (place + 1)


def month_of(at: int) -> str:
    """The period in which promises share their doubt, such as "2026-11". at: epoch seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


def is_held_out(audience_id: str, user_id: str, share: float) -> bool:
    """Whether the lot keeps somebody back: depends on the audience and the person, on nothing they did."""
    digest = hashlib.sha256(f"holdout {audience_id}\n{user_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2.0**64


# What an owner is told of why somebody is not in an audience; finer reasons could single people out.
LABEL_OF: dict[Reason, str] = {
    Reason.CONSENT: "no_consent",
    Reason.ELIGIBILITY: "not_eligible",
    Reason.MEMBER: "already_member",
    Reason.REFUSED: "said_no",
    Reason.MUTED: "said_no",
    Reason.HOLDOUT: "invited_enough",
    Reason.RECENT: "invited_enough",
    Reason.BUDGET: "invited_enough",
    Reason.DEMAND: "invited_enough",
}
LITTLE_EVIDENCE = "little_evidence"
IN_AUDIENCE = "in_audience"
FUNNEL = (*dict.fromkeys(LABEL_OF.values()), LITTLE_EVIDENCE, IN_AUDIENCE)


def funnel_of(
    reasons: Mapping[Reason, int], num_others: int, size: int, min_audience_size: int
) -> dict[str, int]:
    """People by what keeps them out, a partition of everybody; the labels are always the same.

    Args:
        num_others: whom nothing but their evidence keeps out. size: of the audience; one below the smallest
            audience is counted as little evidence, so that nobody can tell how small it is.
    """
    counts = dict.fromkeys(FUNNEL, 0)
    for reason, number in reasons.items():
        counts[LABEL_OF[reason]] += number
    shown = size if size >= min_audience_size else 0
    counts[IN_AUDIENCE] = shown
    counts[LITTLE_EVIDENCE] = num_others + size - shown
    return counts


@dataclass(frozen=True)
class Lift:
    """Difference of two shares with its 95 % interval."""

    value: float
    low: float
    high: float


def lift_of(
    joined: float, invited: float, held_joined: float, held: float, *, noise_scale: float = 0.0
) -> Lift | None:
    """How many more of the invited join than of those kept back; None where an arm is empty.

    Newcombe's interval from two Wilson intervals, widened by the noise that the counts carry.

    Args:
        noise_scale: of the Laplace noise in each count of joins; 0 for exact counts.

    Source: Newcombe 1998, method 10; the variance of Laplace noise of scale b is 2 b^2.
    """
    if invited <= 0 or held <= 0:
        return None
    (share, low, high), (other, other_low, other_high) = (
        _wilson(joined, invited, noise_scale),
        _wilson(held_joined, held, noise_scale),
    )
    value = share - other
    down = math.hypot(share - low, other_high - other)
    up = math.hypot(high - share, other - other_low)
    return Lift(value, max(-1.0, value - down), min(1.0, value + up))


def _wilson(count: float, size: float, noise_scale: float) -> tuple[float, float, float]:
    """Share and its interval. Source: Wilson 1927."""
    share = min(max(count / size, 0.0), 1.0)
    middle = (share + _Z**2 / (2 * size)) / (1 + _Z**2 / size)
    half = _Z / (1 + _Z**2 / size) * math.sqrt(share * (1 - share) / size + _Z**2 / (4 * size**2))
    noise = _Z * math.sqrt(2.0) * noise_scale / size
    return share, max(0.0, middle - math.hypot(half, noise)), min(1.0, middle + math.hypot(half, noise))
