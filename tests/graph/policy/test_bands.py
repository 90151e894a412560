from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.bands import amount_band, amount_bands

EDGES = (2.0, 5.0, 10.0)


@pytest.mark.parametrize(
    ("amount", "band"),
    [(None, 0), (0, 1), (2, 1), (Decimal("2.01"), 2), (10, 3), (10.5, 4), (-5, 2), (1e9, 4)],
)
def test_an_amount_falls_into_the_band_that_ends_with_its_edge(amount, band):
    assert amount_band(amount, EDGES) == band


@given(st.lists(st.decimals(-1000, 1000, places=2)))
def test_bands_of_many_equal_bands_one_by_one(amounts):
    many = amount_bands(np.array([float(a) for a in amounts], dtype=np.float64), EDGES)
    assert many.tolist() == [amount_band(a, EDGES) for a in amounts]


def test_no_amount_is_band_zero():
    assert amount_bands(np.array([np.nan, 1.0]), EDGES).tolist() == [0, 1]
