"""Slots drawn by lot: how many, from what, and how likely each circle was."""

from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.exploration import Pool, explore, slots_of
from graph.policy.values import Policy

NUM = 12


@pytest.fixture(scope="module")
def rules(policy: Policy):
    return replace(policy.feedback, exploration_share=0.25)


def drawn(rules, lots, length=6, num_small=3):
    """A list of the rows 0, 1, ... of twelve circles, of which the last few are small."""
    small = np.arange(NUM) >= NUM - num_small
    pool = partial(Pool.of, np.ones(NUM, dtype=bool), small)
    return explore(range(length), pool, rules=rules, lot=lambda what: lots[what])


@pytest.mark.parametrize(
    ("length", "share", "always", "chance"),
    [(10, 0.02, 0, 0.2), (2, 0.5, 0, 0.0), (3, 0.5, 1, 0.0), (6, 0.25, 1, 0.5), (100, 0.02, 2, 0.0)],
)
def test_so_many_slots_are_drawn_and_none_at_the_top(rules, length, share, always, chance):
    slots = slots_of(length, replace(rules, exploration_share=share))
    assert (slots.always, pytest.approx(slots.chance)) == (always, chance)


def test_without_a_share_nothing_may_be_drawn(rules):
    assert drawn(replace(rules, exploration_share=0.0), {}) == []


def test_a_drawn_circle_carries_the_probability_of_its_place(rules):
    # Slots 4 (with probability 1/2) and 5 are drawn; rows 4 to 11 are left for the first, 9 to 11 small.
    # 0.4 falls to the small ones, 0.8 of them: row 11. Then 4 to 10 are left, with the small 9 and 10.
    shown = drawn(rules, {"whether": 0.1, "slot 4": 0.4, "slot 5": 0.75})
    assert [(s.row, s.explored) for s in shown] == [(11, True), (7, True)]
    assert shown[0].propensity == pytest.approx(0.5 * (0.5 / 3 + 0.5 / 8))
    assert shown[1].propensity == pytest.approx(0.5 / 7)


def test_a_ranked_circle_in_a_slot_that_may_be_drawn_is_not_certain(rules):
    shown = drawn(rules, {"whether": 0.9, "slot 5": 0.75})
    assert (shown[0].row, shown[0].explored) == (4, False)
    assert shown[0].propensity == pytest.approx(0.5 + 0.5 * 0.5 / 8)


@given(st.integers(0, NUM), st.integers(3, NUM), st.randoms(use_true_random=False))
def test_nothing_is_shown_twice_and_the_top_is_not_drawn(policy, num_small, length, random):
    rules = replace(policy.feedback, exploration_share=0.4)
    lots = {name: random.random() for name in ("whether", *(f"slot {i}" for i in range(NUM)))}
    shown = drawn(rules, lots, length, num_small)
    most = slots_of(length, rules).most
    assert len({s.row for s in shown}) == len(shown) == most
    assert min(s.row for s in shown) >= length - most >= 2
    assert all(0 < s.propensity <= 1 for s in shown)


def test_circles_are_shown_as_often_as_is_said(rules):
    rng, rounds = np.random.default_rng(0), 4_000
    seen, said = Counter(), {}
    for _ in range(rounds):
        lots = {"whether": rng.random(), "slot 4": rng.random(), "slot 5": rng.random()}
        entry = drawn(rules, lots)[0]
        seen[entry.row] += 1
        said[entry.row] = entry.propensity
    assert len(said) == 8  # everything that is not above it
    assert sum(said.values()) == pytest.approx(1)
    for row, propensity in said.items():
        assert seen[row] / rounds == pytest.approx(propensity, abs=4 * (propensity / rounds) ** 0.5)
