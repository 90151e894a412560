"""Numbers of a pair, by hand, the same in both directions, all finite."""

import numpy as np
import pytest

from embeddings.links.features import BEHAVIOUR, Describer
from embeddings.links.ground import ground_of
from embeddings.links.pairs import Pairs, pairs_in
from embeddings.links.taught import Taught, teach
from graph.policy.trust import TrustValues

VISITS = {"ann": {"tea": 1, "gym": 1, "kiosk": 1}, "bob": {"tea": 2, "gym": 1}, "cem": {"kiosk": 1}}
ANN_BOB = Pairs(np.array([0]), np.array([1]))


def describer(ground):
    return Describer(ground, TrustValues(), teach(ground, pairs_in(ground.links)))


def test_features_of_ann_and_bob_by_hand(make_ground):
    ask = describer(make_ground(VISITS, scenes={"gym": 1}))
    found = dict(zip(ask.names, ask(ANN_BOB)[0].tolist(), strict=True))
    assert found["common"] == pytest.approx(np.log(3))
    assert found["adamic_adar"] == pytest.approx(2 / np.log(2))
    assert found["allocation"] == pytest.approx(1.0)
    assert found["jaccard"] == pytest.approx(2 / 3)
    assert found["rarest"] == pytest.approx(np.sqrt(1 / 2))
    assert (found["scenes"], found["circles"], found["taught"]) == (2, 0, 0)
    assert found["activity"] == pytest.approx(np.log(4) + np.log(3))
    assert found["imbalance"] == pytest.approx(np.log(4) - np.log(3))


def test_known_links_are_features_only_where_they_are_given(make_ground):
    assert describer(make_ground(VISITS)).names == tuple(BEHAVIOUR)
    ask = describer(make_ground(VISITS, links=[("ann", "cem"), ("bob", "cem")]))
    found = dict(zip(ask.names, ask(ANN_BOB)[0].tolist(), strict=True))
    assert found["friends_of_friends"] == pytest.approx(np.sqrt(1 / 2))
    assert found["page_rank"] > np.log(1e-7) * 2


def test_a_pair_turned_round_has_the_same_features(friends):
    ask, rng = describer(ground_of(friends)), np.random.default_rng(1)
    pairs = Pairs.of(rng.integers(0, 120, 500), rng.integers(0, 120, 500), 120)
    assert ask(pairs) == pytest.approx(ask(Pairs(pairs.other, pairs.one)), abs=1e-5)


def test_a_feature_that_is_not_finite_is_named(make_ground):
    ground = make_ground(VISITS)
    broken = Taught(np.full(ground.visits.shape[1], np.inf))
    with pytest.raises(ValueError, match="not finite: taught"):
        Describer(ground, TrustValues(), broken)(ANN_BOB)
