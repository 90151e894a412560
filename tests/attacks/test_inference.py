"""A sensitive habit cannot be told from what is trained, unless ordinary habits tell of it.

How far they do on real data: `tests/benchmarks/bench_inference.py`.
"""

from dataclasses import replace

import numpy as np
import pytest

from embeddings.batch import BatchScorer
from embeddings.fit import fit
from embeddings.links.ground import ground_of
from embeddings.touches import touches_of
from graph.cut import build
from loaders.interchange import read_tables
from tests.attacks.inference import attack, auc_within
from tests.tables import write_tables

PEOPLE, CIRCLES = 900, 12


@pytest.fixture(scope="module")
def habits(tmp_path_factory):
    """People of twelve circles and their shops; every second one, by lot, goes to one of twenty chemists."""
    rng = np.random.default_rng(4)
    ill = rng.random(PEOPLE) < 0.5
    visits = [
        (user, f"s{(user % CIRCLES) + CIRCLES * int(shop)}")
        for user in range(PEOPLE)
        for shop in rng.permutation(9)[:5]
    ]
    visits += [(user, f"chemist{i}") for user in np.flatnonzero(ill) for i in rng.permutation(20)[:3]]
    kinds = [(f"s{shop}", "coffee shop") for shop in range(9 * CIRCLES)] + [
        (f"chemist{i}", "pharmacy") for i in range(20)
    ]
    folder = tmp_path_factory.mktemp("habits")
    write_tables(folder, {
        "merchants": [("merchant_id", "category"), *kinds],
        "circles": [("circle_id",), *((f"c{i}",) for i in range(CIRCLES))],
        "memberships": [("user_id", "circle_id")]
        + [(f"u{u}", f"c{u % CIRCLES}") for u in range(0, PEOPLE, 2)],
        "payments": [("payment_id", "user_id", "merchant_id", "paid_at")]
        + [(f"p{n}", f"u{user}", shop, "2026-08-01T08:00:00Z") for n, (user, shop) in enumerate(visits)],
    })  # fmt: skip
    return folder, {f"u{user}" for user in np.flatnonzero(ill)}


def told(habits, policy):
    """What an attacker finds in vectors and in scores of all circles."""
    folder, ill = habits
    snapshot = build(read_tables(str(folder), policy=policy, cut=None), as_of=1_790_000_000, policy=policy)
    has = np.array([user in ill for user in snapshot.users])
    fitted = fit(snapshot, quick=True)
    scores = BatchScorer(fitted.model).scores(touches_of(snapshot, half_life_days=180))
    return [attack(features, has, draws=1).auc for features in (ground_of(snapshot).vectors, scores)]


def test_a_sensitive_habit_is_not_told_by_vectors_and_scores(habits, policy):
    vectors, scores = told(habits, policy)
    assert vectors <= 0.55
    assert scores <= 0.55


def test_without_the_wall_it_would_be(habits, policy):
    vectors, _ = told(habits, replace(policy, sensitive=(("nothing", ("nothing at all",)),)))
    assert vectors > 0.9


def test_within_strata_only_people_of_one_are_compared():
    """Scores that tell nothing but the stratum: .75 over all of four pairs, chance within each."""
    has, told = np.array([True, True, False, False]), np.array([2.0, 1.0, 1.0, 1.0])
    assert auc_within(has, told, np.zeros(4, dtype=int)) == 0.75
    assert auc_within(has, told, np.array([0, 1, 1, 2])) == 0.5
    assert auc_within(has, told, np.array([0, 1, 0, 1])) == 0.75  # a sure pair and an even one
