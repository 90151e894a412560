"""Noisy counts that are made to fit each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.portraits.consistent import consistent, within
from graph.portraits.questions import Labels
from tests.portraits import body_of

LABELS = Labels(("COFFEE", "TEA"), (), (), ())


@pytest.mark.parametrize(
    ("values", "total", "moved"),
    [
        ([60.0, 50.0, -10.0], 100, [55.0, 45.0, 0.0]),  # the third goes, then both lose half of ten
        ([30.0, -10.0], 60, [30.0, 0.0]),  # fewer than there are fans: only what is negative moves
        ([5.0, 3.0], 0, [0.0, 0.0]),
    ],
)
def test_cells_move_as_little_as_they_can(values, total, moved):
    assert within(np.array(values), total).tolist() == pytest.approx(moved)


def test_cells_of_each_closeness_add_up_to_its_fans_at_most():
    body = body_of("m", LABELS, standing=[100, 60, -3, 9], spend=[[70, 50], [30, -10], [8, 8]])
    fitted = consistent(body)
    assert fitted.counts["spend"].tolist() == [[60, 40], [30, 0], [0, 0]]
    assert fitted.counts["standing"].tolist() == [100, 60, -3, 9]


@given(st.lists(st.integers(-200, 500), min_size=1, max_size=40), st.integers(0, 2_000))
def test_no_other_point_is_nearer(values, total):
    told = np.array(values, dtype=np.float64)
    found = within(told, total)
    assert found.sum() <= total + 1e-6
    assert (found >= 0).all()
    corners = [np.zeros(len(values)), *(total * np.eye(len(values)))]
    for corner in corners:  # on the way to each the distance only grows
        assert float((found - told) @ (corner - found)) >= -1e-6 * max(1, total) ** 2


def test_less_noise_is_left_in_a_list_of_many_labels():
    draws = np.random.default_rng(5)
    true = np.array([400.0, 200.0, 100.0] + [0.0] * 60)
    noisy = true + draws.laplace(scale=20, size=(200, len(true)))
    fitted = np.stack([within(row, 700.0) for row in noisy])
    assert np.abs(fitted - true).mean() < 0.5 * np.abs(noisy - true).mean()
