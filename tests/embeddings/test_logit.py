"""The conditional logit: its loss by hand, its gradient, and what it finds."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from embeddings.logit import choices_of, logit_weights

NONE = choices_of(
    {"a": np.zeros((0, 2), np.float32), "b": np.zeros((0, 2), np.float32)},
    np.zeros((0, 2), np.float32),
    np.zeros(0, int),
    np.zeros(0, int),
    np.zeros(0),
)


def offered(seed=0, users=60, circles=8):
    """Voice a tells the answer, voice b does not; one circle in four is not offered."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, users, circles)).astype(np.float32)
    seen = np.where(rng.random((users, circles)) < 0.25, -np.inf, 0.0).astype(np.float32)
    answers = np.argmax(a + 0.5 * rng.normal(size=a.shape) + seen, axis=1)
    return choices_of({"a": a, "b": b}, seen, np.arange(users), answers, np.ones(users))


def test_the_loss_is_that_of_a_softmax_over_what_is_offered():
    voice = {"a": np.array([[1.0, 0.0, 5.0]], np.float32)}
    seen = np.array([[0.0, 0.0, -np.inf]], np.float32)  # the third is not offered
    choices = choices_of(voice, seen, np.array([0]), np.array([0]), np.ones(1))
    assert choices.loss(np.array([1.0]))[0] == pytest.approx(np.log(np.e + 1) - 1)


def test_answers_that_are_not_offered_are_left_out():
    voice = {"a": np.zeros((2, 2), np.float32)}
    seen = np.array([[0.0, -np.inf], [0.0, 0.0]], np.float32)
    choices = choices_of(voice, seen, np.array([0, 1]), np.array([1, 1]), np.ones(2))
    assert len(choices.starts) == 1
    assert choices.answers.tolist() == [0.0, 1.0]


def test_the_gradient_is_that_of_the_loss():
    choices = offered()
    off = check_grad(
        lambda w: choices.loss(w)[0], lambda w: choices.loss(w)[1], np.array([0.7, 0.2]), epsilon=1e-2
    )
    assert off < 1e-2 * np.abs(choices.loss(np.array([0.7, 0.2]))[1]).max()


def test_what_tells_the_answer_gets_the_weight_and_no_voice_counts_against():
    weights = logit_weights([offered(), NONE, NONE], np.array([False, False]))
    assert weights[0, 0] > 5 * weights[0, 1] >= 0


def test_a_group_that_nobody_is_in_gets_what_the_others_have_in_common():
    weights = logit_weights([offered(0), offered(1), NONE], np.array([False, False]))
    assert weights[2] == pytest.approx(weights[:2].mean(axis=0), rel=0.1)
