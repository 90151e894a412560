"""The take-over alarm: what raises it, and what does not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.alarm import (
    DAY_S,
    Alarm,
    AlarmRules,
    CircleActivity,
    Level,
    Newcomer,
    alarm,
    poisson_tail,
    sudden_source,
)

NOW, RULES = 1_790_000_000, AlarmRules()
RAID = frozenset({"circle:9"})


def joined(number, days_ago, sources=frozenset()):
    return [Newcomer(NOW - days_ago * DAY_S - i, sources) for i in range(number)]


def activity(newcomers=(), *, usual=None, owner_days=1, reported_days=()):
    return CircleActivity(
        newcomers=list(newcomers),
        usual_share=usual or {},
        owner_seen_at=None if owner_days is None else NOW - owner_days * DAY_S,
        reported_at=[NOW - days * DAY_S for days in reported_days],
    )


def judged(*args, **more):
    return alarm(activity(*args, **more), NOW, RULES)


def test_a_quiet_circle_raises_nothing():
    assert judged() == Alarm(Level.NONE, ())
    assert judged(joined(20, 40) + joined(2, 1), owner_days=900) == Alarm(Level.NONE, ())


def test_many_at_once_from_one_circle_are_worth_a_look():
    assert judged(joined(10, 1, RAID)) == Alarm(Level.WATCH, ("newcomers",))


@pytest.mark.parametrize(
    ("more", "reasons"),
    [({"owner_days": 90}, ("newcomers", "owner")), ({"reported_days": [0, 1, 1]}, ("newcomers", "reports")),
     ({"owner_days": 90, "reported_days": [0, 1, 1]}, ("newcomers", "owner", "reports"))],
)  # fmt: skip
def test_with_an_owner_who_is_away_or_with_reports_it_is_the_highest_level(more, reasons):
    assert judged(joined(10, 1, RAID), **more) == Alarm(Level.HIGH, reasons)


def test_reports_alone_are_worth_a_look():
    assert judged(reported_days=[0, 1, 2]) == Alarm(Level.WATCH, ("reports",))
    assert judged(reported_days=[0, 1]).level is Level.NONE
    assert judged(reported_days=[0, 1, 2, *range(4, 50)]).level is Level.NONE  # a circle with as many before


def test_an_owner_whom_nobody_ever_saw_counts_as_there():
    assert judged(joined(10, 1, RAID), owner_days=None).level is Level.WATCH


def test_a_rush_without_a_common_source_is_none():
    apart = [Newcomer(NOW - DAY_S, frozenset({f"answer:{i}"})) for i in range(60)]
    assert judged(apart + joined(60, 1)).level is Level.NONE


def test_newcomers_of_a_source_that_always_sent_as_many_are_usual():
    past = [Newcomer(NOW - days * DAY_S, RAID) for days in range(4, 55) for _ in range(3)]
    assert judged(past + joined(10, 1, RAID)).level is Level.NONE


def test_a_circle_that_most_members_share_says_nothing():
    newcomers = joined(40, 1, RAID) + joined(40, 1)
    assert sudden_source(activity(newcomers, usual={"circle:9": 0.5}), NOW, RULES) is None
    assert sudden_source(activity(newcomers, usual={"circle:9": 0.05}), NOW, RULES) == "circle:9"


def test_the_same_answer_that_brings_many_is_a_source_too():
    assert judged(joined(9, 1, frozenset({"answer:rec_1"}))).level is Level.WATCH


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200))
def test_more_of_a_source_never_lowers_the_level(raiders, others, days):
    less = judged(joined(raiders, 1, RAID) + joined(others, 1), owner_days=days)
    more = judged(joined(raiders + 5, 1, RAID) + joined(others, 1), owner_days=days)
    assert more.level >= less.level


@pytest.mark.parametrize(("number", "expected"), [(0, 1.0), (1, 0.3), (4, 1.5), (3, 12.0)])
def test_the_tail_is_that_of_poisson(number, expected):
    below = sum(math.exp(-expected) * expected**i / math.factorial(i) for i in range(number))
    assert poisson_tail(number, expected) == pytest.approx(1 - below, rel=1e-6)
