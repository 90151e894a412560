"""Sparse products against dense ones, and their gradients against finite differences."""

import numpy as np
import pytest
import torch

from embeddings.spmm import Bipartite, Pieces, rows_at

EDGES = torch.tensor([[0, 2, 0, 1, 2], [3, 0, 1, 1, 3]])
WEIGHT = torch.tensor([0.5, 2.0, -1.0, 3.0, 0.25])
DENSE = torch.zeros(3, 5).index_put_((EDGES[0], EDGES[1]), WEIGHT)


@pytest.fixture
def four_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def matrix():
    return Bipartite.of(EDGES, 3, 5).weighted(WEIGHT)


def test_products_equal_dense_ones_in_both_directions(matrix):
    right, left = torch.randn(5, 4), torch.randn(3, 4)
    torch.testing.assert_close(matrix.to_left(right), DENSE @ right)
    torch.testing.assert_close(matrix.to_right(left), DENSE.T @ left)


def test_gradients_are_products_with_the_other_half(matrix):
    right, left = torch.randn(5, 4, requires_grad=True), torch.randn(3, 4, requires_grad=True)
    (matrix.to_left(right) * 2).sum().backward()
    (matrix.to_right(left) * 2).sum().backward()
    torch.testing.assert_close(right.grad, DENSE.T @ torch.full((3, 4), 2.0))
    torch.testing.assert_close(left.grad, DENSE @ torch.full((5, 4), 2.0))


def test_long_rows_in_pieces_give_the_same_sums():
    matrix = Bipartite.of(EDGES, 3, 5, longest=1).weighted(WEIGHT)
    assert matrix.left.pieces.starts.tolist() == [0, 1, 2, 3, 4, 5]
    assert matrix.left.pieces.rows.tolist() == [0, 2, 3, 5]  # node 0 has two pieces, node 1 one, node 2 two
    right, left = torch.randn(5, 4, requires_grad=True), torch.randn(3, 4)
    torch.testing.assert_close(matrix.to_right(left), DENSE.T @ left)
    matrix.to_left(right).backward(left)
    torch.testing.assert_close(right.grad, DENSE.T @ left)


@pytest.mark.parametrize(("longest", "lengths"), [(2, [2, 1, 2]), (3, None), (4, None)])
def test_a_row_is_cut_only_when_it_is_too_long(longest, lengths):
    pieces = Pieces.of(torch.tensor([0, 3, 3, 5]), longest)
    assert (pieces and torch.diff(pieces.starts).tolist()) == lengths
    assert pieces is None or pieces.rows.tolist() == [0, 2, 2, 3]


def test_degrees_of_both_sides():
    graph = Bipartite.of(EDGES, 3, 5)
    assert graph.sums_at_left(WEIGHT).tolist() == [-0.5, 3.0, 2.25]
    assert graph.sums_at_right(torch.ones(5)).tolist() == [1, 2, 0, 2, 0]


def test_no_edges_give_zeros():
    matrix = Bipartite.of(torch.zeros(2, 0, dtype=torch.int64), 3, 5).weighted(torch.zeros(0))
    assert not matrix.to_left(torch.ones(5, 2)).any()


@pytest.mark.parametrize("shape", [(5,), (5, 3)])
def test_the_gradient_of_rows_is_the_sum_of_theirs(shape):
    values, rows = torch.randn(shape, requires_grad=True), torch.tensor([4, 0, 4, 1, 4])
    asked = rows_at(values, rows)
    torch.testing.assert_close(asked, values[rows])
    asked.backward(given := torch.randn(asked.shape))
    torch.testing.assert_close(values.grad, torch.zeros(shape).index_add_(0, rows, given))


def test_no_rows_give_no_gradient():
    values = torch.randn(5, 3, requires_grad=True)
    rows_at(values, torch.zeros(0, dtype=torch.int64)).sum().backward()
    assert not values.grad.any()


def test_the_gradient_of_rows_is_the_same_each_time(device, four_threads):
    rows = (torch.arange(200_000) % 10).to(device)
    given = torch.rand(200_000, 8, device=device)
    values = torch.zeros(10, 8, device=device, requires_grad=True)
    first, *others = (torch.autograd.grad(rows_at(values, rows), values, given)[0] for _ in range(5))
    assert all((first == other).all() for other in others)


def test_equals_scipy_on_a_random_graph():
    rng = np.random.default_rng(0)
    edges = torch.from_numpy(rng.integers(0, 40, (2, 500)))
    weight = torch.from_numpy(rng.random(500).astype(np.float32))
    dense = torch.zeros(40, 40).index_put_((edges[0], edges[1]), weight, accumulate=True)
    values = torch.randn(40, 8)
    torch.testing.assert_close(Bipartite.of(edges, 40, 40).weighted(weight).to_left(values), dense @ values)


def test_a_node_with_many_edges_is_summed_as_a_dense_one_is(device):
    """One right node has an edge to each of 5,000 left ones, and others have a few or none."""
    left, rare = torch.arange(5_000), torch.arange(0, 5_000, 1_000)
    pairs = [torch.stack([left, 0 * left]), torch.stack([rare, 2 + rare // 1_000])]
    edges = torch.cat(pairs, dim=1).to(device)
    weight = torch.rand(edges.shape[1], device=device)
    dense = torch.zeros(5_000, 8, device=device).index_put_((edges[0], edges[1]), weight)
    matrix = Bipartite.of(edges, 5_000, 8).weighted(weight)
    values, right = torch.rand(5_000, 4, device=device), torch.rand(8, 4, device=device)
    torch.testing.assert_close(matrix.to_right(values), dense.T @ values, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(matrix.to_left(right), dense @ right)
    assert (matrix.to_right(values) == matrix.to_right(values)).all()  # in the same order each time


def test_degrees_are_the_same_each_time(device):
    edges = torch.stack([torch.arange(100_000) % 7, torch.arange(100_000) % 3]).to(device)
    weight, graph = torch.rand(100_000, device=device), Bipartite.of(edges, 7, 3)
    for sums in (graph.sums_at_left, graph.sums_at_right):
        first = sums(weight)
        assert all((sums(weight) == first).all() for _ in range(10))
        assert float(first.sum()) == pytest.approx(float(weight.sum()), rel=1e-4)
