"""Ratios of groups: worked by hand, the same whatever the order, and their intervals hold what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.fairness.groups import OTHERS, by_activity, by_city
from embeddings.fairness.ratios import Grouping, Ratio, compared, foretold, ratios


def grouping(*of):
    return Grouping("half", ("a", "b"), np.array(of, dtype=np.int64))


def test_a_ratio_is_a_groups_rate_beside_everybodys():
    amount, base = np.array([2.0, 2.0, 1.0, 1.0]), np.ones(4)
    one, other = ratios(grouping(0, 0, 1, 1), amount, base)
    assert (one.value, other.value) == pytest.approx((2 / 1.5, 1 / 1.5))


def test_who_is_in_no_group_counts_among_all():
    one, other = ratios(grouping(0, 1, -1, -1), np.array([1.0, 1.0, 2.0, 2.0]), np.ones(4))
    assert (one.value, other.value) == pytest.approx((1 / 1.5, 1 / 1.5))


def test_nothing_is_said_where_nobody_got_anything():
    assert ratios(grouping(0, 1), np.zeros(2), np.ones(2)) == [Ratio(None)] * 2
    assert ratios(grouping(0, 0), np.ones(2), np.ones(2))[1] == Ratio(None)
    assert Ratio(None).shown() == {"ratio": None}


@pytest.mark.parametrize(
    ("ratio", "outside", "surely"),
    [
        (Ratio(1.0, 0.9, 1.1), False, False),
        (Ratio(0.8, 0.7, 0.9), False, False),
        (Ratio(0.79, 0.7, 0.9), True, False),
        (Ratio(0.5, 0.4, 0.79), True, True),
        (Ratio(1.3, 1.26, 1.4), True, True),
    ],
)
def test_what_is_outside_four_fifths_is_flagged(ratio, outside, surely):
    shown = ratio.shown()
    assert (shown["outside"], shown["surely"]) == (outside, surely)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng, held = np.random.default_rng(1), 0
    for draw in range(40):
        of = rng.integers(0, 2, 120)
        amount = rng.poisson(np.where(of, 1.0, 2.0)).astype(float)
        one = ratios(Grouping("half", ("a", "b"), of), amount, np.ones(120), seed=draw)[0]
        held += one.low <= 2 / (2 * (of == 0).mean() + (of == 1).mean()) <= one.high
    assert 34 <= held <= 40


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=2, max_size=40), st.randoms())
def test_the_order_of_people_and_the_size_of_everything_do_not_matter(people, random):
    def values(rows, times=1.0):
        of, amounts = (np.array(column) for column in zip(*rows, strict=True))
        found = ratios(Grouping("half", ("a", "b"), of), amounts * times, np.ones(len(rows)))
        return [ratio.value for ratio in found]

    shuffled = random.sample(people, len(people))
    for given_, expected in zip(values(shuffled, 3.0), values(people), strict=True):
        assert given_ == (expected if expected is None else pytest.approx(expected))


def test_a_group_is_beside_what_its_own_scores_foretell():
    """Half of what has a high score is accepted, a tenth of the rest, whoever sees it."""
    scores = np.repeat([0.0, 1.0], 1000)
    came = np.concatenate([np.arange(1000) % 10 == 0, np.arange(1000) % 2 == 0]).astype(float)
    told = foretold(scores, came)
    assert told[[0, -1]] == pytest.approx([0.1, 0.5])
    assert told.sum() == pytest.approx(came.sum())


def test_small_groups_are_in_no_line():
    of = np.array([0] * 20 + [1] * 19)
    measures = {"slots": (np.ones(39), np.ones(39))}
    lines = compared([Grouping("half", ("a", "b"), of)], measures, min_people=20)
    assert [(line["group"], line["ratio"]) for line in lines] == [("a", 1.0)]


def test_equally_active_people_are_in_one_quarter():
    assert by_activity(np.array([1, 1, 1, 1, 2, 3, 4, 5])).of.tolist() == [0, 0, 0, 0, 2, 2, 3, 3]


def test_small_cities_are_not_named():
    found = by_city(["Wuhan"] * 3 + ["Lhasa", "Sanya", None], min_people=3)
    assert found.labels == ("Wuhan", OTHERS)
    assert found.of.tolist() == [0, 0, 0, 1, 1, -1]
