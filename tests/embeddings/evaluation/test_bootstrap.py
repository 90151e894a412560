"""Intervals by resampling people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.evaluation.bootstrap import interval, paired


def test_an_interval_is_close_to_the_one_of_the_normal_law():
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    found = interval(values)
    error = values.std() / 20
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(
        (values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.03
    )


def test_a_small_difference_on_the_same_people_is_seen():
    """Unpaired it would drown: the figures of people differ a thousand times more."""
    theirs = np.random.default_rng(1).normal(0.0, 10.0, 300)
    better = paired(theirs + 0.01, theirs)
    assert (better.low, better.high) == pytest.approx((0.01, 0.01))


def test_no_difference_is_not_called_one():
    rng = np.random.default_rng(2)
    assert paired(rng.random(500), rng.random(500)).low < 0 < paired(rng.random(500), rng.random(500)).high


def test_nobody_gives_zeros_and_other_people_are_refused():
    assert interval(np.zeros(0)) == interval(np.zeros(0))
    assert interval(np.zeros(0)).high == 0.0
    with pytest.raises(ValueError, match="2 and 3 people"):
        paired(np.zeros(2), np.zeros(3))


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.integers(0, 5))
def test_the_interval_holds_the_mean_and_is_the_same_for_a_seed(values, seed):
    found = interval(np.array(values), seed=seed, resamples=400)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert interval(np.array(values), seed=seed, resamples=400) == found
