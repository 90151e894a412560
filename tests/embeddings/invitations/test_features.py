import numpy as np
import pytest

from embeddings.invitations.features import NAMES, features_of, ground_of
from embeddings.invitations.theme import meaning_of
from graph.stores.base import ThemeTarget

DAY = 86_400
NOW = 1_700_000_000
THEME = [[ThemeTarget("category", "tea")]]


def told(snapshot, user=0):
    features = features_of(ground_of(snapshot), meaning_of(snapshot, THEME))
    return dict(zip(NAMES, features[user, 0], strict=True))


def test_own_evidence_is_counted_aged_and_spread(make_snapshot):
    snapshot = make_snapshot(
        bought={"a": {"green": 2, "black": 1, "salt": 5}},
        categories={"green": "tea", "black": "tea", "salt": "basics"},
        last_at={"black": NOW - 60 * DAY},
    )
    found = {name: np.expm1(value) for name, value in told(snapshot).items()}
    assert (found["things_30"], found["things_90"]) == (pytest.approx(1), pytest.approx(2))
    assert found["decayed_30"] == pytest.approx(2 + 1 / 4)
    assert found["decayed_120"] == pytest.approx(2 + 1 / 2**0.5)
    assert found["days_since"] == pytest.approx(0)
    assert np.log1p(found["share"]) == pytest.approx((2 + 1 / 2**0.5) / (7 + 1 / 2**0.5))


def test_nobody_is_lifted_by_their_own_payments_as_a_neighbour(make_snapshot):
    alone = make_snapshot(
        bought={"a": {"green": 9}, "b": {"salt": 1}}, categories={"green": "tea", "salt": "basics"}
    )
    assert told(alone)["alike"] == pytest.approx(0, abs=1e-9)


def test_people_of_alike_behaviour_lift(make_snapshot):
    rows = {f"t{i}": {"kettle": 2, "cup": 2, "green": 3} for i in range(8)}
    rows |= {f"z{i}": {"salt": 2, "soap": 2} for i in range(8)}
    rows |= {"new": {"kettle": 2, "cup": 2}, "other": {"salt": 2, "soap": 2}}
    snapshot = make_snapshot(bought=rows, categories={"green": "tea", "salt": "basics"})
    new, other = (told(snapshot, snapshot.users.find(user))["alike"] for user in ("new", "other"))
    assert new > other + 0.1


def test_who_did_nothing_has_no_evidence(make_snapshot):
    snapshot = make_snapshot(bought={"a": {"green": 1}}, members={"b": ["ring"]}, categories={"green": "tea"})
    found = told(snapshot, 1)
    assert found["decayed_120"] == found["share"] == found["all_decayed_120"] == 0
    assert found["memberships"] == pytest.approx(np.log1p(1))
