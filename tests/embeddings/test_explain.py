"""Reasons for many circles at once equal those of one circle at a time."""

from dataclasses import replace

import numpy as np
import pytest

from embeddings.explain import Explainer
from embeddings.fit import fit
from embeddings.model import GNN, GnnVectors
from embeddings.profile import Profile, Touched
from embeddings.publish import publish
from embeddings.registry import Registry
from embeddings.scorer import Scorer
from embeddings.told import KINDS, POPULAR, strength_of, unspoken
from graph.cut import Tables, build
from graph.stores.base import ThemeTarget

NUM_USERS, NUM_SHOPS, NUM_GOODS, NUM_CIRCLES = 60, 8, 12, 9


def tables(rng):
    users, shops = np.divmod(rng.choice(NUM_USERS * NUM_SHOPS, 240, replace=False), NUM_SHOPS)
    buyers, goods = np.divmod(rng.choice(NUM_USERS * NUM_GOODS, 360, replace=False), NUM_GOODS)
    joined, circles = np.divmod(rng.choice(NUM_USERS * NUM_CIRCLES, 150, replace=False), NUM_CIRCLES)
    at = {"last_at": np.full(240, 1_700_000_000)}
    return Tables(
        users={"id": [f"u{i:02d}" for i in range(NUM_USERS)]},
        merchants={"id": [f"m{i}" for i in range(NUM_SHOPS)], "category": ["tea", "gym"] * 4},
        products={"id": [f"p{i:02d}" for i in range(NUM_GOODS)], "category": ["tea", "rope", None] * 4},
        circles={"id": [f"c{i}" for i in range(NUM_CIRCLES)]},
        paid={
            "user": users,
            "merchant": shops,
            "payments": rng.integers(1, 9, 240),
            "days": np.ones(240, int),
        }
        | {"scene": np.zeros(240, int)}
        | at,
        bought={"user": buyers, "product": goods, "payments": rng.integers(1, 9, 360)}
        | {"quantity": np.ones(360, int), "last_at": np.full(360, 1_700_000_000)},
        members={"user": joined, "circle": circles, "joined_at": np.zeros(150, int)},
        themes={
            c: [ThemeTarget("category", "tea"), ThemeTarget("product", f"p{c:02d}")]
            for c in range(NUM_CIRCLES)
        },
        consents={purpose: np.ones(NUM_USERS, bool) for purpose in ("circles", "links", "portraits")},
    )


@pytest.fixture(scope="module")
def scorer(tmp_path_factory, policy):
    """A version where every channel and a GNN have a say."""
    rng = np.random.default_rng(5)
    snapshot = build(tables(rng), as_of=1_700_000_000, policy=policy)
    versions = tmp_path_factory.mktemp("versions")
    publish(fit(snapshot, gnn=False, min_supporters=1), snapshot, versions, policy=policy)
    version = Registry(versions).current()
    model = version.model
    things = {t: rng.normal(size=(n, 4)).astype(np.float32) for t, n in model.num_things.items()}
    circles = rng.normal(size=(NUM_CIRCLES, 4)).astype(np.float32)
    eligible = np.arange(NUM_CIRCLES) != 3
    gnn = GnnVectors(things, dict.fromkeys(things, 0.7), circles, circles[:, 0] * 0.1, eligible)
    weights = dict.fromkeys((*model.weights, GNN), (0.5, 0.4, 0.3))
    return Scorer(replace(version, model=replace(model, gnn=gnn, weights=weights)))


def profile(scorer, rng):
    touched = {}
    for touch, num in scorer.model.num_things.items():
        rows = np.sort(rng.choice(num, size=rng.integers(0, num + 1), replace=False)).astype(np.int64)
        values = rng.random(len(rows)).astype(np.float32) + 0.1
        touched[touch] = Touched(rows, values, rng.integers(1, 9, len(rows)))
    return Profile(touched, len(touched["circle"].rows))


@pytest.mark.parametrize("seed", range(8))
def test_many_circles_are_explained_like_each_alone(scorer, seed):
    person = profile(scorer, np.random.default_rng(seed))
    together = Explainer(scorer).explain(person, range(NUM_CIRCLES), 4)
    for row, reasons in enumerate(together):
        alone = scorer.explain(person, row, 4)
        assert [(r.kind, r.label) for r in reasons] == [(r.kind, r.label) for r in alone]
        assert [r.share for r in reasons] == pytest.approx([r.share for r in alone], abs=1e-5)


def test_somebody_who_did_nothing_gets_only_what_holds_for_all(scorer):
    reasons = Explainer(scorer).explain(Profile({}, 0), [0, 1], 3)
    assert {reason.kind for each in reasons for reason in each} <= {"popular"}


def test_a_payment_is_counted_once_though_product_and_category_speak(scorer):
    rows, one = np.array([0], np.int64), np.ones(1, np.float32)
    tea = scorer.version.categories.find("tea")
    touched = {
        "product": Touched(rows, one, np.array([5])),
        "product_category": Touched(np.array([tea]), one, np.array([5])),
    }
    found = Explainer(scorer).explain(Profile(touched, 0), range(NUM_CIRCLES), 5)
    counts = {reason.count for each in found for reason in each if reason.kind == "category"}
    assert counts == {5}


@pytest.mark.parametrize("seed", range(4))
def test_what_is_told_is_made_of_the_strongest_reasons_that_count(scorer, seed):
    person, least = profile(scorer, np.random.default_rng(seed)), 15
    told = Explainer(scorer).tell(person, range(NUM_CIRCLES), least)
    for row, made in enumerate(told):
        reasons = [
            reason
            for reason in scorer.explain(person, row, 6)
            if reason.share >= 0.001 and (reason.kind != "popular" or reason.count >= least)
        ]
        first = reasons[0]
        kind, strength, at = unspoken(made[0][0][0])
        assert strength == strength_of(first.count)
        assert KINDS[kind] == first.kind or (KINDS[kind], first.kind) == ("place", "category")
        if first.kind != "popular":
            touch = "product_category" if first.kind == "category" else first.kind
            assert scorer.version.label(touch, at) == first.label
        assert 0 < sum(parts for _, parts in made) <= 1000


def test_popularity_is_not_told_below_the_smallest_group(scorer):
    members, popular = scorer.model.num_members, (POPULAR, 0)
    for least in (1, int(members.max()), int(members.max()) + 1):
        told = Explainer(scorer).tell(Profile({}, 0), range(NUM_CIRCLES), least)
        kinds = [{unspoken(things[0])[::2] for things, _ in each} for each in told]
        assert not any(popular in each for each, num in zip(kinds, members, strict=True) if num < least)


def test_no_circles_give_no_reasons(scorer):
    assert Explainer(scorer).explain(Profile({}, 0), [], 3) == []
    assert Explainer(scorer).tell(Profile({}, 0), [], 20) == []
