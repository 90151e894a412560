"""What merchants say about people who meet there."""

import numpy as np
import pytest

from embeddings.links.pairs import join, pairs_in
from embeddings.links.taught import folds, teach

VISITS = {f"u{i}": {"club" if i < 4 else "airport": 1, "street": 1} for i in range(12)}
LINKS = [("u0", "u1"), ("u1", "u2"), ("u2", "u3"), ("u4", "u5")]
CLUB, STREET = 1, 2  # by name: airport, club, street


def test_a_place_of_friends_says_more_than_one_of_everybody(make_ground):
    ground = make_ground(VISITS, links=LINKS)
    said = teach(ground, pairs_in(ground.links), strength=0.01, min_supporters=0).log_lift
    assert said[CLUB] > said[STREET] >= 0
    # 3 of 6 pairs in the club are linked, 4 of 66 at large
    assert said[CLUB] == pytest.approx(np.log(0.5 / (4 / 66)), abs=0.01)


def test_without_links_no_place_says_anything(make_ground):
    ground = make_ground(VISITS)
    assert teach(ground, pairs_in(ground.links)).log_lift.tolist() == [0, 0, 0]


def test_few_visitors_hardly_move_what_a_place_says(make_ground):
    ground = make_ground(VISITS, links=LINKS)
    few, many = (teach(ground, pairs_in(ground.links), strength=s, min_supporters=0) for s in (1e6, 0.01))
    assert abs(few.log_lift[CLUB] - few.log_lift[STREET]) < 0.01 < many.log_lift[CLUB] - many.log_lift[STREET]


def test_a_place_with_too_few_supporters_says_what_its_kind_says(make_ground):
    """Two of its four visitors would be told by a lift of its own."""
    ground = make_ground(VISITS, links=LINKS)
    said = teach(ground, pairs_in(ground.links), strength=0.01, min_supporters=5).log_lift
    alone = teach(ground, pairs_in(ground.links), strength=0.01, min_supporters=4).log_lift
    assert said[CLUB] < alone[CLUB]
    assert said[CLUB] == pytest.approx(said[STREET], abs=0.5)


def test_a_pair_is_described_by_the_links_of_other_folds(make_ground):
    ground = make_ground(VISITS, links=LINKS)
    linked = pairs_in(ground.links)
    fold = np.array([0, 0, 0, 1])
    without_club, without_airport = folds(ground, linked, fold, 2)
    joined = join(ground.visits, linked.one[:1], linked.other[:1])
    assert without_club.sums(joined, 1)[0] < without_airport.sums(joined, 1)[0]
