"""Each formula equals a value worked out by hand.

Ann goes to the tea house (3 visitors), the gym (2) and the kiosk (4); Bob to tea house, gym and kiosk too,
Cem to tea house and kiosk, Dan to the kiosk and the pool (1). Ann, Bob, Cem and Dan are linked in a row.
"""

import numpy as np
import pytest

from embeddings.links.formulas import formulas_of
from embeddings.links.ground import links_of

VISITS = {
    "ann": {"tea": 1, "gym": 1, "kiosk": 1},
    "bob": {"tea": 2, "gym": 1, "kiosk": 1},
    "cem": {"tea": 1, "kiosk": 1},
    "dan": {"kiosk": 1, "pool": 1},
}
LINKS = [("ann", "bob"), ("bob", "cem"), ("cem", "dan")]
ANN, BOB, CEM, DAN = range(4)


@pytest.fixture(scope="module")
def score(make_town, make_ground):
    snapshot = make_town(VISITS, links=LINKS)
    ground = make_ground(VISITS, links=LINKS)
    makers = formulas_of(ground, links_of(snapshot, ground.eligible))

    def ask(name, one, other):
        peer = makers[name]()
        alone = float(peer.pairs(np.array([one]), np.array([other]))[0])
        assert alone == pytest.approx(float(peer.rows(np.array([one]))[0, other]), abs=1e-6)
        return alone

    return ask


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        ("common-neighbours", 3),
        ("adamic-adar", 1 / np.log(3) + 1 / np.log(2) + 1 / np.log(4)),
        ("jaccard", 3 / 3),
        ("cosine", 3 / 3),
        ("resource-allocation", 1 / 3 + 1 / 2 + 1 / 4),
    ],
)
def test_what_ann_and_bob_share(score, name, by_hand):
    assert score(name, ANN, BOB) == pytest.approx(by_hand)


def test_jaccard_and_cosine_of_two_and_two_with_one_in_common(score):
    assert score("jaccard", CEM, DAN) == pytest.approx(1 / 3)
    assert score("cosine", CEM, DAN) == pytest.approx(1 / 2)


def test_tf_idf_cosine_of_ann_and_bob(score):
    """The kiosk, which everybody visits, says nothing; log payments times log inverse share."""
    ann = np.log(2) * np.log([4 / 3, 4 / 2])
    bob = np.array([np.log(3), np.log(2)]) * np.log([4 / 3, 4 / 2])
    assert score("tf-idf-cosine", ANN, BOB) == pytest.approx(
        ann @ bob / np.linalg.norm(ann) / np.linalg.norm(bob)
    )


def test_friends_of_friends_of_ann_and_cem(score):
    """Bob is their one friend in common, and has two friends."""
    assert score("friends-of-friends", ANN, CEM) == pytest.approx(1 / 2)
    assert score("friends-of-friends", ANN, DAN) == 0


def test_page_rank_of_ann_for_her_neighbours(score):
    """Walks on the path ann-bob-cem-dan that go home with a chance of .3 at each step."""
    ranks = [score("page-rank", ANN, other) for other in (ANN, BOB, CEM, DAN)]
    walk, step = np.eye(4)[0], np.array([[0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0, 0, 1, 0]])
    exact = 0.3 * walk @ np.linalg.inv(np.eye(4) - 0.7 * step)
    assert ranks == pytest.approx(exact.tolist(), abs=2e-3)


@pytest.mark.parametrize("name", ["embedding", "fastrp-knn"])
def test_near_vectors_are_those_of_the_same_habits(score, name):
    assert score(name, ANN, BOB) > score(name, BOB, DAN)
