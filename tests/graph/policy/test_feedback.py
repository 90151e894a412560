"""Where a joining came from, what it counts, and when a circle sinks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.feedback import Counting, FeedbackRules, Origin, origin_of, sinking, sunk, weights_of

DAY = 86_400
RULES = FeedbackRules(
    exploration_share=0.02,
    steady_slots=2,
    small_share=0.5,
    small_members=10,
    free_showings=3,
    showing_half_life_days=14,
    induced_days=14,
    largest_weight=10,
    min_effective_size=100,
)
origins = st.lists(st.sampled_from(Origin), max_size=8)


@pytest.mark.parametrize(
    ("rec_id", "exposed_at", "invited", "origin"),
    [
        (None, None, False, "organic"),
        ("rec_1", None, False, "induced"),
        (None, 86 * DAY, False, "induced"),
        (None, 86 * DAY - 1, False, "organic"),  # more than 14 days before
        (None, 101 * DAY, False, "organic"),  # shown after it was joined
        ("rec_1", 99 * DAY, True, "invited"),
    ],
)
def test_a_joining_comes_from_the_list_the_showing_or_the_person(rec_id, exposed_at, invited, origin):
    found = origin_of(rec_id=rec_id, exposed_at=exposed_at, invited=invited, joined_at=100 * DAY, rules=RULES)
    assert found == origin


def test_only_organic_joinings_count_when_asked_for():
    weights = weights_of(list(Origin), [None] * 3, Counting.ORGANIC, RULES)
    assert weights == [1.0, 0.0, 0.0]


def test_what_was_rarely_shown_counts_more_and_all_induced_ones_as_many_as_they_are():
    # 1 / 0.5 = 2, 1 / 0.25 = 4 and 1 / 0.001, which is clipped to 10; their mean is 17 / 4.
    induced = [Origin.INDUCED] * 4 + [Origin.ORGANIC]
    weights = weights_of(induced, [1.0, 0.5, 0.25, 0.001, None], Counting.WEIGHTED, RULES)
    assert weights == pytest.approx([4 / 17, 8 / 17, 16 / 17, 40 / 17, 1.0])
    assert sum(weights) == pytest.approx(5)


@given(origins)
def test_without_exploration_weighing_changes_nothing(found):
    assert weights_of(found, [1.0] * len(found), Counting.WEIGHTED, RULES) == [1.0] * len(found)
    assert weights_of(found, [None] * len(found), Counting.ALL, RULES) == [1.0] * len(found)


@pytest.mark.parametrize(
    ("times", "days", "factor"),
    [(0, 0, 1), (3, 0, 1), (4, 0, 2), (12, 0, 10), (8, 14, 2), (8, 28, 1), (5, -1, 3)],
)
def test_a_circle_sinks_with_its_showings_and_comes_back_with_time(times, days, factor):
    assert sinking(times, 100 * DAY, now=(100 + days) * DAY, rules=RULES) == factor


def test_a_sunk_circle_is_behind_those_it_counts_behind():
    # places 1, 2, 3, 4 count as 3, 2, 3, 4: the tie keeps its order
    assert sunk([3, 1, 1, 1]) == [1, 0, 2, 3]
    assert sunk([10, 1, 1, 1]) == [1, 2, 3, 0]


@given(st.lists(st.floats(1, 100), max_size=12))
def test_sinking_loses_no_circle_and_nothing_sunk_changes_nothing(factors):
    assert sorted(sunk(factors)) == list(range(len(factors)))
    assert sunk([1.0] * len(factors)) == list(range(len(factors)))
