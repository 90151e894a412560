"""Link candidates of a version: who is in them, who is not, and what is said."""

import numpy as np
import pytest

from embeddings.links.build import People, build
from graph.policy.trust import TrustValues

VALUES = TrustValues()
SETS = 12


def people(snapshot, *, unverified=(), minors=()):
    """Store indices are twice the row, so that the two cannot be mixed up."""
    rows = np.arange(len(snapshot.users))
    return People(2 * rows, ~np.isin(rows, unverified), ~np.isin(rows, minors))


@pytest.fixture(scope="module")
def built(friends):
    return build(friends, people(friends), values=VALUES)


@pytest.fixture(scope="module")
def plain(strangers):
    return build(strangers, people(strangers), values=VALUES)


def pairs(candidates):
    return {(int(user), int(other)) for user in candidates.users for other in candidates.of(user).others}


def test_friends_to_be_are_candidates_and_known_ones_are_not(friends, built):
    linked = friends.links
    known = set(zip((2 * linked.rows()).tolist(), (2 * linked.indices).tolist(), strict=True))
    found = pairs(built)
    assert not found & known
    same_set = [one // 2 % SETS == other // 2 % SETS for one, other in found]
    assert len(found) > 20
    assert np.mean(same_set) > 0.8


def test_lists_are_of_both_sides_and_best_first(built):
    found = pairs(built)
    assert found == {(other, one) for one, other in found}
    weights = built.of(built.users[0]).weight
    assert (np.diff(weights) <= 0).all()
    assert built.calibrated


def test_minors_and_the_unverified_are_in_nobodys_list(strangers, plain):
    known = sorted({user // 2 for pair in pairs(plain) for user in pair})
    left_out = build(strangers, people(strangers, unverified=known[:2], minors=known[2:3]), values=VALUES)
    assert not {2 * row for row in known[:3]} & {user for pair in pairs(left_out) for user in pair}
    assert build(strangers, people(strangers, minors=range(119)), values=VALUES) is None


def test_before_any_label_candidates_say_so(plain):
    assert not plain.calibrated


def test_what_the_store_hides_is_left_out(strangers, plain):
    one, other = next(iter(pairs(plain)))

    def visible(viewer, others):
        return np.array([{viewer, index} != {one, other} for index in others])

    assert pairs(build(strangers, people(strangers), values=VALUES, visible=visible)) == pairs(plain) - {
        (one, other),
        (other, one),
    }


def test_whoever_turned_somebody_down_is_never_their_candidate_again(strangers, plain):
    one, other = next(iter(pairs(plain)))
    refused = np.array([[other, one], [1, other]])  # nobody has an odd index: forgotten in the meantime
    rest = build(strangers, people(strangers), values=VALUES, refused=refused)
    assert pairs(rest) == pairs(plain) - {(one, other), (other, one)}


def test_the_same_seed_gives_the_same_candidates(strangers, plain):
    again = build(strangers, people(strangers), values=VALUES)
    assert again.others.tolist() == plain.others.tolist()
    assert again.weight.tolist() == plain.weight.tolist()
