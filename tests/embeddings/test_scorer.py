"""Serving: the scores of one person equal those of many, and their terms explain them."""

import subprocess
import sys

import numpy as np
import pytest

from embeddings.batch import BatchScorer
from embeddings.profile import Profile
from embeddings.publish import publish
from embeddings.registry import Registry
from embeddings.scorer import Scorer, best
from embeddings.touches import touches_of
from graph.edges import BOUGHT, PAID

NOTHING = {"paid": np.zeros(0, PAID), "bought": np.zeros(0, BOUGHT), "member_of": []}


@pytest.fixture(scope="module", params=["filters", "gnn"])
def house(request, planted, policy, tmp_path_factory):
    """A served version with and without a GNN, and what it was fitted to."""
    fitted = request.getfixturevalue("fitted" if request.param == "filters" else "fitted_gnn")
    versions = tmp_path_factory.mktemp("versions")
    publish(fitted, planted, versions, policy=policy)
    return Scorer(Registry(versions).current()), fitted


def records(snapshot, user):
    """What a store would give for one user of a snapshot without a store."""
    out = {"member_of": snapshot.members.row(user).tolist()}
    for kind, dtype, name in (("paid", PAID, "merchant"), ("bought", BOUGHT, "product")):
        edges = getattr(snapshot, kind)
        at = edges.row_slice(user)
        out[kind] = np.zeros(at.stop - at.start, dtype)
        out[kind][name] = edges.indices[at]
        for column in set(edges.columns) & set(dtype.names):
            out[kind][column] = edges.columns[column][at]
    return out


def profile_of(scorer, snapshot, user):
    return Profile.of(scorer.version, **records(snapshot, user))


def test_one_by_one_equals_the_batch(house, planted):
    scorer, fitted = house
    users = np.arange(0, 300, 23)
    batch = BatchScorer(fitted.model).scores(touches_of(planted, half_life_days=180).rows(users))
    for user, wanted in zip(users, batch, strict=True):
        assert scorer.score(profile_of(scorer, planted, user)) == pytest.approx(wanted, abs=2e-4)


def test_precomputed_lists_are_what_one_would_get_now(house, planted):
    scorer, _ = house
    for user in (1, 50, 299):
        allowed = np.ones(scorer.model.num_circles, dtype=bool)
        allowed[planted.members.row(user)] = False
        rows, scores = scorer.precomputed(planted.users[user])
        now_rows, now_scores = scorer.top(profile_of(scorer, planted, user), 100, allowed)
        assert now_scores == pytest.approx(scores, abs=2e-4)
        assert (now_rows == rows).mean() > 0.9  # equal scores may change places in the last digit


def test_nobody_unknown_has_a_precomputed_list(house):
    assert house[0].precomputed("f" * 32) is None


def test_terms_add_up_to_the_score(house, planted):
    scorer, _ = house
    for user in (2, 77, 143):
        profile = profile_of(scorer, planted, user)
        scores = scorer.score(profile)
        for row in np.argsort(-scores)[:3].tolist():
            assert sum(t.value for t in scorer.terms(profile, row)) == pytest.approx(scores[row], abs=1e-3)


def test_reasons_are_what_the_person_did_with_shares_of_the_score(house, planted):
    scorer, _ = house
    user = 77
    profile = profile_of(scorer, planted, user)
    row = int(scorer.top(profile, 1)[0][0])
    reasons = scorer.explain(profile, row, 100)
    shops = {planted.merchants[int(i)] for i in planted.paid.row(user)}
    rings = {planted.circles[int(i)] for i in planted.members.row(user)}
    aisles = {planted.categories[int(planted.product_category[i])] for i in planted.bought.row(user)}
    assert {r.label for r in reasons} <= shops | rings | aisles | {"popular"}
    assert sum(r.share for r in reasons) == pytest.approx(1.0)
    assert [r.share for r in reasons] == sorted((r.share for r in reasons), reverse=True)
    assert len(scorer.explain(profile, row, 2)) == 2


def test_counts_of_a_reason_are_the_payments_behind_it(house, planted):
    scorer, _ = house
    user = 20
    profile = profile_of(scorer, planted, user)
    at = planted.paid.row_slice(user)
    paid = {
        planted.merchants[int(shop)]: int(num)
        for shop, num in zip(planted.paid.indices[at], planted.paid.columns["payments"][at], strict=True)
    }
    told = [r for row in range(5) for r in scorer.explain(profile, row, 100) if r.kind == "merchant"]
    assert told
    assert all(reason.count == paid[reason.label] for reason in told)


def test_who_did_nothing_gets_what_is_said_to_everybody(house):
    scorer, _ = house
    profile = Profile.of(scorer.version, **NOTHING)
    assert scorer.score(profile) == pytest.approx(scorer._priors[0])
    assert {r.kind for row in range(3) for r in scorer.explain(profile, row, 9)} <= {"popular"}


def test_three_payments_change_the_list_without_training(house, planted):
    scorer, _ = house
    paid = np.zeros(3, PAID)
    paid["merchant"] = [planted.merchants.find(f"shop4-{n}") for n in range(3)]
    paid["payments"], paid["last_at"] = 2, planted.as_of
    profile = Profile.of(scorer.version, **(NOTHING | {"paid": paid}))
    rings = [planted.circles[int(row)] for row in scorer.top(profile, 10)[0]]
    local = [ring for ring in rings if ring.startswith("ring")]
    assert [ring[:5] for ring in local[:2]] == ["ring4"] * 2


def test_payments_at_unknown_merchants_are_skipped(house):
    scorer, _ = house
    paid = np.zeros(1, PAID)
    paid["merchant"], paid["payments"] = 99_999, 1
    profile = Profile.of(scorer.version, **(NOTHING | {"paid": paid}))
    assert len(profile.of_kind("merchant").rows) == 0
    assert len(profile.of_kind("scene").rows) == 1


def test_popular_circles_are_those_with_most_members(house, planted):
    scorer, _ = house
    rows, _ = scorer.popular(2)
    members = np.bincount(planted.members.indices, minlength=len(planted.circles))
    assert members[rows].tolist() == sorted(members, reverse=True)[:2]


def test_best_keeps_rows_in_order_among_equals():
    scores = np.array([1, 2, 2, 2, 0], dtype=np.float32)
    assert best(scores, 2, None)[0].tolist() == [1, 2]
    assert best(scores, 9, scores < 2)[0].tolist() == [0, 4]
    assert best(scores, 0, None)[0].tolist() == []
    assert best(scores, 3, np.zeros(5, dtype=bool))[0].tolist() == []


def test_serving_imports_neither_torch_nor_scipy():
    modules = (
        "embeddings.registry, embeddings.profile, embeddings.scorer, embeddings.lists, embeddings.explain"
    )
    code = f"import sys; import {modules}; print(sorted({{'torch', 'scipy', 'duckdb'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
