"""Guards by hand."""

import numpy as np
import pytest

from embeddings.evaluation.ranking import Answers, Ranked
from embeddings.promotion.guards import cells_of, guards_of, miscalibration


def lists(circles):
    circles = np.array(circles)
    return Ranked(circles, np.zeros(circles.shape, dtype=np.float32))


def test_miscalibration_is_the_distance_of_two_distributions():
    cell = np.array([0, 0, 1, 2])
    assert miscalibration(np.array([[0, 1]]), np.array([0, 1]), cell) == 0.0
    assert miscalibration(np.array([[0, 1]]), np.array([2, 3]), cell) == 1.0
    assert miscalibration(np.array([[0, 2, -1]]), np.array([0, 0]), cell) == 0.5
    assert miscalibration(np.array([[-1]]), np.array([0]), cell) == 1.0


def test_a_cell_is_a_third_of_all_memberships(make_snapshot):
    """a holds six memberships, b two, c one: a begins the first third, b the third."""
    members = {f"u{i}": ["a"] + (["b"] if i < 2 else []) + (["c"] if i == 5 else []) for i in range(6)}
    cells = cells_of(make_snapshot(members=members))
    assert (cells - cells.min()).tolist() == [0, 2, 2]


@pytest.fixture(scope="module")
def forty(make_snapshot):
    """Forty people without a circle, and circles a to d that one more person is in."""
    paid = {f"u{i:02}": {"inn": 1} for i in range(40)}
    return make_snapshot(members={"zoe": ["a", "b", "c", "d"]}, paid=paid)


def test_guards_compare_the_same_people(forty):
    asked = Answers(np.arange(40), np.arange(40), np.arange(40) % 4, np.ones(40, dtype=np.int64))
    right = lists([[i % 4] for i in range(40)])
    wrong = lists([[0] if i % 4 else [1] for i in range(40)])
    kept = {guard.name: guard for guard in guards_of(forty, asked, right, wrong)}
    assert all(guard.kept for guard in kept.values())
    assert (kept["cold users"].ours, kept["cold users"].reference) == (1.0, 0.0)
    turned = {guard.name: guard.kept for guard in guards_of(forty, asked, wrong, right)}
    assert turned == {"cold users": False, "coverage": False, "calibration": False}
