"""How evenly showings fall, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.feedback.concentration import coverage, gini


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([5, 5, 5], 0.0), ([0, 0, 0, 8], 0.75), ([1, 3], 0.25), ([0, 0], 0.0), ([], 0.0)],
)
def test_gini_is_nothing_for_equals_and_near_one_for_one_that_has_all(counts, expected):
    assert gini(np.array(counts, dtype=np.int64)) == pytest.approx(expected)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=20), st.integers(2, 9))
def test_gini_is_bounded_and_knows_no_unit(counts, times):
    values = np.array(counts)
    assert 0 <= gini(values) < 1
    assert gini(values * times) == pytest.approx(gini(values))
    assert gini(values[::-1]) == pytest.approx(gini(values))


def test_coverage_is_the_share_of_what_was_shown_at_all():
    assert coverage(np.array([0, 3, 1, 0])) == 0.5
    assert coverage(np.array([], dtype=np.int64)) == 0.0
