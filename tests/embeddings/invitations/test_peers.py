import numpy as np
import pytest

from embeddings.invitations.features import ground_of
from embeddings.invitations.peers import best_of, look_alike, profile_alike, profiles_of

CATEGORIES = {"kettle": "tea", "cup": "tea", "salt": "basics", "soap": "basics"}
SEEDS = np.arange(10) < 2


@pytest.fixture
def ground(make_snapshot):
    """Five people of tea, then five of basics."""
    rows = {f"t{i}": {"kettle": 2, "cup": 1 + i} for i in range(5)}
    rows |= {f"z{i}": {"salt": 2, "soap": 1 + i} for i in range(5)}
    return ground_of(make_snapshot(bought=rows, categories=CATEGORIES))


def test_look_alikes_are_those_near_the_seeds(ground):
    for scores in (look_alike(ground, SEEDS), profile_alike(profiles_of(ground), SEEDS)):
        assert scores[2:5].min() > scores[5:].max()
        assert set(best_of(scores, ~SEEDS, 3).tolist()) == {2, 3, 4}


def test_a_profile_is_a_direction(make_snapshot):
    snapshot = make_snapshot(bought={"a": {"cup": 1, "salt": 1}, "b": {"cup": 1}}, categories=CATEGORIES)
    profiles = profiles_of(ground_of(snapshot))
    assert (profiles @ profiles.T).toarray() == pytest.approx(np.array([[1, 0.5**0.5], [0.5**0.5, 1]]))


def test_without_seeds_nobody_is_alike(ground):
    nobody = np.zeros(10, dtype=bool)
    assert not look_alike(ground, nobody).any()
    assert not profile_alike(profiles_of(ground), nobody).any()


def test_the_best_are_of_those_who_may_be_invited():
    scores = np.array([0.9, 0.5, 0.8, 0.8])
    assert best_of(scores, np.array([False, True, True, True]), 2).tolist() == [2, 3]
