"""Attacks on the weekly build of portraits, by somebody who knows all about everybody but one person."""

from dataclasses import replace

import numpy as np
import pytest

from api.portraits import make, market, noise, past
from api.portraits.noise import costs
from api.portraits.past import OF_BUYERS
from graph.portraits.history import PAST
from tests.attacks.portrait_town import (
    ORDINARY,
    TARGET,
    Tape,
    built,
    two_worlds,
)


@pytest.mark.parametrize("person", [TARGET, ORDINARY])
def test_nothing_tells_of_a_person_but_counts_with_noise(house, person):
    here, gone, *tapes = two_worlds(house, person)
    asked = list(zip(*(tape.written for tape in tapes), strict=True))
    assert here == gone
    assert here[1]["portraits"]
    assert any(one.exact != other.exact for one, other in asked)
    for one, other in asked:
        assert (one.epsilon, one.most_of_one) == (other.epsilon, other.most_of_one)
        assert (abs(one.rows() - other.rows()).sum(axis=1) <= one.most_of_one).all()


def test_similar_merchants_together_tell_of_a_person_no_more_than_their_noisy_counts(house, monkeypatch):
    monkeypatch.setattr(noise, "enough_people", lambda rules, scale: -1_000)  # every merchant has a portrait
    rules = replace(house.policy.portraits, min_peers=2)
    alike = replace(house, policy=replace(house.policy, portraits=rules))
    here, gone, *_ = two_worlds(alike, TARGET)
    assert here == gone
    assert sum(peers is not None for _, _, peers in here[1]["portraits"]) >= 3


def test_each_merchant_pays_for_all_of_its_noise(house):
    tape = Tape()
    _, tables = built(house, tape)
    cost, cost_tried = costs(house.policy.portraits)
    assert sum(call.epsilon for call in tape.written if call.merchants) == pytest.approx(cost) == 0.5
    of_all = [call for call in tape.written if not call.merchants and len(call.exact) > 1]
    periods = [call for call in of_all if call.epsilon == pytest.approx(OF_BUYERS)]
    assert len(periods) == PAST
    assert sum(call.epsilon for call in of_all) == pytest.approx(market.EPSILON + PAST * OF_BUYERS)
    spent = house.store.release_costs("2026-Q3 portraits")
    expected = dict.fromkeys([row[0] for row in tables["portraits"]], cost)
    assert spent == pytest.approx(expected | dict.fromkeys([row[0] for row in tables["tried"]], cost_tried))


def exact(counts, epsilon, most_of_one):
    return np.array(counts, dtype=np.int64)


LEAKS = {
    "names from exact sizes": (market, "noisy", exact),
    "a week from its exact number": (make, "is_enough", lambda people, before, policy: people >= 100),
    "a past from exact buyers": (past, "noisy", exact),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_what_is_decided_without_noise_is_found(house, monkeypatch, leak):
    monkeypatch.setattr(*LEAKS[leak])
    with pytest.raises(AssertionError):
        test_nothing_tells_of_a_person_but_counts_with_noise(house, TARGET)
