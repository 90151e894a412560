"""The past of everybody: which periods are missing, what is kept, what stays unknown."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.portraits.history import PAST, History, Period, counts_of, kept_of, one_of
from graph.portraits.periods import bounds_of
from graph.portraits.rising import UNKNOWN


def period(number, people=500, categories=("coffee", "tea"), buyers=(100, 50)):
    return Period(number, categories, buyers, 8.0, people, 300)


def test_all_of_a_year_is_missing_at_first_and_later_what_has_closed_since():
    _, end = bounds_of(700)
    assert History().missing(end) == range(700 - PAST + 1, 701)
    known = History((period(698), period(699)))
    assert known.missing(end) == range(700, 701)
    assert known.missing(end - 1) == known.missing(bounds_of(690)[0]) == range(700, 700)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=30))
def test_no_period_is_ever_missing_twice(steps):
    known, counted, at = History(), [], 700
    for step in steps:
        at += step - 10
        numbers = known.missing(bounds_of(at)[1])
        counted += numbers
        known = known.with_closed([period(number) for number in numbers])
        assert len(known.periods) == PAST
        assert {after.number - before.number for before, after in pairwise(known.periods)} == {1}
    assert len(counted) == len(set(counted))


def test_a_past_without_people_is_not_known():
    periods = tuple(period(number, people) for number, people in ((1, 500), (2, 99), (3, 100), (4, 500)))
    assert [each.number for each in History(periods).known(100)] == [3, 4]
    assert History(periods).known(501) == History().known(1) == ()


def test_a_history_is_read_as_it_was_written():
    known = History((period(1, categories=("茶",), buyers=(-3,)), period(2)))
    assert History.read(known.dumped()) == known


def test_what_was_not_counted_then_is_unknown_then():
    periods = [period(1, categories=("tea",), buyers=(50,)), period(2)]
    counts = counts_of(periods, ("coffee", "milk", "tea"))
    assert counts.values.tolist() == [[0, 0, 50], [100, 0, 50]]
    assert np.array_equal(counts.scale, [[UNKNOWN, UNKNOWN, 8.0], [8.0, UNKNOWN, 8.0]])


@pytest.mark.parametrize(("pairs", "kept"), [(300, 0.5), (100, 1.0), (-5, 1.0)])
def test_the_share_of_pairs_that_count_is_told_by_noisy_sums(pairs, kept):
    of = [replace(period(number), pairs=pairs) for number in (1, 2)]
    assert kept_of(of) == kept


def test_one_category_of_each_person_is_a_part_of_what_they_buy():
    assert one_of([replace(period(number), pairs=2_000) for number in (1, 2)]) == 500 / 2_000
    assert one_of([replace(period(1), pairs=-3)]) == 1.0
