"""May a circle invite somebody, when, and what an answer does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.eligibility import Eligibility
from graph.policy.invitations import (
    DAY_S,
    Answered,
    History,
    InvitationRules,
    Offer,
    Past,
    Reason,
    Reply,
    answer_to,
    may_invite,
    opens_at,
)

RULES = InvitationRules()
NOW = 1_790_000_000
TEA = frozenset({"tea"})
SOMEBODY = History(
    user=1, circle=5, topics=TEA, consents=True, verified=True, adult=True, city="Hangzhou", member=False,
    refused=False, muted=False, holdout=False,
)  # fmt: skip


def past(circle, days_ago, answer=None, topics=TEA):
    at = NOW - days_ago * DAY_S
    return Past(circle, at, answer, None if answer is None else at, topics)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"consents": False, "member": True}, Reason.CONSENT),
        ({"adult": False}, Reason.ELIGIBILITY),
        ({"member": True}, Reason.MEMBER),
        ({"refused": True}, Reason.REFUSED),
        ({"holdout": True}, Reason.HOLDOUT),
        ({"muted": True}, Reason.MUTED),
        ({"past": [past(5, 400, Reply.DECLINE)]}, Reason.REFUSED),
        ({"past": [past(5, 89)]}, Reason.RECENT),
        ({"past": [past(5, 90)]}, None),
        ({"past": [past(6, 1), past(7, 6)]}, Reason.BUDGET),
        ({"past": [past(6, 1), past(7, 7)]}, None),
        ({"past": [past(6, 100, Reply.DECLINE), past(7, 179, Reply.DECLINE)]}, Reason.MUTED),
        ({"past": [past(6, 100, Reply.DECLINE), past(7, 180, Reply.DECLINE)]}, None),
        ({"past": [past(6, 50, Reply.DECLINE), past(7, 50, Reply.DECLINE, frozenset({"gym"}))]}, None),
    ],
)
def test_the_first_reason_that_holds_is_told(changes, reason):
    assert may_invite(replace(SOMEBODY, **changes), RULES, NOW) is reason


def test_an_invitation_from_a_clock_ahead_counts_too():
    ahead = [past(6, -1), past(7, -6)]
    assert may_invite(replace(SOMEBODY, past=ahead), RULES, NOW) is Reason.BUDGET


@pytest.mark.parametrize(
    ("door", "let_in"),
    [
        (Eligibility(), True),
        (Eligibility(verified=True), False),
        (Eligibility(cities=("Hangzhou",)), True),
        (Eligibility(cities=("Ningbo",)), False),
    ],
)
def test_the_circles_own_door_is_asked(door, let_in):
    unverified = replace(SOMEBODY, verified=False)
    assert (may_invite(unverified, RULES, NOW, door) is None) is let_in


@pytest.mark.parametrize(("hour", "waits_h"), [(0, 9), (8, 1), (9, 0), (12, 0), (20, 0), (21, 12), (23, 10)])
def test_quiet_hours_are_of_the_local_day(hour, waits_h):
    midnight = NOW // DAY_S * DAY_S - 8 * 3600
    at = midnight + hour * 3600
    assert opens_at(at, RULES) == at + waits_h * 3600


@given(
    at=st.integers(0, 2**33), start=st.integers(0, 23), end=st.integers(0, 23), offset=st.integers(-12, 14)
)
def test_what_opens_is_open_and_at_most_a_day_away(at, start, end, offset):
    rules = replace(RULES, quiet_from=start, quiet_to=end, utc_offset_hours=offset)
    opens = opens_at(at, rules)
    assert at <= opens < at + DAY_S
    assert opens_at(opens, rules) == opens


OFFER = Offer(NOW, None, is_open=True, consents=True)


@pytest.mark.parametrize(
    ("changes", "reply", "days", "answered"),
    [
        ({}, Reply.ACCEPT, 1, Answered(Reply.ACCEPT, keep=True)),
        ({}, Reply.ACCEPT, 30, Answered(None)),
        ({"is_open": False}, Reply.ACCEPT, 1, Answered(None)),
        ({"consents": False}, Reply.ACCEPT, 1, Answered(None)),
        ({"answer": Reply.ACCEPT}, Reply.ACCEPT, 50, Answered(Reply.ACCEPT)),
        ({"answer": Reply.DECLINE}, Reply.ACCEPT, 1, Answered(None)),
        ({"is_open": False, "consents": False}, Reply.DECLINE, 99, Answered(Reply.DECLINE, keep=True)),
        ({"answer": Reply.ACCEPT}, Reply.DECLINE, 1, Answered(Reply.DECLINE, keep=True)),
        ({"answer": Reply.DECLINE}, Reply.DECLINE, 1, Answered(Reply.DECLINE)),
    ],
)
def test_a_refusal_always_counts_and_an_acceptance_only_in_time(changes, reply, days, answered):
    assert answer_to(replace(OFFER, **changes), reply, RULES, NOW + days * DAY_S) == answered
