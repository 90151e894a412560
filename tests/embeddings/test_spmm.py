"""Sparse products against dense ones, and their gradients against finite differences."""

import numpy as np
import pytest
import torch

from embeddings.spmm import Bipartite

EDGES = torch.tensor([[0, 2, 0, 1, 2], [3, 0, 1, 1, 3]])
WEIGHT = torch.tensor([0.5, 2.0, -1.0, 3.0, 0.25])
DENSE = torch.zeros(3, 5).index_put_((EDGES[0], EDGES[1]), WEIGHT)


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


def test_degrees_of_both_sides():
    graph = Bipartite.of(EDGES, 3, 5)
    assert graph.sums_at_left(WEIGHT).tolist() == [-0.5, 3.0, 2.25]
    assert graph.sums_at_right(torch.ones(5)).tolist() == [1, 2, 0, 2, 0]


def test_no_edges_give_zeros():
    matrix = Bipartite.of(torch.zeros(2, 0, dtype=torch.int64), 3, 5).weighted(torch.zeros(0))
    assert not matrix.to_left(torch.ones(5, 2)).any()


def test_equals_scipy_on_a_random_graph():
    rng = np.random.default_rng(0)
    edges = torch.from_numpy(rng.integers(0, 40, (2, 500)))
    weight = torch.from_numpy(rng.random(500).astype(np.float32))
    dense = torch.zeros(40, 40).index_put_((edges[0], edges[1]), weight, accumulate=True)
    values = torch.randn(40, 8)
    torch.testing.assert_close(Bipartite.of(edges, 40, 40).weighted(weight).to_left(values), dense @ values)
