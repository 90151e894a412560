"""Crowds of accounts: a ring gains nothing by its size, the unverified weigh nothing, buyers raise nobody."""

import numpy as np
import pytest

NUM_USERS = 600
VICTIM = 40


def ring(town, size, places=6):
    shops = [merchant for user, merchant in town.visits if user == VICTIM][:places]
    return [(NUM_USERS + member, shop) for member in range(size) for shop in shops]


def strongest(town, ask, size, verified=True):
    found_in = town.snapshot(ring(town, size))
    known = np.ones(len(found_in.users), dtype=bool)
    known[NUM_USERS:] = verified
    found = ask.ground(found_in, known)
    return float(ask.weights_of(found, VICTIM, np.arange(NUM_USERS, NUM_USERS + size)).max())


def test_a_larger_ring_weighs_no_more(town, ask):
    weights = [strongest(town, ask, size) for size in (1, 10, 50, 200)]
    assert max(weights) - weights[0] <= 0.01


def test_an_unverified_ring_weighs_nothing_and_changes_nobody(town, ask):
    assert strongest(town, ask, 200, verified=False) == 0
    before, after = (
        ask.ground(snapshot, np.arange(len(snapshot.users)) < NUM_USERS)
        for snapshot in (town.snapshot([]), town.snapshot(ring(town, 200)))
    )
    others = np.arange(VICTIM)
    change = ask.weights_of(after, VICTIM, others) - ask.weights_of(before, VICTIM, others)
    assert np.abs(change).max() <= 0.01


@pytest.mark.parametrize("buyers", [100, 1000])
def test_brushing_raises_nobody(town, ask, buyers):
    """Bought customers make a shop less rare: its real ones weigh less with each other, never more."""
    shop = next(merchant for user, merchant in town.visits if user == VICTIM)
    extra = [(NUM_USERS + buyer, shop) for buyer in range(buyers)]
    before, after = ask.ground(town.snapshot([])), ask.ground(town.snapshot(extra))
    others = np.delete(np.arange(NUM_USERS), VICTIM)
    change = ask.weights_of(after, VICTIM, others) - ask.weights_of(before, VICTIM, others)
    assert change.max() <= 0.01
