"""Coarse shares of groups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.disclosure import Cell, DisclosureRules, Hidden, difference, release_share

RULES = DisclosureRules()


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [(0, 100, 0.0), (59, 100, 0.4), (60, 100, 0.6), (100, 100, 0.8), (39, 40, 0.5), (19, 40, 0.0)],
)
def test_a_share_is_told_as_the_lower_edge_of_its_step(part, whole, told):
    assert release_share(part, whole, RULES).v == told


@pytest.mark.parametrize("whole", [0, 1, 20, 39])
def test_a_group_without_two_steps_is_hidden(whole):
    assert release_share(whole, whole, RULES).hidden is Hidden.MINIMUM


@given(st.integers(40, 400), st.data())
def test_each_answer_leaves_as_many_counts_as_the_smallest_group(whole, data):
    part = data.draw(st.integers(0, whole))
    told = release_share(part, whole, RULES)
    alike = [other for other in range(whole + 1) if release_share(other, whole, RULES) == told]
    assert len(alike) >= RULES.min_group_size
    assert part in alike


def test_a_part_larger_than_its_whole_is_a_mistake():
    with pytest.raises(ValueError, match="larger"):
        release_share(3, 2, RULES)


def test_a_difference_says_no_more_than_its_two_cells():
    small = Cell(hidden=Hidden.BUDGET)
    assert difference(Cell(30), Cell(50)).v == -20
    assert difference(small, Cell(50)) == difference(Cell(50), small) == small
