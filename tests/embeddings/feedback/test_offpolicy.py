"""Estimates from logged propensities: by hand, and against the truth of a simulated log."""

from dataclasses import replace

import numpy as np
import pytest

from embeddings.feedback.offpolicy import Showings, effective_size, estimate, rates_of, snips

RATES = np.array([0.02, 0.05, 0.3, 0.1])  # what each of four circles truly earns
LOGGED = np.array([0.7, 0.1, 0.1, 0.1])


@pytest.mark.parametrize(
    ("weights", "size"), [([1, 1, 1, 1], 4), ([1, 0, 0], 1), ([3, 1], 1.6), ([], 0), ([0, 0], 0)]
)
def test_effective_size_counts_equal_weights_one_by_one(weights, size):
    assert effective_size(np.array(weights, dtype=float)) == pytest.approx(size)


def test_snips_is_the_weighed_mean():
    assert snips(np.array([1.0, 0.0, 1.0]), np.array([2.0, 1.0, 1.0])) == 0.75


def test_a_rate_is_drawn_towards_the_mean_of_all():
    # Circle 0: 10 showings of which 5 earned; circle 1 none: the mean of all, 0.5. (5 + 10 * .5) / 20
    rates = rates_of(np.zeros(10, dtype=np.int64), np.array([1.0, 0.0] * 5), 2)
    assert rates.tolist() == [0.5, 0.5]


def log_of(number, target, seed=0, rates=RATES):
    """Showings under LOGGED, judged for another way of choosing, with the truth as what is foretold."""
    rng = np.random.default_rng(seed)
    shown = rng.choice(4, number, p=LOGGED)
    return Showings(
        people=np.arange(number),
        rewards=(rng.random(number) < RATES[shown]).astype(float),
        weights=target[shown] / LOGGED[shown],
        predicted=rates[shown],
        expected=np.full(number, float(target @ rates)),
    )


@pytest.mark.parametrize("target", [[0.25, 0.25, 0.25, 0.25], [0, 0, 1, 0], [0.7, 0.1, 0.1, 0.1]])
def test_estimates_find_what_another_policy_would_earn(target):
    target = np.array(target, dtype=float)
    found = estimate(log_of(20_000, target), largest_weight=20, min_effective_size=100)
    truth = float(target @ RATES)
    assert found.snips == pytest.approx(truth, abs=0.03)
    assert found.doubly_robust == pytest.approx(truth, abs=0.03)
    assert found.interval[0] <= truth <= found.interval[1]
    assert found.clipped == 0


def test_a_wrong_forecast_is_put_right_by_the_showings():
    target = np.full(4, 0.25)
    found = estimate(log_of(20_000, target, rates=np.full(4, 0.5)), largest_weight=20, min_effective_size=100)
    assert found.doubly_robust == pytest.approx(float(target @ RATES), abs=0.03)


@pytest.mark.parametrize(("number", "told"), [(50, False), (5_000, True)])
def test_too_little_overlap_is_refused(number, told):
    found = estimate(log_of(number, np.array([0, 0, 1.0, 0])), largest_weight=20, min_effective_size=100)
    assert (found.snips is not None, found.refused is None) == (told, told)
    if not told:
        assert "expected at least 100" in found.refused


def test_a_log_without_any_showing_is_refused():
    empty = np.zeros(0)
    found = estimate(
        Showings(np.zeros(0, np.int64), empty, empty, empty, empty), largest_weight=10, min_effective_size=100
    )
    assert (found.showings, found.effective_size, found.snips) == (0, 0, None)


def test_large_weights_are_cut_and_said_to_be():
    showings = log_of(2_000, np.array([0, 0, 1.0, 0]))
    cut = estimate(showings, largest_weight=5, min_effective_size=100)
    assert cut.clipped == pytest.approx(0.1, abs=0.03)
    assert estimate(replace(showings), largest_weight=5, min_effective_size=100) == cut  # the same every time
