"""Metrics against values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.metrics import (
    LONG_ROW,
    coverage,
    gain_of,
    hit_at,
    hits,
    ndcg_at,
    novelty,
    popularity_lift,
    rank_of,
    recall_at,
)

RANKED = np.array([[4, 2, 0], [1, 3, -1]])
FOUND = hits(RANKED, np.array([0, 0, 1]), np.array([4, 0, 3]))


def test_hits_mark_the_places_of_answers():
    assert FOUND.tolist() == [[True, False, True], [False, True, False]]


def test_recall_counts_answers_that_nobody_can_find():
    assert recall_at(FOUND, np.array([2, 2]), 3).tolist() == [1.0, 0.5]


def test_ndcg_of_places_one_and_three():
    ideal = 1 + 1 / np.log2(3)
    assert ndcg_at(FOUND, np.array([2, 1]), 3) == pytest.approx([1.5 / ideal, 1 / np.log2(3)])


def test_ndcg_ideal_is_the_best_list_of_top_k():
    every = np.ones((1, 2), dtype=bool)
    assert ndcg_at(every, np.array([50]), 2) == pytest.approx([1.0])


def test_lists_shorter_than_top_k_are_scored():
    assert ndcg_at(FOUND[:, :2], np.array([2, 1]), 20)[1] == pytest.approx(1 / np.log2(3))


def test_a_padding_place_is_never_a_hit():
    assert not hits(np.array([[-1, -1]]), np.array([0]), np.array([0])).any()


def test_coverage_counts_distinct_circles():
    assert coverage(RANKED, 10) == 0.5
    assert coverage(np.zeros((0, 3), dtype=int), 0) == 0.0


def test_equal_scores_share_their_mean_place():
    scores = np.array([[3.0, 1.0, 1.0, -np.inf]], dtype=np.float32)
    assert rank_of(scores, np.array([0, 0]), np.array([0, 2])).tolist() == [1.0, 2.5]


def test_long_rows_give_the_same_places():
    scores = np.random.default_rng(0).integers(0, 9, (3, 40)).astype(np.float32)
    seen = np.where(scores == 8, -np.inf, 0).astype(np.float32)
    rows, circles = np.array([0, 0, 2, 1]), np.array([3, 7, 39, 0])
    long, hidden = (np.pad(part, ((0, 0), (0, LONG_ROW)), constant_values=-9) for part in (scores, seen))
    assert rank_of(long, rows, circles).tolist() == rank_of(scores, rows, circles).tolist()
    assert rank_of(long, rows, circles, hidden).tolist() == rank_of(scores + seen, rows, circles).tolist()


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30, unique=True), st.integers(1, 25))
def test_ranks_and_lists_give_the_same_gain(order, top_k):
    ranked = np.array([order])
    scores = np.full((1, 41), -np.inf, dtype=np.float32)
    scores[0, order] = -np.arange(len(order))
    answer = order[len(order) // 2]
    gained = gain_of(rank_of(scores, np.array([0]), np.array([answer])), top_k).sum()
    found = hits(ranked, np.array([0]), np.array([answer]))
    assert gained == pytest.approx(ndcg_at(found, np.array([1]), top_k)[0])


def test_hit_is_one_for_who_found_anything():
    assert hit_at(FOUND, 1).tolist() == [1.0, 0.0]
    assert hit_at(FOUND, 2).tolist() == [1.0, 1.0]


def test_novelty_is_the_mean_surprise_in_bits():
    members = np.array([1, 3, 0])
    assert novelty(np.array([[0, 2, -1]]), members, num_users=7) == pytest.approx((2 + 3) / 2)
    assert novelty(np.array([[-1]]), members, num_users=7) == 0.0


def test_popularity_lift_compares_lists_with_what_people_joined():
    members = np.array([6, 2, 1, 0])
    assert popularity_lift(np.array([[0, 1], [0, -1]]), np.array([1, 1, 2, 2]), members) == pytest.approx(
        (14 / 3) / 1.5
    )
    assert popularity_lift(np.array([[0]]), np.array([3]), members) == 0.0
