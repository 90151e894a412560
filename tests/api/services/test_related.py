"""Circles like a circle, over HTTP: in coarse steps, never people."""

import time

import pytest

from api.schemas.between import RelatedOut
from graph.policy.months import bounds, newest_ended
from graph.stores.base import ThemeTarget
from tests.crowds import add_crowd

BEFORE = bounds(newest_ended(int(time.time())))[0]


@pytest.fixture
def crowded(service):
    """Of 120 more drinkers 110 are bakers too, and 15 climbers."""
    add_crowd(service.context, "both", 95, {"drinkers": BEFORE, "bakers": BEFORE})
    add_crowd(service.context, "all", 15, {"drinkers": BEFORE, "bakers": BEFORE, "climbers": BEFORE})
    add_crowd(service.context, "one", 10, {"drinkers": BEFORE})
    return service


def related(service, query="", key="merchant"):
    answer = service.ask("GET", f"/v1/circles/drinkers/related?{query}", key=key)
    assert answer.status_code == 200, answer.text
    RelatedOut.model_validate(answer.json)
    return {item["circle_id"]: item for item in answer.json["items"]}


def test_shared_members_are_told_as_a_step_of_a_share(crowded):
    found = related(crowded)
    assert found["bakers"]["members"] == {"v": 0.8}  # 134 of 150
    assert next(iter(found)) == "bakers"
    assert related(crowded, key="operator") == found


def test_a_few_more_people_change_nothing(crowded):
    before = related(crowded)
    add_crowd(crowded.context, "more", 3, {"drinkers": BEFORE, "bakers": BEFORE})
    assert related(crowded) == before


def test_who_joined_after_the_month_ended_waits_for_the_next(crowded):
    before = related(crowded)
    add_crowd(crowded.context, "today", 500, {"drinkers": int(time.time()) - 5})
    assert related(crowded) == before


def test_small_circles_are_hidden_and_people_who_did_not_agree_uncounted(service):
    same_theme(service)
    assert related(service)["bakers"]["members"] == {"hidden": "minimum"}  # 30 drinkers
    add_crowd(service.context, "unasked", 200, {"drinkers": BEFORE, "bakers": BEFORE}, purposes=("circles",))
    assert related(service)["bakers"]["members"] == {"hidden": "minimum"}


def same_theme(service):
    """The bakers are about beans, as the drinkers are."""
    store = service.context.store.get()
    store.set_themes({int(store.indices("Circle", ["bakers"])[0]): [ThemeTarget("product", "beans")]})


def test_the_same_theme_counts(service):
    same_theme(service)
    assert 0.4 <= related(service)["bakers"]["theme"] < 1.0


def test_closed_circles_and_those_behind_the_wall_are_not_told(crowded):
    store = crowded.context.store.get()
    store.set_circle_state(int(store.indices("Circle", ["climbers"])[0]), "quarantined", 5)
    store.upsert("Circle", {"id": ["bakers"], "scene": ["finance"]})
    assert not {"shut", "climbers", "bakers", "drinkers"} & set(related(crowded))


def test_circles_of_others_and_limits_over_the_maximum_are_refused(service):
    for circle in ("climbers", "absent"):
        assert service.ask("GET", f"/v1/circles/{circle}/related", key="merchant").status_code == 404
    assert service.ask("GET", "/v1/circles/drinkers/related?limit=101", key="merchant").status_code == 422
    assert len(related(service, "limit=1")) <= 1
