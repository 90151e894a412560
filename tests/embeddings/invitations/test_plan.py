from dataclasses import replace

import numpy as np
import pytest

from embeddings.invitations.fit import shares_of
from embeddings.invitations.plan import PILOT, TRAIN_SHARE, plan
from embeddings.invitations.theme import fits_between
from graph.policy.certificates import Lack
from graph.schema import Purpose
from graph.stores.base import ThemeTarget
from tests.embeddings.invitations.conftest import TEA, Town

PROMISE = {"target": 0.8, "confidence": 0.9, "circles_tested": 2, "seed": 0}


def planned(town, theme=TEA, **given):
    fits = fits_between(town.before, town.now, [theme])[:, 0]
    return plan(town.before, fits, town.now, theme, **PROMISE | given)


def test_an_audience_is_certified_and_keeps_its_promise(town):
    made = town()
    found = planned(made)
    assert (found.method, found.certificate.target) == ("certified", 0.8)
    assert 400 < len(found.users) < 500
    assert made.later[found.users].mean() >= 0.8
    assert (found.scores >= found.certificate.threshold).all()
    assert (np.diff(found.scores) <= 0).all()


def test_calibration_people_are_never_those_of_training(town):
    made = town()
    held = shares_of(made.before.users, 0) >= TRAIN_SHARE
    assert planned(made).num_calibration == held.sum()


def test_a_smaller_promise_is_made_where_the_asked_one_cannot_be(town):
    found = planned(town(habit=0.75), target=0.9)
    assert (found.method, found.certificate) == ("strongest", None)
    assert 0.5 <= found.strongest.target < 0.75
    assert found.explanation.lack == Lack.LOW_FIT
    assert (found.scores >= found.strongest.threshold).all()


def test_too_few_people_get_a_pilot_of_random_ones(town):
    found = planned(town(num_people=60))
    assert (found.method, found.certificate, found.strongest) == ("pilot", None, None)
    assert found.explanation.lack == Lack.FEW_OUTCOMES
    assert len(found.users) == PILOT == len(set(found.users.tolist()))


def test_a_theme_that_means_nothing_invites_nobody(town):
    found = planned(town(), theme=(ThemeTarget("product", "unicorn"),))
    assert (found.method, len(found.users), found.explanation.lack) == ("none", 0, Lack.NO_THEME)


def test_a_falling_theme_gets_no_promise(town, make_snapshot):
    made = town()
    now = make_snapshot(
        bought={user: {"green": 3, "salt": 3} for user in made.now.users},
        categories={"green": "tea", "salt": "basics"},
        last_at={"green": made.now.as_of - 50 * 86_400},
    )
    found = planned(replace(made, now=now))
    assert (found.method, found.trend, found.explanation.lack) == ("pilot", 0.0, Lack.FALLING)


def test_whether_a_few_buyers_became_fewer_is_not_told(town, make_snapshot):
    made = town()
    rare = (ThemeTarget("product", "rare"),)

    def snapshot(buyers, last_at):
        bought = {user: {"salt": 3} | ({"rare": 1} if user in buyers else {}) for user in made.now.users}
        return make_snapshot(bought=bought, categories={"salt": "basics"}, last_at={"rare": last_at})

    now = made.now.as_of
    before = snapshot(made.now.users[:19], now)
    kept, gone = (
        planned(Town(before, snapshot(made.now.users[:19], at), made.later), rare)
        for at in (now, now - 50 * 86_400)
    )
    assert (kept.trend, gone.trend) == (1.0, 1.0)
    assert kept.explanation == gone.explanation


def test_nobody_without_consent_or_outside_the_rule_is_invited(town):
    made = town()
    agreed = np.arange(len(made.now.users)) % 3 > 0
    consents = dict(made.now.consents) | {Purpose.PORTRAITS.value: agreed}
    rule = np.arange(len(made.now.users)) >= 100
    found = planned(replace(made, now=replace(made.now, consents=consents)), eligible=rule)
    assert agreed[found.users].all()
    assert found.users.min() >= 100


def test_payments_of_whoever_did_not_agree_change_nothing(town):
    made = town()
    agreed = np.arange(len(made.now.users)) % 5 > 0

    def of(factor):
        changed = []
        for snapshot in (made.before, made.now):
            payments = snapshot.bought.columns["payments"].copy()
            payments[~agreed[snapshot.bought.rows()]] *= factor
            bought = replace(snapshot.bought, columns=dict(snapshot.bought.columns) | {"payments": payments})
            consents = dict(snapshot.consents) | {Purpose.PORTRAITS.value: agreed}
            changed.append(replace(snapshot, bought=bought, consents=consents))
        return planned(Town(*changed, made.later))

    one, nine = of(1), of(9)
    assert one.users.tolist() == nine.users.tolist()
    assert (one.scores == nine.scores).all()
    assert (one.certificate, one.trend, one.base_rate) == (nine.certificate, nine.trend, nine.base_rate)


def test_equal_input_gives_an_equal_plan(town):
    one, two = planned(town()), planned(town())
    assert one.users.tolist() == two.users.tolist()
    assert one.certificate == two.certificate


@pytest.mark.parametrize("circles_tested", [1, 1_000])
def test_sharing_confidence_never_enlarges_an_audience(town, circles_tested):
    made = town(habit=0.9)
    few, many = (planned(made, circles_tested=number) for number in (1, circles_tested))
    if many.certificate:
        assert len(many.users) <= len(few.users)
