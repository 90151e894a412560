"""An imitator copies what a victim visits; verified, adult and of age, else it would prove nothing.

Whoever does only what the victim does is a copy, however long they keep it up. A copier with a life of their
own is a neighbour: no formula knows the difference, and the last test says what it takes.
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


def covers(town, victim, how_many):
    """Shops where the victim does not go, chosen as anybody would: the more popular the likelier."""
    crowd = np.bincount([merchant for _, merchant in town.visits], minlength=400)
    free = np.setdiff1d(np.arange(400), [merchant for user, merchant in town.visits if user == victim])
    weights = (crowd[free] + 1) / (crowd[free] + 1).sum()
    return np.random.default_rng(victim).choice(free, how_many, replace=False, p=weights).tolist()


def entered(town, ask, how_many, which, days=1, cover=0):
    """Share of victims in whose first ten the imitator is; each victim has one of their own."""
    extra = [
        (NUM_USERS + i, merchant)
        for i, victim in enumerate(VICTIMS)
        for merchant in [*copied(town, victim, how_many, which), *covers(town, victim, cover)]
    ]
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


@pytest.mark.parametrize(("how_many", "most"), [(1, 0.02), (2, 0.02), (3, 0.2), (5, 0.4), (12, 0.4)])
@pytest.mark.parametrize("days", [4, 20])
def test_coming_back_for_days_does_not_either(town, ask, how_many, most, days):
    assert entered(town, ask, how_many, "rarest", days) <= most


def test_a_copy_of_three_shops_is_not_saved_by_a_life_of_ones_own(town, ask):
    assert max(entered(town, ask, 3, "rarest", 4, cover) for cover in (3, 6, 9)) <= 0.2


def test_a_copy_of_five_needs_a_life_of_its_own_as_large(town, ask):
    """What is left: four days each at five copied shops and at three or more others, 32 purchases."""
    one, two, three = (entered(town, ask, 5, "rarest", 4, cover) for cover in (1, 2, 3))
    assert max(one, two) <= 0.4 < three


def test_the_attack_would_succeed_without_the_gates(town, ask):
    """The victim's rarest shop decides where only rarity counts: the test above can fail."""
    extra = [(NUM_USERS + i, m) for i, v in enumerate(VICTIMS) for m in copied(town, v, 3, "rarest")]
    found = ask.ground(town.snapshot(extra))
    visits = found.visits.astype(bool).astype(float)
    scores = (visits / np.maximum(visits.sum(axis=0), 1)) @ visits.T
    hits = [(scores.toarray()[v] > scores[v, NUM_USERS + i]).sum() < 11 for i, v in enumerate(VICTIMS)]
    assert np.mean(hits) > 0.5
