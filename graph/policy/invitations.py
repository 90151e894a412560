"""May a circle invite somebody, when, and what an answer to an invitation does.

Pure functions of what is known of one person at one moment. Both stores apply them inside the transaction
that sends, so that a consent withdrawn, or an invitation of somebody else, a moment before is honoured.

The budget is the person's, over all merchants. Times are compared in both directions: two servers whose
clocks differ send no more than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from graph.policy.eligibility import Eligibility, is_eligible

DAY_S = 86_400
_HOUR_S = 3_600


class Reason(StrEnum):
    """Why somebody is not invited; the first that holds, in this order, is the one that is counted."""

    CONSENT = "consent"
    ELIGIBILITY = "eligibility"
    MEMBER = "member"
    REFUSED = "refused"
    HOLDOUT = "holdout"
    MUTED = "muted"
    RECENT = "recent"
    BUDGET = "budget"
    DEMAND = "demand"


# Whoever is kept back for one of these is never invited from the same audience; the others wait.
FINAL = frozenset({Reason.MEMBER, Reason.REFUSED, Reason.HOLDOUT})


class Reply(StrEnum):
    """What somebody can say to an invitation; a refusal is for good."""

    ACCEPT = "accept"
    DECLINE = "decline"


@dataclass(frozen=True)
class InvitationRules:
    """Values of `policy.toml`, section `invitations`.

    per_person: invitations of one person in `window_days`, over all merchants.
    circle_days: between two invitations of one person to one circle.
    mute_refusals, mute_days: so many refusals of one topic silence the topic for so long.
    quiet_from, quiet_to: hours of the local day, at `utc_offset_hours`, without any sending; equal: none.
    open_days: how long an invitation can be answered.
    small_circle, small_share: circles below so many members get so much of what is contested.
    """

    per_person: int = 2
    window_days: int = 7
    circle_days: int = 90
    mute_refusals: int = 2
    mute_days: int = 180
    quiet_from: int = 21
    quiet_to: int = 9
    utc_offset_hours: int = 8
    open_days: int = 30
    small_circle: int = 200
    small_share: float = 0.2


@dataclass(frozen=True)
class Past:
    """One invitation that somebody got. circle: index. topics: what the circle was about."""

    circle: int
    sent_at: int
    answer: Reply | None
    answered_at: int | None
    topics: frozenset[str]


@dataclass(frozen=True)
class History:
    """What is known of a person and one circle that would invite them.

    refused: left, dismissed or reported the circle. muted: asked not to hear from it, or muted payments
        that they may have been chosen by. holdout: kept back to compare with. past: every
        invitation of the person, of any circle.
    """

    user: int
    circle: int
    topics: frozenset[str]
    consents: bool
    verified: bool
    adult: bool
    city: str | None
    member: bool
    refused: bool
    muted: bool
    holdout: bool
    past: Sequence[Past] = ()


def may_invite(
    history: History, rules: InvitationRules, at: int, door: Eligibility | None = None
) -> Reason | None:
    """Why the circle may not invite the person now; None: it may.

    Args:
        at: epoch seconds. door: the circle's own rule; None lets every adult in. What it says of payments is
            asked when people are chosen, not here.
    """
    own = [past for past in history.past if past.circle == history.circle]
    checks = (
        (Reason.CONSENT, not history.consents),
        (Reason.ELIGIBILITY, not _is_eligible(history, door)),
        (Reason.MEMBER, history.member),
        (Reason.REFUSED, history.refused or any(past.answer is Reply.DECLINE for past in own)),
        (Reason.HOLDOUT, history.holdout),
        (Reason.MUTED, history.muted or _is_muted(history, rules, at)),
        (Reason.RECENT, any(_is_near(past.sent_at, at, rules.circle_days) for past in own)),
        (Reason.BUDGET, room_of(history.past, rules, at) <= 0),
    )
    return next((reason for reason, holds in checks if holds), None)


def room_of(past: Sequence[Past], rules: InvitationRules, at: int) -> int:
    """How many more invitations the person may get now."""
    return rules.per_person - sum(_is_near(one.sent_at, at, rules.window_days) for one in past)


def opens_at(at: int, rules: InvitationRules) -> int:
    """The first moment from `at` on that is not in the quiet hours; `at` itself when it is not."""
    offset = rules.utc_offset_hours * _HOUR_S
    midnight = (at + offset) // DAY_S * DAY_S - offset
    start, end = rules.quiet_from * _HOUR_S, rules.quiet_to * _HOUR_S
    second = at - midnight
    if start == end or not _is_quiet(second, start, end):
        return at
    return midnight + end + (DAY_S if second >= end else 0)


@dataclass(frozen=True)
class Offer:
    """An invitation and its circle as they stand when the answer arrives.

    is_open: the circle takes members. consents: the person still grants what audiences need.
    """

    sent_at: int
    answer: Reply | None
    is_open: bool
    consents: bool


@dataclass(frozen=True)
class Answered:
    """What a reply does. told: None: the same as for an invitation that does not exist."""

    told: Reply | None
    keep: bool = False


def answer_to(offer: Offer, reply: Reply, rules: InvitationRules, at: int) -> Answered:
    """Apply a reply. The same again changes nothing and is told the same; no acceptance undoes a refusal.

    A refusal counts whatever else happened meanwhile: also when the circle has closed, or it comes late.
    """
    if reply is Reply.DECLINE:
        return Answered(reply, keep=offer.answer is not reply)
    if offer.answer is not None:
        return Answered(reply if offer.answer is reply else None)
    on_time = at < offer.sent_at + rules.open_days * DAY_S
    return Answered(reply, keep=True) if on_time and offer.is_open and offer.consents else Answered(None)


def _is_eligible(history: History, door: Eligibility | None) -> bool:
    rule = door or Eligibility()
    return is_eligible(
        rule,
        verified=history.verified,
        adult=history.adult,
        city=history.city,
        theme_payments=rule.min_theme_payments,
    )


def _is_muted(history: History, rules: InvitationRules, at: int) -> bool:
    refusals = sum(
        past.answer is Reply.DECLINE
        and past.answered_at is not None
        and _is_near(past.answered_at, at, rules.mute_days)
        and bool(past.topics & history.topics)
        for past in history.past
    )
    return refusals >= rules.mute_refusals


def _is_near(one: int, other: int, days: int) -> bool:
    return abs(one - other) < days * DAY_S


def _is_quiet(second: int, start: int, end: int) -> bool:
    return start <= second < end if start < end else second >= start or second < end
