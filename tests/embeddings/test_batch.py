"""Many people at once are scored and ranked like one after the other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from embeddings.batch import add_channel, best_of_each
from embeddings.model import standardised
from embeddings.scorer import best
from embeddings.touches import Matrix

FEW = st.sampled_from([-np.inf, -2.5, -1e-30, -0.0, 0.0, 1e-30, 1.0, 7.25])  # many are equal
SCORES = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=FEW)


@given(SCORES, st.integers(1, 10))
def test_the_best_of_each_are_those_of_each_alone(scores, top_k):
    found = best_of_each(scores, top_k)
    for user, row in enumerate(scores):
        rows, values = best(row, top_k, row > -np.inf)
        num = int(found.num[user])
        assert found.rows[user, :num].tolist() == rows.tolist()
        assert found.scores[user, :num].tolist() == values.tolist()
        assert not found.rows[user, num:].any()


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.05, 0.3, 1.0]))
def test_few_sums_are_added_like_all_of_them(seed, share):
    rng = np.random.default_rng(seed)
    raw = (rng.random((5, 8)) * (rng.random((5, 8)) < share)).astype(np.float32)
    weights, scores = rng.random(5).astype(np.float32), rng.random((5, 8)).astype(np.float32)
    expected = scores + weights[:, None] * standardised(raw)
    add_channel(scores, weights, Matrix(raw))
    np.testing.assert_allclose(scores, expected, atol=2e-6)
