"""Folding people into factors, against the equations written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.folding import coefficients


def plain(vectors, confidence):
    """The vector of equation 4 as it stands, in the basis where the Gram matrix is 1."""
    dim = vectors.shape[1]
    inner = np.eye(dim) + (confidence - 1) * vectors.T @ vectors
    return np.linalg.solve(inner, confidence * vectors.sum(axis=0))


def test_one_circle_counts_by_its_length():
    # a / (1 + (a - 1) |y|^2) = 10 / (1 + 9 * .25)
    assert coefficients(np.array([[0.5, 0.0]], np.float32), 10.0) == pytest.approx([10 / 3.25])


def test_two_equal_circles_count_hardly_more_than_one():
    one = np.array([[0.8, 0.0]], np.float32)
    both = coefficients(np.concatenate([one, one]), 10.0)
    assert both[0] == both[1] == pytest.approx(10 / (1 + 9 * 2 * 0.64))
    assert both.sum() < 1.2 * coefficients(one, 10.0).sum()


@given(num=st.integers(1, 12), dim=st.integers(1, 8), seed=st.integers(0, 99))
def test_the_sum_is_the_solution_of_the_normal_equations(num, dim, seed):
    vectors = np.random.default_rng(seed).normal(0, 0.4, (num, dim)).astype(np.float32)
    folded = coefficients(vectors, 10.0) @ vectors
    assert folded == pytest.approx(plain(vectors.astype(np.float64), 10.0), rel=2e-3, abs=2e-3)


def test_people_can_be_folded_in_together():
    vectors = np.random.default_rng(1).normal(0, 0.4, (5, 3, 4)).astype(np.float32)
    alone = np.stack([coefficients(each, 10.0) for each in vectors])
    assert coefficients(vectors, 10.0) == pytest.approx(alone, rel=1e-5)
