"""The decomposition that vectors begin with, against the exact one."""

import numpy as np
import pytest
from scipy import sparse

from embeddings.spectral import spectral_start, spectral_users
from embeddings.touches import Matrix


def test_users_lie_as_the_exact_decomposition_says():
    """Three groups with shops of their own: products of vectors are those of the normalised rows."""
    visits = np.kron(np.eye(3), np.ones((20, 4))) + 0.0
    found = spectral_users(Matrix(sparse.csr_array(visits.astype(np.float32))), 3, 0)
    normalised = visits / np.sqrt(visits.sum(axis=1, keepdims=True)) / np.sqrt(visits.sum(axis=0))
    assert found @ found.T == pytest.approx(normalised @ normalised.T, abs=1e-5)


def test_directions_of_nothing_are_left_out():
    assert spectral_users(Matrix(sparse.csr_array(np.ones((5, 4), np.float32))), 3, 0).shape == (5, 1)
    assert spectral_users(Matrix((3, 2)), 2, 0).shape == (3, 0)


def test_things_that_are_not_reached_are_kept_apart():
    things = spectral_start({"shop": Matrix((3, 4))}, 2, 0)["shop"]
    assert len(np.unique(things, axis=0)) == 4
