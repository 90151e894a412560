"""Peers: who is like whom, what they have together, on a handful of merchants."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.portraits.peers import MEASURES, Kind, Overview, flat, measures, peers_in, pools
from graph.portraits.questions import QUESTIONS
from tests.portraits import body_of

CAFE, GYM, PLAIN = Kind("store", ("category", "cafe")), Kind("store", ("category", "gym")), Kind("store")


@pytest.fixture
def rules(policy):
    return replace(policy.portraits, min_peers=2, max_peers=2)


def town(kinds, people):
    """Bodies by id, their overview, and what they are; m0 has people[0] fans, and so on."""
    bodies = {
        f"m{i}": body_of(f"m{i}", standing=[size, 0, 0, 0], spend=[size] + [0] * 14)
        for i, size in enumerate(people)
    }
    standing = np.stack([body.counts["standing"] for body in bodies.values()])
    overview = Overview(list(bodies), [body.labels_id for body in bodies.values()], standing)
    return bodies, overview, dict(zip(bodies, kinds, strict=True))


def peers(kinds, people, rules):
    bodies, overview, kind_of = town(kinds, people)
    return {
        body.merchant_id: found
        for pool in pools(overview, kind_of, rules)
        for body, found in peers_in(pool, overview, bodies.__getitem__, rules.max_peers)
    }


def test_peers_are_of_the_same_line_where_it_has_enough(rules):
    found = peers([CAFE, CAFE, CAFE, GYM, PLAIN], [10, 20, 30, 40, 50], rules)
    assert found["m0"].chosen_by == {"kind": "store", "category": "cafe"}
    assert (found["m0"].number, found["m0"].people) == (2, 50)
    assert found["m3"].chosen_by == found["m4"].chosen_by == {"kind": "store"}


def test_too_few_alike_have_no_peers(rules):
    assert peers([CAFE, CAFE, Kind("brand"), Kind("brand")], [10, 20, 30, 40], rules) == {}


def test_the_nearest_by_people_are_chosen(rules):
    found = peers([PLAIN] * 5, [50, 10, 40, 20, 30], rules)
    assert {m: peer.people for m, peer in found.items()} == {
        "m1": 20 + 30, "m3": 10 + 30, "m4": 20 + 40, "m2": 30 + 50, "m0": 30 + 40,
    }  # fmt: skip


def test_counts_of_peers_are_added_up_without_ones_own(rules):
    found = peers([PLAIN] * 3, [10, 20, 30], rules)["m1"]
    assert found.counts["standing"] == [40, 0, 0, 0]
    assert found.counts["spend"][0] == 40
    assert set(found.counts) == {question.name for question in QUESTIONS}
    assert found.measures["people"] == (15.0, 20.0, 25.0)


def test_portraits_of_other_labels_are_no_peers(rules):
    _, overview, kinds = town([PLAIN] * 4, [10, 20, 30, 40])
    mixed = replace(overview, labels_ids=["a", "a", "b", "b"])
    assert pools(mixed, kinds, rules) == []
    assert len(pools(overview, kinds, rules)) == 1
    assert pools(overview, {}, rules) == []


def test_measures_are_shares_of_noisy_counts_and_nothing_where_nobody_was():
    rows = np.array([[10, 20, 10, 10], [0, -3, 0, 0]])
    assert measures(rows)[0].tolist() == [40.0, 0.25, 0.25, 0.75, 0.0]
    assert np.isnan(measures(rows)[1]).tolist() == [False, True, True, True, True]


def test_a_measure_that_no_peer_has_is_left_out(rules):
    found = peers([PLAIN] * 3, [0, 0, 0], rules)["m0"]
    assert set(found.measures) == {"people"}
    assert len(MEASURES) == 5


@given(st.lists(st.integers(0, 500), min_size=3, max_size=30), st.integers(2, 9))
def test_pooled_counts_equal_those_added_up_one_by_one(policy, people, most):
    rules = replace(policy.portraits, min_peers=2, max_peers=most)
    bodies, overview, kinds = town([PLAIN] * len(people), people)
    (pool,) = pools(overview, kinds, rules)
    order = [overview.merchants[place] for place in pool.places]
    size = min(most, len(order) - 1)
    for place, (body, found) in enumerate(peers_in(pool, overview, bodies.__getitem__, most)):
        first = min(max(0, place - (size + 1) // 2), len(order) - size - 1)
        others = [m for m in order[first : first + size + 1] if m != body.merchant_id]
        assert found.number == len(others) == size
        together = sum(flat(bodies[m]) for m in others)
        assert [n for part in found.counts.values() for n in part] == together.tolist()
        assert found.people == sum(bodies[m].people for m in others)
