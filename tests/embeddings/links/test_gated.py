"""Weights after gates and ceiling; the gates themselves are tested with `graph/policy/trust.py`."""

import numpy as np
import pytest

from embeddings.links.gated import weigh_pairs
from embeddings.links.pairs import Pairs
from graph.policy.trust import TrustValues, chance_of

SCENES = {f"m{i}": i % 2 for i in range(6)}
CROWD = {f"z{i:02}": {f"y{i:02}-{j}": 1 for j in range(100)} for i in range(40)}  # 4,000 places elsewhere
PAIR = Pairs(np.array([0]), np.array([1]))
VALUES = TrustValues()
SHARED = ["m0", "m1", "m2"]


def going(name, places, own=8):
    """Visits for ages, to the places given and to some where nobody else goes."""
    return {name: dict.fromkeys([*places, *(f"{name}-{i}" for i in range(own))], 20)}


def two(make_ground, shared, *, own=8):
    """Ann and Bob share so many rare places; Bob has so many of his own."""
    places = [f"m{i}" for i in range(shared)]
    return make_ground(going("ann", places) | going("bob", places, own) | CROWD, scenes=SCENES)


def weight(ground, **more):
    found = weigh_pairs(ground, PAIR, VALUES, **({"calibrated": None} | more))
    return float(found.weight[0])


@pytest.mark.parametrize(("shared", "expected"), [(2, 0), (3, 3.2 / 5), (4, 4.2 / 6), (6, 4.2 / 6)])
def test_a_weight_needs_three_places_and_a_scene_gives_two(make_ground, shared, expected):
    assert weight(two(make_ground, shared)) == pytest.approx(expected, abs=1e-3)


def test_a_model_is_bound_by_the_evidence(make_ground):
    ground = two(make_ground, 3)
    assert weight(ground, calibrated=np.array([0.99])) == pytest.approx(3.2 / 5, abs=1e-3)
    assert weight(ground, calibrated=np.array([0.10])) == pytest.approx(0.10)


def test_the_unreliable_and_the_refused_have_no_weight(make_ground):
    ground = two(make_ground, 4)
    unverified = type(ground)(**{**vars(ground), "reliability": np.zeros(ground.num_users)})
    assert weight(unverified) == 0
    assert 0 < weight(ground, negative=np.array([1.0])) < weight(ground)


def test_a_shared_circle_stands_for_the_second_scene(make_ground):
    everybody = going("ann", ["m0", "m2", "m4"]) | going("bob", ["m0", "m2", "m4"]) | CROWD
    alone = make_ground(everybody, scenes=SCENES)
    joined = make_ground(everybody, scenes=SCENES, members={"ann": ["ring"], "bob": ["ring"]})
    assert weight(alone) == 0 < weight(joined)


@pytest.mark.parametrize(
    ("own", "expected"), [(0, 0), (1, 0), (2, 0), (3, 3.2 / 5), (4, 4.2 / 6), (8, 4.2 / 6)]
)
def test_whoever_only_copies_has_no_weight(make_ground, own, expected):
    """Six shared places give four units of evidence, and no more than there are places of one's own."""
    assert weight(two(make_ground, 6, own=own)) == pytest.approx(expected, abs=1e-3)


def test_what_few_places_make_likely_is_no_link(make_ground):
    """Three of three in a town of six is chance: 1 in 20."""
    rest = {"cem": {f"m{i}": 20 for i in range(6)}}
    ground = make_ground(going("ann", SHARED, 0) | going("bob", SHARED, 0) | rest, scenes=SCENES)
    assert chance_of(np.array([3]), np.array([3]), np.array([3]), 6)[0] == pytest.approx(1 / 20)
    assert not weigh_pairs(ground, PAIR, VALUES, calibrated=None).passed["chance"][0]


def test_no_pairs_have_no_weights(make_ground):
    nothing = np.zeros(0, dtype=np.int64)
    assert len(weigh_pairs(two(make_ground, 3), Pairs(nothing, nothing), VALUES, calibrated=None).weight) == 0
