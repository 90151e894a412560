"""One suite for every method, and the simple ones by hand."""

import numpy as np
import pytest

from embeddings.baselines import Popularity
from embeddings.circles import CirclesMethod
from embeddings.evaluation.methods import method_of

METHODS = {
    "popularity": Popularity,
    "item-knn": lambda: method_of("item-knn", tune=False),
    "item-knn-joint": lambda: method_of("item-knn-joint", tune=False),
    "circles": lambda: CirclesMethod(gnn=False),
}


@pytest.fixture(scope="module", params=METHODS)
def method(request, planted):
    made = METHODS[request.param]()
    made.fit(planted)
    return made


def test_scores_have_a_row_for_each_user_and_a_column_for_each_circle(method, planted):
    scores = method.scores(np.array([3, 5, 8]))
    assert scores.shape == (3, len(planted.circles))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


def test_a_block_of_users_equals_one_by_one(method):
    users = np.array([0, 7, 14, 290])
    together = method.scores(users)
    for row, user in enumerate(users):
        assert together[row] == pytest.approx(method.scores(np.array([user]))[0], rel=1e-4, abs=1e-4)


def test_the_order_of_users_does_not_matter(method):
    assert method.scores(np.array([9, 2]))[::-1] == pytest.approx(method.scores(np.array([2, 9])), abs=1e-5)


def test_fitting_twice_gives_the_same_scores(method, planted):
    before = method.scores(np.arange(20))
    method.fit(planted)
    assert np.array_equal(method.scores(np.arange(20)), before)


def test_nobody_to_score_gives_no_rows(method, planted):
    assert method.scores(np.zeros(0, dtype=np.int64)).shape == (0, len(planted.circles))


@pytest.fixture(scope="module")
def three(make_snapshot):
    return make_snapshot(
        members={"ann": ["book", "tea"], "bob": ["chess", "tea"], "cy": []},
        paid={"cy": {"mill": 1}, "ann": {"mill": 1}},
    )  # circles by row: book, chess, tea


def scores_of(method, snapshot):
    method.fit(snapshot)
    return method.scores(np.arange(len(snapshot.users)))


def test_popularity_counts_members(three):
    assert scores_of(Popularity(), three).tolist() == [[1, 1, 2]] * 3


def test_item_knn_sums_cosines_over_a_users_circles(three):
    ann = scores_of(METHODS["item-knn"](), three)[0]
    assert ann == pytest.approx([1 + 2**-0.5, 2**-0.5, 1 + 2**-0.5])


def test_item_knn_knows_nothing_of_who_joined_nothing(three):
    assert not scores_of(METHODS["item-knn"](), three)[2].any()


def test_joint_item_knn_also_sums_over_merchants(three):
    cy = scores_of(METHODS["item-knn-joint"](), three)[2]
    assert cy == pytest.approx([2**-0.5, 0, 0.5])
