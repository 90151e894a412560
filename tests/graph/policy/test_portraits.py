"""Rules of portraits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.disclosure import DisclosureRules, Hidden, release_count
from graph.policy.portraits import CLOSENESS, enough_people, is_due, size_steps, standing_of, with_noise


@pytest.mark.parametrize(
    ("days", "is_new", "standing"),
    [(0, False, "lost"), (1, True, "far"), (9, True, "far"), (5, False, "mid"), (6, False, "near")],
)
def test_standing_follows_the_days(policy, days, is_new, standing):
    assert standing_of(days, is_new=is_new, rules=policy.portraits) == standing


def test_a_portrait_is_renewed_after_six_weeks(policy):
    assert is_due(None, 10, policy.portraits)
    assert not is_due(10, 15, policy.portraits)
    assert is_due(10, 16, policy.portraits)


def test_what_could_be_noise_alone_is_hidden():
    rules = with_noise(DisclosureRules(), 20.0)
    assert release_count(46, rules).hidden is Hidden.MINIMUM
    assert release_count(47, rules).v == 47
    assert with_noise(DisclosureRules(), 1.0) == DisclosureRules()


def test_sizes_are_drawn_in_five_steps():
    assert size_steps([10, 100, 1_000, 10_000, 100_000]) == [1, 2, 3, 4, 5]
    assert size_steps([70, None, 70]) == [3, 1, 3]


@given(st.lists(st.one_of(st.none(), st.integers(20, 10**7)), max_size=30))
def test_a_larger_group_is_never_drawn_smaller(sizes):
    steps = size_steps(sizes)
    assert all(1 <= step <= 5 for step in steps)
    shown = sorted((size, step) for size, step in zip(sizes, steps, strict=True) if size)
    assert [step for _, step in shown] == sorted(step for _, step in shown)


@given(st.integers(1, 60))
def test_noise_alone_founds_a_portrait_for_one_merchant_in_a_thousand(policy, scale):
    rules = policy.portraits
    scales = enough_people(rules, scale) / scale
    assert math.exp(-scales) * (8 + 5 * scales + scales**2) / 16 < 0.0011
    assert enough_people(rules, scale) >= rules.min_people


def test_the_chance_of_noise_is_that_of_three_cells():
    rng = np.random.default_rng(0)
    noise = rng.laplace(0.0, 1.0, (200_000, len(CLOSENESS))).sum(axis=1)
    told = math.exp(-4.0) * (8 + 5 * 4 + 16) / 16
    assert abs(float((noise >= 4.0).mean()) - told) < 0.003
