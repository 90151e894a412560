"""Who later joined where, over HTTP: only over open links, only groups, only months that have ended."""

import time

import pytest

from api.schemas.between import FlowsOut
from graph.policy.months import after, bounds, newest_ended
from tests.crowds import add_crowd, open_link

MONTH = newest_ended(int(time.time()))
FIRST, LATER = bounds(MONTH)[0] + 1_000, bounds(MONTH)[0] + 90_000
NEAR = 40  # noise of scale 2 is larger once in a hundred million times


@pytest.fixture
def moved(climb):
    """200 people joined the climbers and then the drinkers, 10 the other way; 50 more did not agree."""
    open_link(climb)
    add_crowd(climb.context, "there", 200, {"climbers": FIRST, "drinkers": LATER})
    add_crowd(climb.context, "back", 10, {"drinkers": FIRST, "climbers": LATER})
    add_crowd(climb.context, "unasked", 50, {"climbers": FIRST, "drinkers": LATER}, purposes=("circles",))
    return climb


def flows(service, query="", *, key="merchant", circle="drinkers"):
    answer = service.ask("GET", f"/v1/circles/{circle}/flows?{query}", key=key)
    assert answer.status_code == 200, answer.text
    FlowsOut.model_validate(answer.json)
    return answer.json


def test_an_owner_sees_who_came_as_a_noisy_group_and_always_the_same_one(moved):
    answer = flows(moved)
    (item,) = answer["items"]
    assert (answer["window"], answer["direction"], item["circle_id"]) == (MONTH, "in", "climbers")
    assert abs(item["people"]["v"] - 200) <= NEAR
    assert [flows(moved)["items"] for _ in range(5)] == [[item]] * 5


def test_a_small_flow_is_hidden_and_so_is_what_could_be_computed_from_it(moved):
    assert flows(moved, "direction=out")["items"][0]["people"] == {"hidden": "minimum"}
    assert flows(moved, "direction=net")["items"][0]["people"] == {"hidden": "minimum"}


def test_the_other_owner_sees_the_same_flow_going_out(moved):
    (item,) = flows(moved, "direction=out", key="climb", circle="climbers")["items"]
    assert item["circle_id"] == "drinkers"
    assert abs(item["people"]["v"] - 200) <= NEAR


def test_the_operator_sees_rounded_groups_without_noise(moved):
    assert flows(moved, key="operator")["items"][0]["people"] == {"hidden": "complement"}
    add_crowd(moved.context, "else", 100, {"drinkers": LATER})
    assert flows(moved, key="operator")["items"][0]["people"] == {"v": 200}


def test_without_an_open_link_nothing_is_told_and_the_next_step_is_said(climb):
    add_crowd(climb.context, "there", 200, {"climbers": FIRST, "drinkers": LATER})
    answer = flows(climb)
    assert answer["items"] == []
    assert "propose one first" in answer["why_empty"]
    link = open_link(climb)
    assert len(flows(climb)["items"]) == 1
    climb.ask("DELETE", f"/v1/circle-links/{link}", key="climb")
    assert flows(climb)["items"] == []


@pytest.mark.parametrize("window", [after(MONTH, 1), "1999-12", "2026", f"{MONTH}-01", "x"])
def test_a_window_that_goes_on_or_is_no_month_is_refused(moved, window):
    answer = moved.ask("GET", f"/v1/circles/drinkers/flows?window={window}", key="merchant")
    assert (answer.status_code, answer.json["code"]) == (422, "input")


def test_another_month_tells_of_other_people(moved):
    assert flows(moved, f"window={after(MONTH, -1)}")["items"][0]["people"] == {"hidden": "minimum"}


def test_circles_of_others_are_404(moved):
    for circle in ("climbers", "absent"):
        answer = moved.ask("GET", f"/v1/circles/{circle}/flows", key="merchant")
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_when_the_budget_is_spent_it_is_said(moved):
    told = [flows(moved, f"window={after(MONTH, -back)}")["items"][0]["people"] for back in range(12)]
    assert all(people.get("hidden") != "budget" for people in told)
    months = moved.ask("GET", "/v1/circles/drinkers/health", key="merchant").json["months"]
    assert months[0]["joins"] == {"hidden": "budget"}
    assert flows(moved)["items"][0]["people"] == told[0]
