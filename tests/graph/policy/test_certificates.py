from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.policy.certificates import (
    Lack,
    binomial_tail,
    certify,
    explain,
    grid_of,
    lower_bound,
    smallest_sample,
    strongest,
)

PROMISE = {"target": 0.9, "confidence": 0.9, "circles_tested": 1}


def people(*outcomes):
    """Calibration people, best score first: each outcome is (how many, whether they fit)."""
    fits = np.concatenate([np.full(number, fit) for number, fit in outcomes])
    return np.linspace(1, 0, len(fits)), fits


@pytest.mark.parametrize(("target", "least"), [(0.9, 22), (0.95, 45), (0.8, 11), (0.7, 7)])
def test_smallest_proof_without_a_misfit(target, least):
    assert smallest_sample(target, confidence=0.9) == least
    assert target**least <= 0.1 < target ** (least - 1)


def test_sharing_confidence_among_circles_takes_more_people():
    assert smallest_sample(0.9, confidence=0.9, circles_tested=50) == 59  # .9 ** 59 = .0020 = .1 / 50


@pytest.mark.parametrize(("number", "proved"), [(21, False), (22, True)])
def test_zero_misfits_prove_nine_tenths_from_22_people(number, proved):
    found = certify(*people((number, True)), **PROMISE, first_step=number)
    assert (found is not None) is proved


def test_one_misfit_among_38_is_the_least_proof_with_one():
    # P(X <= 1 | 38, .1) = .9 ** 38 + 38 * .1 * .9 ** 37 = .0953; of 37 it is .1038.
    assert binomial_tail(1, 38, 0.1) == pytest.approx(0.9**38 + 38 * 0.1 * 0.9**37)
    assert certify(*people((37, True), (1, False)), **PROMISE, first_step=38) is not None
    assert certify(*people((36, True), (1, False)), **PROMISE, first_step=37) is None


def test_threshold_ends_where_the_first_step_fails():
    found = certify(*people((80, True), (200, False)), target=0.7, confidence=0.9, circles_tested=1)
    # Steps 50, 62, 78, 98: 18 misfits of 98 still prove .7, 42 of 122 do not.
    assert (found.num_calibration, found.num_fits) == (98, 80)
    assert found.threshold == pytest.approx(1 - 97 / 279)


def test_nothing_is_promised_of_fewer_than_the_first_step():
    assert certify(*people((49, True)), **PROMISE) is None
    assert certify(*people((50, True)), **PROMISE) is not None
    assert strongest(*people((0, True)), confidence=0.9, circles_tested=1) is None


def test_equal_scores_stay_together():
    found = certify(np.full(60, 0.5), np.ones(60, dtype=bool), **PROMISE)
    assert found.num_calibration == 60


def test_more_circles_can_only_take_promises_away():
    scores, fits = people((45, True), (1, False), (4, True))
    assert certify(scores, fits, **PROMISE) is not None
    assert certify(scores, fits, **PROMISE | {"circles_tested": 20}) is None


def test_strongest_promise_is_proved_and_lies_on_a_twentieth():
    found = strongest(*people((40, True), (10, False)), confidence=0.9, circles_tested=1)
    # One step of 50; the exact 90 % bound of 40 fits of 50 is .7087 (beta quantile of 40 and 11).
    assert (found.target, found.lower_bound) == (0.7, pytest.approx(0.7))


def test_a_promise_does_not_tell_how_many_fitted():
    told = {
        strongest(*people((fits, True), (50 - fits, False)), confidence=0.9, circles_tested=1).lower_bound
        for fits in (40, 41)
    }
    assert len(told) == 1


def test_strongest_takes_the_largest_audience_of_its_promise():
    found = strongest(*people((300, True), (300, False)), confidence=0.9, circles_tested=1)
    # Steps end at 50 * 1.25 ** 8 = 298 and 373; the former proves .95 with any smaller one, the latter not.
    assert (found.target, found.num_calibration) == (0.95, 298)


def test_grid_is_geometric_and_ends_with_everybody():
    assert grid_of(100) == [50, 62, 78, 98, 100]
    assert grid_of(49) == []


@pytest.mark.parametrize(("number", "lack"), [(20, Lack.FEW_OUTCOMES), (200, Lack.LOW_FIT)])
def test_what_is_missing_is_said_without_counts_of_people(number, lack):
    told = explain(number, **PROMISE)
    assert told.lack == lack
    assert str(number) not in told.why


@pytest.mark.parametrize(
    ("best", "said", "unsaid"),
    [
        (None, "pilot", "strongest promise"),
        (0.5, "Take the strongest promise", "pilot"),
        (0.95, "no less than what was asked for", "ask for less"),
    ],
)
def test_what_helps_is_what_can_be_done(best, said, unsaid):
    told = explain(200, **PROMISE, best=best)
    assert said in told.what_helps
    assert unsaid not in told.what_helps
    assert ("Even those who match" in told.why) is (best != 0.95)


def test_a_reserve_proves_more_than_it_promises():
    found = certify(*people((95, True), (5, False)), **PROMISE | {"target": 0.8}, reserve=0.25)
    assert (found.target, found.lower_bound) == (0.8, pytest.approx(0.85))
    plain = certify(*people((95, True), (5, False)), **PROMISE | {"target": 0.85})
    assert (found.threshold, found.num_fits) == (plain.threshold, plain.num_fits)
    best = strongest(*people((95, True), (5, False)), confidence=0.9, circles_tested=1, reserve=0.25)
    assert 1 - (1 - best.lower_bound) / 0.75 >= best.target


@pytest.mark.parametrize("wrong", [{"target": 1.0}, {"confidence": 0.0}, {"circles_tested": 0}])
def test_senseless_promises_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must be|expected"):
        certify(*people((60, True)), **PROMISE | wrong)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 99))
def test_tail_equals_the_sum_of_binomials(trials, successes, percent):
    probability = percent / 100
    told = sum(
        comb(trials, i) * probability**i * (1 - probability) ** (trials - i)
        for i in range(min(successes, trials) + 1)
    )
    assert binomial_tail(successes, trials, probability) == pytest.approx(told, rel=1e-9, abs=1e-12)


@given(st.integers(1, 200), st.integers(0, 200), st.integers(1, 500))
def test_bound_is_below_what_was_seen_and_is_the_largest_such(people_, drawn, permille):
    fits, delta = min(drawn, people_), permille / 1_000
    bound = lower_bound(fits, people_, delta)
    assert 0 <= bound <= fits / people_
    assert fits == 0 or binomial_tail(people_ - fits, people_, 1 - bound) == pytest.approx(delta, rel=1e-6)


OUTCOMES = st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=300)


@settings(deadline=None)
@given(OUTCOMES, st.randoms())
def test_order_of_people_does_not_matter(outcomes, random):
    shuffled = list(outcomes)
    random.shuffle(shuffled)
    assert _found(outcomes) == _found(shuffled)


@settings(deadline=None)
@given(OUTCOMES, st.sampled_from([0.5, 0.6, 0.7, 0.8]))
def test_weaker_promises_reach_at_least_as_many(outcomes, target):
    strong, weak = (_found(outcomes, target=t) for t in (target + 0.1, target))
    assert strong is None or weak.num_calibration >= strong.num_calibration


@settings(deadline=None)
@given(OUTCOMES)
def test_a_promise_is_never_above_what_was_seen(outcomes):
    found = strongest(*_arrays(outcomes), confidence=0.9, circles_tested=3)
    assert found is None or found.target <= found.lower_bound <= found.num_fits / found.num_calibration


def test_promises_hold_as_often_as_they_say():
    """Fit curve s ** 2 of a uniform score: above t, (1 + t + t * t) / 3 fit."""
    rng, broken = np.random.default_rng(5), 0
    for _ in range(400):
        scores = rng.random(500)
        found = certify(scores, rng.random(500) < scores**2, target=0.8, confidence=0.9, circles_tested=1)
        t = found.threshold if found else 1.0
        broken += (1 + t + t * t) / 3 < 0.8
    assert broken / 400 <= 0.1 + 2 * (0.1 * 0.9 / 400) ** 0.5


def _arrays(outcomes):
    return np.array([o[0] / 10 for o in outcomes]), np.array([o[1] for o in outcomes], dtype=bool)


def _found(outcomes, target=0.6):
    return certify(*_arrays(outcomes), target=target, confidence=0.9, circles_tested=2)
