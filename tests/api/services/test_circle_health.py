"""A circle's health over HTTP: joins, leaves, newcomers and who stays, as groups."""

import time

import pytest

from api.schemas.between import CircleHealthOut
from graph.policy.months import bounds, newest_ended, up_to
from tests.crowds import add_climbers, add_crowd

MONTHS = up_to(newest_ended(int(time.time())), 6)
EARLY, LAST = bounds(MONTHS[2])[0] + 1_000, bounds(MONTHS[5])[0] + 1_000


@pytest.fixture
def busy(service):
    """300 joined the climbers early, 100 of them left in the last month, in which 200 more came."""
    add_climbers(service.context, EARLY, LAST)
    add_crowd(service.context, "unasked", 500, {"climbers": LAST}, purposes=("circles",))
    service.keys["climb"] = service.new_key("merchant", "k0")
    return service


def health(service, key="climb"):
    answer = service.ask("GET", "/v1/circles/climbers/health", key=key)
    assert answer.status_code == 200, answer.text
    CircleHealthOut.model_validate(answer.json)
    return answer.json


def test_the_operator_sees_rounded_groups(busy):
    found = health(busy, "operator")
    assert [month["month"] for month in found["months"]] == MONTHS
    last = found["months"][5]
    assert (last["joins"], last["leaves"]) == ({"v": 200}, {"v": 100})
    assert last["newcomer_share"] == {"v": 0.4}  # 200 of 430, the 30 of the first load among them
    assert found["months"][3]["joins"] == {"hidden": "minimum"}


def test_of_those_who_joined_a_share_stayed(busy):
    triangle = {row["joined"]: row["stayed"] for row in health(busy, "operator")["retention"]}
    assert triangle[MONTHS[2]] == [{"v": 0.8}, {"v": 0.8}, {"v": 0.8}, {"v": 0.6}]
    assert triangle[MONTHS[5]] == [{"v": 0.8}]
    assert triangle[MONTHS[3]] == [{"hidden": "minimum"}] * 3


def test_an_owner_sees_noisy_groups_that_stay_as_they_are(busy):
    one = health(busy)
    assert abs(one["months"][5]["joins"]["v"] - 200) <= 60
    assert abs(one["months"][5]["leaves"]["v"] - 100) <= 60
    add_crowd(busy.context, "late", 100, {"climbers": LAST})
    assert health(busy)["months"] == one["months"]


def test_the_operator_alone_hears_of_a_take_over(busy):
    assert "alarm" not in health(busy, "operator")
    now = busy.context.now()
    add_crowd(busy.context, "raid", 200, {"drinkers": LAST, "climbers": now - 60})
    assert health(busy, "operator")["alarm"]["level"] in ("watch", "high")
    assert "alarm" not in health(busy)


def test_an_earlier_stretch_can_be_asked_for(busy):
    found = busy.ask("GET", f"/v1/circles/climbers/health?window={MONTHS[2]}", key="operator").json
    assert [month["month"] for month in found["months"]] == up_to(MONTHS[2], 6)
    assert found["months"][5]["joins"]["v"] in (300, 330)  # the 30 of the first load fall into it today


def test_circles_of_others_are_404(busy):
    for circle in ("drinkers", "absent"):
        answer = busy.ask("GET", f"/v1/circles/{circle}/health", key="climb")
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
