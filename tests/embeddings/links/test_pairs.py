"""Pairs, and the join that every feature is a sum over."""

import numpy as np

from embeddings.links.pairs import Pairs, join, pairs_in, shared_of
from embeddings.touches import Matrix

VISITS = {"ann": {"a": 5, "b": (2, 9), "c": 1}, "bob": {"b": 3, "c": (4, 30)}, "cem": {"d": 1}}


def test_a_pair_is_kept_once_whatever_the_direction():
    pairs = Pairs.of(np.array([2, 1, 1, 0]), np.array([1, 2, 1, 2]), 3)
    assert (pairs.one.tolist(), pairs.other.tolist()) == ([0, 1], [2, 2])  # and nobody is a pair alone
    assert pairs.keys(3).tolist() == [2, 5]
    assert pairs.among(Pairs(np.array([1]), np.array([2])), 3).tolist() == [False, True]


def test_pairs_of_a_symmetric_matrix():
    matrix = Matrix(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    assert pairs_in(matrix).keys(3).tolist() == [1, 5]


def test_the_join_finds_what_both_have_and_where(make_ground):
    ground = make_ground(VISITS)
    joined = join(ground.visits, np.array([0, 0, 1]), np.array([1, 2, 0]))
    assert joined.pair.tolist() == [0, 0, 2, 2]
    assert joined.thing.tolist() == [1, 2, 1, 2]
    assert ground.visits.data[joined.at_one].tolist() == [2, 1, 3, 4]
    assert ground.visits.data[joined.at_other].tolist() == [3, 4, 2, 1]


def test_shared_visits_carry_days_of_each_and_the_older_age(make_ground):
    ground = make_ground(VISITS)
    shared = shared_of(ground, join(ground.visits, np.array([0]), np.array([1])))
    assert (shared.days_one.tolist(), shared.days_other.tolist()) == ([2, 1], [3, 4])
    assert shared.age_days.tolist() == [9, 30]
    assert shared.customers.tolist() == [2, 2]


def test_nothing_joins_where_nobody_goes_anywhere():
    joined = join(Matrix((2, 0)), np.array([0]), np.array([1]))
    assert len(joined.pair) == len(joined.thing) == 0


def test_whoever_did_not_agree_is_in_no_row_and_no_count(make_ground):
    ground = make_ground(VISITS, refusing=["bob"], links=[("ann", "bob"), ("ann", "cem")])
    assert ground.busy.tolist() == [3, 0, 1]
    assert ground.customers.tolist() == [1, 1, 1, 1]
    assert pairs_in(ground.links).keys(3).tolist() == [2]
