import numpy as np
import pytest

from embeddings.invitations.drift import DriftState, reference_of, stability_index, state_of

THEN = np.linspace(0, 1, 1_000)


def test_equal_scores_have_not_moved():
    assert stability_index(reference_of(THEN), THEN) == pytest.approx(0, abs=1e-9)


def test_index_is_worked_out_by_hand():
    reference = reference_of(np.repeat([0.2, 0.8], 50))
    # Half and half then, 3 to 1 now: .25 ln 1.5 - .25 ln .5 = .2747.
    now = np.repeat([0.2, 0.8], [75, 25])
    assert stability_index(reference, now) == pytest.approx(0.25 * np.log(1.5) - 0.25 * np.log(0.5))


def test_another_population_is_drifting():
    index = stability_index(reference_of(THEN), THEN / 2)
    assert state_of(target=0.7, num_known=0, num_fits=0, index=index) == DriftState.DRIFTING


@pytest.mark.parametrize(
    ("known", "fits", "state"),
    [
        (0, 0, DriftState.HOLDING),
        (20, 14, DriftState.HOLDING),
        (20, 11, DriftState.HOLDING),  # P(X <= 11 | 20, .7) = .113
        (20, 10, DriftState.DRIFTING),  # .048
        (20, 8, DriftState.BROKEN),  # .005
    ],
)
def test_outcomes_are_held_against_the_promise(known, fits, state):
    assert state_of(target=0.7, num_known=known, num_fits=fits) == state


def test_nobody_is_no_drift():
    assert stability_index(reference_of(np.zeros(0)), THEN) == 0.0
    assert stability_index(reference_of(THEN), np.zeros(0)) == 0.0
