"""Every peer: one suite for all of them, and each against a value worked out by hand."""

import numpy as np
import pytest
from scipy import sparse

from embeddings.peers import catalogue
from embeddings.peers.ease import Ease
from embeddings.peers.fastrp import FastRpKnn, embed
from embeddings.peers.item_knn import ItemKnn, cosine, nearest
from embeddings.peers.sight import Sight
from embeddings.peers.turbo_cf import TurboCf
from embeddings.peers.user_knn import UserKnn
from embeddings.touches import Matrix
from graph.errors import InputError

QUICK = {"iterations": 500, "learning_rate": 0.1, "epochs": 60, "dim": 64}


def sight(rows, num_circles=None):
    matrix = Matrix(sparse.csr_array(np.array(rows, dtype=np.float32)))
    return Sight(matrix, matrix.shape[0], num_circles or matrix.shape[1])


def fitted(kind, shown, **settings):
    peer = kind(0)
    first = {name: options[0] for name, options in kind.grid.items()}
    peer.fit(shown, first | {k: v for k, v in QUICK.items() if k in first or k == "epochs"} | settings)
    return peer


def scores_of(kind, shown, **settings):
    return fitted(kind, shown, **settings).scores(np.arange(shown.num_users))


@pytest.fixture(scope="module")
def towns():
    """Two towns of 20 people and 10 circles each; everybody has joined 4 circles of their own town."""
    rng = np.random.default_rng(5)
    matrix = np.zeros((40, 20), dtype=np.float32)
    for user in range(40):
        home = 10 * (user >= 20)
        matrix[user, home + rng.choice(10, 4, replace=False)] = 1
    return sight(matrix)


@pytest.mark.parametrize("name", catalogue.PEERS)
def test_every_peer_finds_the_town_that_somebody_is_from(towns, name):
    scores = scores_of(catalogue.kind_of(name), towns)
    assert scores.shape == (40, 20)
    assert scores.dtype == np.float32
    unjoined = np.where(towns.matrix.toarray() > 0, -np.inf, scores)
    first = np.argsort(-unjoined, axis=1)[:, :3]
    at_home = (first >= 10) == (np.arange(40) >= 20)[:, None]
    assert at_home.mean() > 0.9


@pytest.mark.parametrize("name", catalogue.PEERS)
def test_the_same_seed_gives_the_same_scores_for_a_block_as_one_by_one(towns, name):
    kind = catalogue.kind_of(name)
    together, again = fitted(kind, towns), fitted(kind, towns)
    some = np.array([3, 25, 0])
    assert np.array_equal(together.scores(some), again.scores(some))
    for row, user in enumerate(some):
        assert together.scores(some)[row] == pytest.approx(again.scores(np.array([user]))[0], abs=1e-5)
    assert together.scores(np.zeros(0, dtype=np.int64)).shape == (0, 20)


def test_a_name_is_a_peer_and_a_form():
    assert catalogue.parts_of("als-joint") == ("als", "joint")
    assert catalogue.parts_of("fastrp-knn") == ("fastrp-knn", "memberships")
    assert catalogue.parts_of("item-knn-themes") == ("item-knn", "themes")
    with pytest.raises(InputError, match="'magic' is not known"):
        catalogue.parts_of("magic")


# Two people: the first has a and b, the second b and c.
THREE = sight([[1, 1, 0], [0, 1, 1]])


def test_item_knn_is_the_sum_of_cosines():
    assert scores_of(ItemKnn, THREE)[0] == pytest.approx([1 + 2**-0.5, 1 + 2**-0.5, 2**-0.5])


def test_item_knn_shrinks_what_few_share():
    near = cosine(THREE.matrix, THREE.matrix, shrink=1.0)
    assert near.toarray()[0] == pytest.approx([1 / 2, 1 / (1 + 2**0.5), 0])


def test_nearest_keeps_the_largest_of_each_column():
    matrix = Matrix(np.array([[3.0, 1.0], [2.0, 0.0], [5.0, 4.0]]))
    assert nearest(matrix, 1).toarray().tolist() == [[0, 0], [0, 0], [5, 4]]
    assert nearest(matrix, 0) is matrix


def test_user_knn_counts_the_circles_of_others_by_likeness():
    first = scores_of(UserKnn, THREE, rarity=0.0)[0]
    assert first == pytest.approx([0, 0.5, 0.5])  # cosine of the two people is 1/2


def test_user_knn_reads_what_many_touch_as_less():
    first = scores_of(UserKnn, THREE, rarity=1.0)[0]
    assert first == pytest.approx([0, 0.2, 0.2])  # b counts 1/2: (1/4) / (1 + 1/4)


def test_ease_is_its_closed_form():
    matrix = THREE.matrix.toarray().astype(float)
    precision = np.linalg.inv(matrix.T @ matrix + 2.0 * np.eye(3))
    between = -precision / np.diag(precision)
    np.fill_diagonal(between, 0)
    assert scores_of(Ease, THREE, ridge=2.0) == pytest.approx(matrix @ between, abs=1e-6)


@pytest.mark.parametrize("num_circles", [3, 5])
def test_ease_over_rows_equals_ease_over_columns(num_circles):
    rng = np.random.default_rng(1)
    rows = (rng.random((4, 5)) < 0.5).astype(np.float32)
    wide = sight(rows, num_circles)
    tall = sight(np.vstack([rows, np.zeros((3, 5))]), num_circles)  # empty rows change nothing
    assert scores_of(Ease, wide)[:4] == pytest.approx(scores_of(Ease, tall)[:4], abs=1e-5)


def test_sparse_ease_equals_dense_ease_where_every_column_is_a_neighbour(monkeypatch):
    shown = sight(np.random.default_rng(2).random((30, 6)) < 0.5)
    assert (shown.matrix.T @ shown.matrix).toarray().all()
    dense = scores_of(Ease, shown)
    monkeypatch.setattr("embeddings.peers.ease.LARGEST_SIDE", 5)
    peer = fitted(Ease, shown)
    assert peer.learned == {"form": "sparse"}
    assert peer.scores(np.arange(30)) == pytest.approx(dense, abs=1e-4)


def test_turbo_cf_is_its_polynomial():
    matrix = THREE.matrix.toarray().astype(float)
    normed = np.diag(2.0**-0.5 * np.ones(2)) @ matrix @ np.diag([1, 2**-0.5, 1])
    low = (normed.T @ normed) ** 0.7
    expected = {
        1: low,
        2: 2 * low - low @ low,
        3: low + 0.01 * (-low @ low @ low + 10 * low @ low - 29 * low),
    }
    for order, wanted in expected.items():
        assert scores_of(TurboCf, THREE, power=0.7, order=order) == pytest.approx(matrix @ wanted, abs=1e-5)


def test_turbo_cf_keeps_to_the_first_order_where_the_filter_would_be_too_large(monkeypatch, towns):
    first = scores_of(TurboCf, towns, order=1)
    monkeypatch.setattr("embeddings.peers.turbo_cf.LARGEST_FILTER", 10)
    peer = fitted(TurboCf, towns, order=3)
    assert peer.learned == {"order": 1}
    assert np.array_equal(peer.scores(np.arange(40)), first)


def test_fastrp_averages_over_neighbours():
    vectors = embed(THREE.matrix, 8, (0.0, 1.0), 0.0, seed=0)
    start = embed(THREE.matrix, 8, (1.0,), 0.0, seed=0)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5))
    # Column a has one neighbour, the first person: its average is that person's projection.
    assert vectors[2] == pytest.approx(start[0], abs=1e-6)


def test_fastrp_recommends_what_the_nearest_people_joined(towns):
    scores = scores_of(FastRpKnn, towns, towards="people")
    assert scores[:20, :10].mean() > 2 * scores[:20, 10:].mean()
    assert (scores >= 0).all()


def test_als_solves_the_normal_equations_of_each_column():
    """With people X fixed: (X' C X + lambda I) y = X' C p, confidence alpha where touched and 1 elsewhere."""
    rng = np.random.default_rng(4)
    touched = (rng.random((12, 7)) < 0.4).astype(np.float32)
    peer = fitted(catalogue.kind_of("als"), sight(touched), factors=3, alpha=4.0, regularization=0.5)
    people, circles = peer._users.astype(float), peer._circles.astype(float)
    for column in range(7):
        confidence = np.where(touched[:, column] > 0, 4.0, 1.0)
        left = people.T @ (people * confidence[:, None]) + 0.5 * np.eye(3)
        right = people.T @ (confidence * (touched[:, column] > 0))
        assert circles[column] == pytest.approx(np.linalg.solve(left, right), abs=2e-2)


def test_bpr_puts_what_is_touched_before_what_is_not():
    touched = np.kron(np.eye(3), np.ones((4, 4))).astype(np.float32)
    scores = scores_of(catalogue.kind_of("bpr"), sight(touched))
    for row in range(12):
        assert scores[row][touched[row] > 0].min() > scores[row][touched[row] == 0].max()


def test_lightgcn_is_the_mean_of_its_layers():
    """E, A E and A A E with A = D^-1/2 (edges both ways) D^-1/2, worked out as dense matrices."""
    from embeddings.peers.lightgcn import _Run

    run = _Run(THREE, {"layers": 2, "rate": 0.01}, seed=0)
    run.epoch()
    touched = THREE.matrix.toarray().astype(float)
    both = np.block([[np.zeros((2, 2)), touched], [touched.T, np.zeros((3, 3))]])
    root = np.diag(both.sum(axis=1) ** -0.5)
    normed = root @ both @ root
    start = run.model.embedding.weight.detach().numpy().astype(float)
    expected = (start + normed @ start + normed @ normed @ start) / 3
    people, circles = run.vectors()
    assert people == pytest.approx(expected[:2], abs=1e-6)
    assert circles == pytest.approx(expected[2:], abs=1e-6)


def test_lightgcn_stops_at_its_best_epoch(towns):
    """The figure that is watched rises to the third look and falls: thirty epochs are kept."""
    from embeddings.peers.lightgcn import LightGcn

    figures = iter([0.1, 0.2, 0.3, *[0.25] * 20])
    peer = LightGcn(0)
    peer.fit(towns, {"layers": 2, "rate": 0.01}, watch=lambda: next(figures))
    assert peer.learned == {"epochs": 30}
    again = LightGcn(0)
    again.fit(towns, {"layers": 2, "rate": 0.01} | peer.learned)
    users = np.arange(40)
    assert np.array_equal(peer.scores(users), again.scores(users))
