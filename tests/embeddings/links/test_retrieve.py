"""Candidates: found by every source, never one who did not agree."""

import numpy as np

from embeddings.links.features import Describer
from embeddings.links.ground import ground_of, links_of
from embeddings.links.pairs import pairs_in
from embeddings.links.retrieve import candidates_of, index_of, near, search
from embeddings.links.taught import teach
from graph.policy.trust import TrustValues


def candidates(ground, **more):
    return candidates_of(Describer(ground, TrustValues(), teach(ground, pairs_in(ground.links))), **more)


def test_who_shares_a_place_is_a_candidate_and_who_shares_none_is_not(make_ground):
    ground = make_ground({"ann": {"a": 1, "b": 1}, "bob": {"a": 1}, "cem": {"c": 1}, "dan": {"c": 1}})
    found = set(zip(*(side.tolist() for side in vars(candidates(ground, top_k=1)).values()), strict=True))
    assert found == {(0, 1), (2, 3)}


def test_nobody_who_did_not_agree_is_a_candidate(make_ground):
    visits = {name: {"a": 1, "b": 1} for name in ("ann", "bob", "cem")}
    found = candidates(make_ground(visits, refusing=["bob"], links=[("ann", "bob"), ("bob", "cem")]))
    assert found.keys(3).tolist() == [2]


def test_friends_of_friends_and_fellow_members_are_candidates(make_ground):
    visits = {name: {f"shop-{name}": 1} for name in ("ann", "bob", "cem", "dan", "eve")}
    linked = make_ground(visits, links=[("ann", "bob"), ("bob", "cem")])
    assert (0, 2) in set(zip(candidates(linked).one.tolist(), candidates(linked).other.tolist(), strict=True))
    members = make_ground(visits, members={"dan": ["ring"], "eve": ["ring"]})
    assert (3, 4) in set(
        zip(candidates(members).one.tolist(), candidates(members).other.tolist(), strict=True)
    )


def test_the_scan_passes_over_whoever_did_not_agree():
    vectors = np.eye(4, dtype=np.float32)[[0, 0, 0, 1]]
    eligible = np.array([True, False, True, True])
    rows, columns = near(vectors, eligible, 1)
    assert dict(zip(rows.tolist(), columns.tolist(), strict=True))[0] == 2
    assert 1 not in {*rows.tolist(), *columns.tolist()}
    assert near(vectors, np.arange(4) == 2, 5)[0].tolist() == []


def test_inverted_lists_find_what_an_exact_scan_finds(monkeypatch):
    rng = np.random.default_rng(2)
    centres = rng.normal(size=(40, 16))
    vectors = (centres[rng.integers(0, 40, 4_000)] + 0.3 * rng.normal(size=(4_000, 16))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    eligible = rng.random(4_000) < 0.7
    exact = search(index_of(vectors, eligible), vectors, vectors[:50], eligible, 20)
    monkeypatch.setattr("embeddings.links.retrieve.EXACT_BELOW", 100)
    found = search(index_of(vectors, eligible), vectors, vectors[:50], eligible, 20)
    assert eligible[found].all()
    shared = [len(set(one) & set(other)) for one, other in zip(exact.tolist(), found.tolist(), strict=True)]
    assert np.mean(shared) / 20 > 0.9


def test_known_links_are_among_the_candidates(friends):
    ground = ground_of(friends)
    linked = pairs_in(links_of(friends, ground.eligible))
    assert linked.among(candidates(ground), ground.num_users).mean() > 0.9
