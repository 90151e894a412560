from dataclasses import replace

import numpy as np
import pytest

from embeddings.invitations.campaigns import Sent, clustered, evaluate_campaigns
from graph.stores.base import ThemeTarget

TEA = (ThemeTarget("category", "tea"),)


@pytest.fixture
def sent(make_snapshot):
    """Campaigns for tea; those who buy it accept, and who accepted before joins."""
    rng = np.random.default_rng(0)
    users = [f"u{i:03d}" for i in range(200)]
    lovers = {user: bool(rng.random() < 0.3) for user in users}

    def campaigns(number, start=1_000):
        out = []
        for i in range(number):
            bought = {
                u: {"salt": int(rng.poisson(3)) + 1}
                | ({"green": int(rng.poisson(3)) + 1} if lovers[u] else {})
                for u in users
            }
            accepted = {u: start + 100 * i + 50 for u in users if lovers[u] and rng.random() < 0.8}
            snapshot = make_snapshot(bought=bought, categories={"green": "tea", "salt": "basics"})
            out.append(Sent(f"c{i}", start + 100 * i, users[:150], accepted, snapshot, TEA))
        return out

    return campaigns


def figures(value, name):
    return next(method for method in value["methods"] if method["name"] == name)


def test_those_who_accept_are_put_first(sent):
    value = evaluate_campaigns(sent(3))
    assert value["campaigns"] == 3
    assert figures(value, "circles")["metrics"]["auc"] > 0.85
    low, high = figures(value, "popularity")["against_ours"]["interval_households"]
    assert 0 < low <= figures(value, "popularity")["against_ours"]["difference"] <= high


def test_answers_after_a_campaign_began_teach_it_nothing(sent):
    first, second = sent(2)
    late = replace(first, accepted_at={user: at + 1_000 for user, at in first.accepted_at.items()})

    def by_campaign(*campaigns):
        return figures(evaluate_campaigns(campaigns), "circles")["metrics"]["auc_by_campaign"]

    # Each is ordered as if it were alone.
    alone = (by_campaign(late) + by_campaign(second)) / 2
    assert by_campaign(late, second) == pytest.approx(alone, abs=1e-4)


def test_campaigns_without_a_past_or_an_answer_are_left_out(sent, make_snapshot):
    made = sent(2)
    empty = Sent("c8", 1, ["u000"], {"u000": 2}, make_snapshot(members={"u000": ["ring"]}), TEA)
    silent = Sent("c9", 2_000, made[0].invited, {}, made[0].snapshot, TEA)
    value = evaluate_campaigns([empty, *made, silent])
    assert (value["campaigns"], value["left_out"]) == (2, 2)
    assert evaluate_campaigns([empty])["accepted"] == 0


def test_values_of_one_household_are_drawn_together():
    values = np.array([1.0, 1.0, 0.0, 0.0])
    one_each = clustered(values, np.arange(4), seed=0)
    pairs = clustered(values, np.array([0, 0, 1, 1]), seed=0)
    assert pairs[0] <= one_each[0]
    assert pairs == [0.0, 1.0]
