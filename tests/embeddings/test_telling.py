"""What a block of people is told is, bit for bit, what each of them would be told alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from embeddings import telling
from embeddings.crowd import Crowd
from embeddings.explain import Explainer
from embeddings.fit import fit
from embeddings.model import GNN, LATENT, TOUCHES, GnnVectors, LatentVectors
from embeddings.publish import publish
from embeddings.reasons import decay_of, profile_in
from embeddings.registry import Registry
from embeddings.scorer import Scorer
from embeddings.telling import Teller, ordered
from embeddings.told import pack
from graph.cut import Tables, build
from graph.stores.base import ThemeTarget

NOW, NUM_USERS, NUM_SHOPS, NUM_GOODS, NUM_CIRCLES, LEAST = 1_700_000_000, 12, 9, 14, 8, 3
SHARED = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def drawn_edges(rng, num, share):
    """Pairs of person and thing, with payments and ages of few sizes, so that some sums are equal."""
    users, things = np.nonzero(rng.random((NUM_USERS, num)) < share)
    return users, things, rng.integers(1, 10, len(users)), NOW - 10**7 * rng.integers(0, 3, len(users))


def drawn(policy, rng):
    """A snapshot of a few people; some of them did nothing."""
    payers, shops, payments, paid_at = drawn_edges(rng, NUM_SHOPS, rng.random())
    buyers, goods, pieces, bought_at = drawn_edges(rng, NUM_GOODS, rng.random())
    joined, circles, *_ = drawn_edges(rng, NUM_CIRCLES, rng.random() / 2)
    names = [None, "tea", "gym", "rope"]
    tables = Tables(
        users={"id": [f"u{i:02d}" for i in range(NUM_USERS)]},
        merchants={"id": [f"m{i}" for i in range(NUM_SHOPS)], "category": [names[i % 3] for i in range(9)]},
        products={
            "id": [f"p{i:02d}" for i in range(NUM_GOODS)],
            "category": [names[i % 4] for i in range(14)],
        },
        circles={"id": [f"c{i}" for i in range(NUM_CIRCLES)]},
        paid={"user": payers, "merchant": shops, "payments": payments, "last_at": paid_at}
        | {"days": np.ones(len(payers), int), "scene": shops % 3},
        bought={"user": buyers, "product": goods, "payments": pieces, "last_at": bought_at}
        | {"quantity": np.ones(len(buyers), int)},
        members={"user": joined, "circle": circles, "joined_at": np.zeros(len(joined), int)},
        themes={c: [ThemeTarget("category", "tea"), ThemeTarget("product", f"p{c:02d}")] for c in range(4)},
        consents={purpose: np.ones(NUM_USERS, bool) for purpose in ("circles", "links", "portraits")},
    )
    return build(tables, as_of=NOW, policy=policy)


@pytest.fixture(scope="module")
def version(tmp_path_factory, policy):
    versions = tmp_path_factory.mktemp("versions")
    snapshot = drawn(policy, np.random.default_rng(3))
    publish(fit(snapshot, quick=True, min_supporters=1), snapshot, versions, policy=policy)
    return Registry(versions).current()


def scorer_of(version, rng, coarse):
    """A version of which every voice has a say; with `coarse` in numbers that often agree."""

    def numbers(*shape):
        values = rng.normal(size=shape).astype(np.float32)
        return np.round(values) if coarse else values

    model = version.model
    gnn = GnnVectors(
        {touch: numbers(num, 5) for touch, num in model.num_things.items()},
        dict.fromkeys(model.num_things, 0.7),
        numbers(NUM_CIRCLES, 5),
        numbers(NUM_CIRCLES),
        rng.random(NUM_CIRCLES) < 0.8,
    )
    latent = LatentVectors(numbers(NUM_CIRCLES, 3), 4.0)
    weights = {
        name: tuple(abs(numbers(3)).tolist()) if coarse else tuple(rng.random(3).tolist())
        for name in (*model.weights, GNN, LATENT)
    }
    return Scorer(replace(version, model=replace(model, gnn=gnn, latent=latent, weights=weights)))


def lists_of(rng):
    """Circles of each person's list in some order, ended by -1."""
    circles = np.array([rng.permutation(NUM_CIRCLES) for _ in range(NUM_USERS)])
    circles[np.arange(NUM_CIRCLES) >= rng.integers(0, NUM_CIRCLES + 1, (NUM_USERS, 1))] = -1
    return circles


def told_alone(scorer, snapshot, circles, room):
    explainer, decay = Explainer(scorer), decay_of(scorer.model)
    tables, words = np.zeros((len(circles), room), np.uint32), np.zeros(circles.shape, np.uint64)
    for user, rows in enumerate(circles):
        told = explainer.tell(profile_in(snapshot, user, decay), rows[rows >= 0], LEAST)
        things, found = pack(told, room)
        tables[user, : len(things)] = things
        words[user, : len(found)] = np.array(found, dtype=np.uint64)
    return tables, words


def told_together(scorer, snapshot, circles, room):
    crowd = Crowd(snapshot, np.arange(NUM_USERS), decay_of(scorer.model))
    return Teller(scorer, LEAST).tell(crowd, circles, room)


@given(st.integers(0, 2**32), st.booleans(), st.sampled_from([2, 5, 44]))
@SHARED
def test_a_block_is_told_what_each_is_told_alone(version, policy, seed, coarse, room):
    rng = np.random.default_rng(seed)
    scorer, snapshot, circles = scorer_of(version, rng, coarse), drawn(policy, rng), lists_of(rng)
    with threadpool_limits(1, "blas"):
        alone = told_alone(scorer, snapshot, circles, room)
        together = told_together(scorer, snapshot, circles, room)
    assert np.array_equal(alone[0], together[0])
    assert np.array_equal(alone[1], together[1])


def test_a_block_too_large_is_told_in_halves_and_the_same(version, policy, monkeypatch):
    rng = np.random.default_rng(0)
    scorer, snapshot, circles = scorer_of(version, rng, False), drawn(policy, rng), lists_of(rng)
    whole = told_together(scorer, snapshot, circles, 44)
    monkeypatch.setattr(telling, "MOST_ENTRIES", 10)
    halves = told_together(scorer, snapshot, circles, 44)
    assert all(np.array_equal(*pair) for pair in zip(whole, halves, strict=True))


@given(st.integers(0, 2**32))
@SHARED
def test_a_crowd_knows_of_each_what_a_profile_does(version, policy, seed):
    snapshot, decay = drawn(policy, np.random.default_rng(seed)), decay_of(version.model)
    users = np.random.default_rng(seed).permutation(NUM_USERS)[:5]
    crowd = Crowd(snapshot, users, decay)
    for place, user in enumerate(users.tolist()):
        profile = profile_in(snapshot, user, decay)
        for touch in TOUCHES:
            mine, one = crowd.of(touch), profile.of_kind(touch)
            at = mine.owners == place
            assert mine.rows[at].tolist() == one.rows.tolist()
            assert mine.values[at].tolist() == one.values.tolist()
            assert mine.counts[at].tolist() == one.counts.tolist()


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0, 3, 10**9, 2**52])), max_size=20))
def test_the_order_is_by_group_then_falling_value_then_place(pairs):
    groups, values = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    ties = np.arange(len(pairs))[::-1] % 16 + (
        np.arange(len(pairs)) // 16 << 40
    )  # large ones fit into no number
    order = ordered(groups, values.astype(np.float64), ties)
    assert order.tolist() == np.lexsort((ties, -values, groups)).tolist()
