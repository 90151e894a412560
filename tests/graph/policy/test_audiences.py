"""What an owner may ask of an audience, how people are kept back, and what came of it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InputError
from graph.policy.audiences import (
    FUNNEL,
    AudienceRules,
    checked_wish,
    funnel_of,
    is_held_out,
    lift_of,
    month_of,
    shared_by,
)
from graph.policy.invitations import Reason

RULES = AudienceRules()


def test_what_is_left_out_is_the_policys():
    wish = checked_wish(RULES, target_fit=0.8)
    assert (wish.confidence, wish.max_size, wish.holdout, wish.valid_days) == (0.95, 20_000, 0.1, 30)


@pytest.mark.parametrize(
    "given_",
    [{"target_fit": 0.99}, {"target_fit": math.nan}, {"confidence": 1.0}, {"max_size": 0}, {"holdout": 0.6},
     {"valid_days": 91}],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused_by_name(given_):
    (name,) = given_
    with pytest.raises(InputError, match=name):
        checked_wish(RULES, **({"target_fit": 0.8} | given_))


def test_all_promises_of_a_period_share_one_doubt():
    assert [shared_by(place) for place in (1, 2, 3)] == [2, 6, 12]
    assert math.isclose(sum(1 / shared_by(place) for place in range(1, 10_000)), 1, abs_tol=1e-3)


def test_months_are_of_utc():
    assert (month_of(0), month_of(1_790_000_000)) == ("1970-01", "2026-09")


def test_the_lot_keeps_back_about_the_share_and_is_the_same_each_time():
    people = [f"u{i}" for i in range(2_000)]
    held = [user for user in people if is_held_out("a1", user, 0.1)]
    assert 140 < len(held) < 260
    assert held == [user for user in people if is_held_out("a1", user, 0.1)]
    assert held != [user for user in people if is_held_out("a2", user, 0.1)]
    assert not any(is_held_out("a1", user, 0.0) for user in people)


reasons = st.dictionaries(st.sampled_from(list(Reason)), st.integers(0, 500))


@given(reasons, st.integers(0, 500), st.integers(0, 500))
def test_a_funnel_counts_everybody_once_under_the_same_labels(found, others, size):
    counts = funnel_of(found, others, size, 100)
    assert tuple(counts) == FUNNEL
    assert sum(counts.values()) == sum(found.values()) + others + size
    assert counts["in_audience"] == (size if size >= 100 else 0)


def test_lift_is_the_difference_with_newcombes_interval():
    # Newcombe 1998, table II, (a): 56/70 against 48/80 is 0.2, 0.0524 to 0.3339.
    lift = lift_of(56, 70, 48, 80)
    assert (round(lift.value, 4), round(lift.low, 4), round(lift.high, 4)) == (0.2, 0.0524, 0.3339)
    assert lift_of(1, 0, 1, 5) is None
    assert lift_of(1, 5, 1, 0) is None


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0, 20))
def test_noise_only_widens_an_interval(one, other, scale):
    exact, noisy = lift_of(one, 50, other, 50), lift_of(one, 50, other, 50, noise_scale=scale)
    assert noisy.low <= exact.low + 1e-12
    assert noisy.high >= exact.high - 1e-12
    assert -1 <= noisy.low <= noisy.high <= 1


def test_equal_arms_seldom_show_a_lift():
    """A/A: at a true share of 0.3 in both arms the interval leaves zero out in about one of twenty."""
    import random

    rng, alarms = random.Random(3), 0
    for _ in range(600):
        one, other = (sum(rng.random() < 0.3 for _ in range(n)) for n in (400, 60))
        lift = lift_of(one, 400, other, 60)
        alarms += lift.low > 0 or lift.high < 0
    assert alarms / 600 < 0.08
