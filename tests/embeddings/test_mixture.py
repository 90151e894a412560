"""Weights are found for what helps, and for nothing else."""

import numpy as np
import pytest

from embeddings.mixture import Panel, choose_weights, search

NUM_USERS, NUM_CIRCLES = 400, 150


@pytest.fixture(scope="module")
def asked():
    """Each user has one answer; `knows` is high there, `half` for every other user, `noise` nowhere."""
    rng = np.random.default_rng(3)
    rows, circles = np.arange(NUM_USERS), rng.integers(0, NUM_CIRCLES, NUM_USERS)
    seen = np.zeros((NUM_USERS, NUM_CIRCLES), dtype=np.float32)
    panel = Panel(rows, circles, np.ones(NUM_USERS), seen)

    def voice(share):
        block = rng.normal(size=seen.shape).astype(np.float32)
        told = rng.random(NUM_USERS) < share
        block[rows[told], circles[told]] += 4
        return block

    return panel, {"knows": voice(0.9), "half": voice(0.5), "noise": voice(0.0)}


def test_informative_voices_get_the_weight(asked):
    panel, voices = asked
    weights = search(voices, panel, {})
    assert weights["knows"] > weights["half"] > 0
    assert abs(weights["noise"]) < 0.1


def test_the_mixture_beats_each_voice(asked):
    panel, voices = asked
    weights = search(voices, panel, {})
    mixed = sum(np.float32(weights[name]) * block for name, block in voices.items())
    assert panel.ndcg(mixed) > max(panel.ndcg(block) for block in voices.values())


def test_groups_get_weights_of_their_own(asked):
    panel, voices = asked
    few = np.arange(NUM_USERS) < 200
    early = np.where(few[:, None], voices["knows"], voices["noise"])
    late = np.where(few[:, None], voices["noise"][::-1], voices["knows"])
    weights = choose_weights({"early": early, "late": late}, panel, np.where(few, 0, 9))
    assert weights["early"][0] > 2 * weights["late"][0]
    assert weights["late"][2] > 2 * weights["early"][2]


def test_a_small_group_is_drawn_to_the_weights_of_all(asked):
    panel, voices = asked
    weights = choose_weights(voices, panel, np.where(np.arange(NUM_USERS) < 20, 2, 9))
    assert all(group[2] == pytest.approx(group[1], abs=0.15) for group in weights.values())


def test_without_answers_all_voices_count_alike():
    nobody = Panel(np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros((0, 3), np.float32))
    assert search({"a": nobody.seen, "b": nobody.seen}, nobody, {}) == {"a": 0.5, "b": 0.5}


def test_narrowing_keeps_the_figure_of_each_voice(asked):
    panel, voices = asked
    narrow, packed = panel.narrowed(voices)
    for name, block in voices.items():
        assert narrow.ndcg(packed[name]) == pytest.approx(panel.ndcg(block))


def test_what_was_seen_is_not_offered(asked):
    panel, voices = asked
    seen = panel.seen.copy()
    first = voices["knows"].argmax(axis=1)
    seen[np.arange(NUM_USERS), first] = -np.inf
    hidden = Panel(panel.rows, panel.circles, panel.importance, seen)
    assert hidden.ndcg(voices["knows"]) < 0.3


def test_an_answer_that_no_voice_finds_is_not_found_by_being_unlike_the_others():
    """Every voice is popularity: an unpopular answer must not rise when popularity counts against."""
    rng = np.random.default_rng(1)
    popular = np.tile(np.linspace(2, -2, 5_000, dtype=np.float32), (300, 1))
    panel = Panel(np.arange(300), rng.integers(2_000, 4_000, 300), np.ones(300), np.zeros_like(popular))
    weights = choose_weights({"popularity": popular}, panel, np.full(300, 9))
    assert panel.ndcg(weights["popularity"][2] * popular) < 0.01
    narrow, packed = panel.narrowed({"popularity": popular})
    assert narrow.ndcg(-packed["popularity"]) == 0
