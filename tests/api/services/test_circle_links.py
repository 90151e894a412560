"""Links between circles over HTTP: who may propose, accept, withdraw and see them."""

import time

import pytest

from tests.crowds import open_link

BODY = {"from": "drinkers", "to": "climbers", "topics": ["Tea", "tea ", "brewing"], "rate": 2}


def propose(service, key="merchant", **more):
    return service.ask("POST", "/v1/circle-links", BODY | more, key=key)


def test_two_owners_shake_hands(climb):
    made = propose(climb)
    link = made.json
    assert (made.status_code, made.headers["Location"]) == (201, f"/v1/circle-links/{link['link_id']}")
    assert (link["state"], link["accepted"]) == ("proposed", {"from": True, "to": False})
    assert (link["topics"], link["rate"]) == (["brewing", "tea"], 2)
    (seen,) = climb.ask("GET", "/v1/circle-links", key="climb").json["items"]
    assert seen == link
    accepted = climb.ask("POST", f"{made.headers['Location']}/acceptance", key="climb")
    assert (accepted.status_code, accepted.json["state"], accepted.json["carries"]) == (200, "open", True)
    assert climb.ask("GET", made.headers["Location"], key="merchant").json == accepted.json


@pytest.mark.parametrize("key", ["merchant", "climb", "operator"])
def test_either_side_or_the_operator_closes_it(climb, key):
    link = open_link(climb)
    gone = climb.ask("DELETE", f"/v1/circle-links/{link}", key=key)
    assert (gone.status_code, gone.json["state"], gone.json["carries"]) == (200, "closed", False)
    assert climb.ask("DELETE", f"/v1/circle-links/{link}", key=key).json == gone.json
    again = climb.ask("POST", f"/v1/circle-links/{link}/acceptance", key="climb")
    assert (again.status_code, again.json["code"]) == (422, "input")


def test_an_owner_sees_no_link_of_others_and_all_of_it_is_the_same_404(climb):
    link = open_link(climb)
    climb.keys["bakers"] = climb.new_key("merchant", "c1")
    assert climb.ask("GET", "/v1/circle-links", key="bakers").json == {"items": []}
    headers = {"X-Request-Id": "one"}
    for other in ("GET", "DELETE"):
        seen = {
            climb.ask(other, f"/v1/circle-links/{id_}", key="bakers", headers=headers).data
            for id_ in (link, "absent")
        }
        assert len(seen) == 1
    for id_ in (link, "absent"):
        answer = climb.ask("POST", f"/v1/circle-links/{id_}/acceptance", key="bakers")
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert climb.ask("GET", "/v1/circle-links?circle_id=climbers", key="merchant").status_code == 404
    assert len(climb.ask("GET", "/v1/circle-links", key="operator").json["items"]) == 1


@pytest.mark.parametrize(
    "more", [{"to": "absent"}, {"from": "bakers"}, {"to": "shut"}, {"from": "climbers", "to": "newcomers"}]
)
def test_what_cannot_be_linked_looks_alike(climb, more):
    headers = {"X-Request-Id": "one"}
    answer = climb.ask("POST", "/v1/circle-links", BODY | more, key="merchant", headers=headers)
    if more == {"from": "bakers"}:  # run by another merchant, like its other end
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    plain = climb.ask("POST", "/v1/circle-links", BODY | {"to": "absent"}, key="merchant", headers=headers)
    assert answer.data == plain.data


def test_a_circle_behind_the_wall_takes_no_links(climb):
    store = climb.context.store.get()
    store.upsert("Circle", {"id": ["savers"], "owner_id": ["k0"], "scene": ["finance"], "state": ["open"]})
    assert propose(climb, to="savers").status_code == 404
    refused = climb.ask("POST", "/v1/circle-links", BODY | {"from": "savers", "to": "drinkers"}, key="climb")
    assert (refused.status_code, refused.json["code"]) == (403, "gate_refused")


@pytest.mark.parametrize("said", [{"created_at": [int(time.time()) - 60]}, {"name": ["Online casino"]}])
def test_a_new_or_risky_circle_takes_none_either(climb, said):
    climb.context.store.get().upsert("Circle", {"id": ["climbers"], **said})
    assert propose(climb).status_code == 404
    assert propose(climb, key="climb").status_code == 403


@pytest.mark.parametrize(
    "more",
    [
        {"topics": ["pharmacy"]},
        {"topics": ["loans"]},
        {"topics": []},
        {"rate": 8},
        {"rate": 0},
        {"to": "drinkers"},
    ],
)
def test_terms_that_cannot_be_are_refused(climb, more):
    assert propose(climb, **more).status_code == 422


def test_other_words_for_the_same_circles_are_a_conflict_until_withdrawn(climb):
    link = propose(climb).json["link_id"]
    other = propose(climb, key="climb", rate=5)
    assert (other.status_code, other.json["code"]) == (409, "wrong_state")
    assert propose(climb, key="climb").json["link_id"] == link
    climb.ask("DELETE", f"/v1/circle-links/{link}", key="merchant")
    assert propose(climb, key="climb", rate=5).status_code == 201
