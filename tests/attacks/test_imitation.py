"""An imitator copies what a victim visits; verified, adult and of age, else it would prove nothing.

A purchase is one visit. Somebody who goes to five of the victim's shops again and again gets further: the
formula knows no difference between a copy and a habit; `bench_links.py` shows how far.
"""

import numpy as np
import pytest

NUM_USERS = 600
VICTIMS = range(0, 600, 20)


def copied(town, victim, how_many, which):
    rows = [merchant for user, merchant in town.visits if user == victim]
    crowd = np.bincount([merchant for _, merchant in town.visits], minlength=400)
    rng = np.random.default_rng(victim)
    order = {
        "rarest": np.argsort(crowd[rows]),
        "popular": np.argsort(-crowd[rows]),
        "random": rng.permutation(len(rows)),
    }
    return [rows[i] for i in order[which][:how_many]]


def entered(town, ask, how_many, which, days=1):
    """Share of victims in whose first ten the imitator is; each victim has one of their own."""
    extra = [(NUM_USERS + i, m) for i, v in enumerate(VICTIMS) for m in copied(town, v, how_many, which)]
    found = ask.ground(town.snapshot(extra, days=days))
    hits = []
    for i, victim in enumerate(VICTIMS):
        others = np.delete(np.arange(found.num_users), victim)
        weights = ask.weights_of(found, victim, others)
        mine = weights[others == NUM_USERS + i][0]
        hits.append(mine > 0 and (weights > mine).sum() < 10)
    return float(np.mean(hits))


@pytest.mark.parametrize("which", ["rarest", "random", "popular"])
@pytest.mark.parametrize(("how_many", "most"), [(1, 0.02), (2, 0.02), (3, 0.2), (5, 0.4)])
def test_copying_a_few_shops_does_not_lead_to_the_victim(town, ask, how_many, most, which):
    assert entered(town, ask, how_many, which) <= most


def test_coming_back_to_three_shops_for_days_does_not_either(town, ask):
    assert entered(town, ask, 3, "rarest", days=4) <= 0.2


def test_the_attack_would_succeed_without_the_gates(town, ask):
    """The victim's rarest shop decides where only rarity counts: the test above can fail."""
    extra = [(NUM_USERS + i, m) for i, v in enumerate(VICTIMS) for m in copied(town, v, 3, "rarest")]
    found = ask.ground(town.snapshot(extra))
    visits = found.visits.astype(bool).astype(float)
    scores = (visits / np.maximum(visits.sum(axis=0), 1)) @ visits.T
    hits = [(scores.toarray()[v] > scores[v, NUM_USERS + i]).sum() < 11 for i, v in enumerate(VICTIMS)]
    assert np.mean(hits) > 0.5
