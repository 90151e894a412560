"""Circles over HTTP as their owners make, change and close them."""

import threading
import time

import pytest

from api.schemas.own_circles import CircleDetailOut, OwnCircleOut, OwnCirclesOut

BREWERS = {"name": "Brewers", "description": "We brew", "theme": {"words": ["coffee"], "merchants": ["c1"]}}
DAY_S = 86_400


def make(service, key="merchant", headers=None, **more):
    return service.ask("POST", "/v1/circles", {**BREWERS, **more}, key=key, headers=headers or {})


def change(service, circle_id, tag, key="merchant", **changes):
    headers = {} if tag is None else {"If-Match": tag}
    return service.ask("PATCH", f"/v1/circles/{circle_id}", changes, key=key, headers=headers)


def test_a_merchant_makes_a_circle_that_waits(service):
    answer = make(service, circle_id="brewers")
    assert (answer.status_code, answer.headers["Location"]) == (201, "/v1/circles/brewers")
    assert (answer.headers["ETag"], answer.json["owner_id"], answer.json["state"]) == ('"1"', "c0", "open")
    OwnCircleOut.model_validate(answer.json)
    owner = answer.json["owner"]
    assert (owner["why_not_recommended"], owner["words"], owner["revision"]) == ("waiting", ["coffee"], 1)
    days = service.context.policy.lifecycle.waiting_days
    assert owner["recommended_from"][:10] == time.strftime(
        "%Y-%m-%d", time.gmtime(time.time() + days * DAY_S)
    )
    assert {(t["kind"], t["label"]) for t in answer.json["theme"]} >= {("category", "coffee shop")}


def test_the_operator_names_the_owner(service):
    assert make(service, key="operator").status_code == 422
    assert make(service, key="operator", owner_id="nobody").status_code == 422
    assert make(service, key="operator", owner_id="k0").json["owner_id"] == "k0"


def test_a_merchant_makes_circles_for_itself_only(service):
    assert make(service, owner_id="k0").status_code == 422
    assert make(service, owner_id="c0").status_code == 201


def test_the_same_request_makes_one_circle(service):
    headers = {"Idempotency-Key": "k-1"}
    one, two = make(service, headers=headers), make(service, headers=headers)
    assert one.json == two.json
    other = make(service, headers=headers, name="Others")
    assert (other.status_code, other.json["code"]) == (422, "key_reused")
    assert make(service).json["circle_id"] != one.json["circle_id"]


def test_of_two_owners_who_race_for_one_id_one_is_told_that_it_is_taken(service):
    rival = service.new_key("merchant", "k0")
    found = []
    threads = [
        threading.Thread(target=lambda key=key: found.append(make(service, key=key, circle_id="contested")))
        for key in ("merchant", rival)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in found) == [201, 409]
    (lost,) = [answer for answer in found if answer.status_code == 409]
    assert lost.json["code"] == "circle_id_taken"


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"eligibility": {"gender": "f"}}, "forbidden_rule", "sex"),
        ({"eligibility": {"min_credit_score": 750}}, "forbidden_rule", "credit"),
        ({"eligibility": {"年龄": 3}}, "forbidden_rule", "age"),
        ({"eligibility": {"shoe": 3}}, "forbidden_rule", "allow-list"),
        ({"eligibility": {"verified": 1}}, "input", "true or false"),
        ({"name": "Casino night"}, "forbidden_rule", "gambling"),
        ({"description": "仅限女生"}, "forbidden_rule", "exclusion"),
        ({"scene": "credit"}, "forbidden_rule", "credit"),
        ({"scene": "moon"}, "input", "moon"),
        ({"theme": {"words": ["zeppelin"]}}, "input", "matches nothing"),
        ({"theme": {"words": ["pharmacy"], "products": ["pills"]}}, "input", "matches nothing"),
        ({"theme": {"merchants": ["nobody"]}}, "input", "not in the data"),
        ({"theme": {}}, "input", "matches nothing"),
        ({"name": ""}, "validation", "name"),
        ({"circle_id": "a b"}, "validation", "circle_id"),
        ({"price": 1}, "validation", "price"),
    ],
)
def test_what_no_circle_may_be_is_refused_with_a_reason_and_not_kept(service, body, code, said):
    before = len(service.context.store.get().circles())
    answer = make(service, **body)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert said in answer.json["detail"]
    assert len(service.context.store.get().circles()) == before


def test_a_change_is_made_from_what_its_owner_saw(service):
    tag = make(service, circle_id="brewers").headers["ETag"]
    first = change(service, "brewers", tag, name="Roasters", eligibility={"cities": ["Wuhan"]})
    assert (first.status_code, first.headers["ETag"], first.json["name"]) == (200, '"2"', "Roasters")
    assert first.json["owner"]["eligibility"]["cities"] == ["Wuhan"]
    late = change(service, "brewers", tag, name="Late")
    assert (late.status_code, late.json["code"]) == (412, "precondition_failed")
    bare = change(service, "brewers", None, name="Bare")
    assert (bare.status_code, bare.json["code"]) == (428, "precondition_required")
    assert change(service, "brewers", "W/2", name="Odd").status_code == 412


def test_a_change_is_held_to_the_same_rules(service):
    tag = make(service, circle_id="brewers").headers["ETag"]
    for changes in ({"name": "Poker"}, {"eligibility": {"income": 1}}, {"theme": {"words": ["zzz"]}}):
        assert change(service, "brewers", tag, **changes).status_code == 422
    assert service.ask("GET", "/v1/circles/brewers", key="merchant").headers["ETag"] == tag


def test_a_closed_circle_is_closed_for_good(service):
    make(service, circle_id="brewers")
    path = "/v1/circles/brewers"
    stale = service.ask("DELETE", path, key="merchant", headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    one, two = (service.ask("DELETE", path, key="merchant") for _ in range(2))
    assert (one.status_code, one.json["state"], one.json) == (200, "closed", two.json)
    assert change(service, "brewers", one.headers["ETag"], name="Again").status_code == 422
    event = {"event_id": "j", "kind": "join", "user_id": "u3", "circle_id": "brewers"}
    assert service.ask("POST", "/v1/events", [event]).json["accepted"] == 0


def test_anothers_circle_is_not_there_whatever_one_does(service):
    headers = {"X-Request-Id": "same"}
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        more = [{}] if method != "PATCH" else [{}, {"If-Match": '"0"'}]
        for extra in more:
            found = [
                service.ask(method, f"/v1/circles/{c}", body, key="merchant", headers=headers | extra)
                for c in ("climbers", "nothing")
            ]
            assert [answer.status_code for answer in found] == [404, 404]
            assert found[0].data == found[1].data


def test_a_member_sees_no_owners_view(service):
    for key in ("member", "service", "scientist"):
        answer = service.ask("GET", "/v1/circles/drinkers", key=key)
        assert "owner" not in answer.json
        assert "ETag" not in answer.headers
        CircleDetailOut.model_validate(answer.json)
    assert service.ask("GET", "/v1/circles/drinkers", key="merchant").json["owner"]["revision"] == 0


def test_a_merchant_lists_its_own_circles_by_pages_and_the_operator_all(service):
    for i in range(3):
        make(service, circle_id=f"b{i}")
    first = service.ask("GET", "/v1/circles?limit=2", key="merchant").json
    rest = service.ask("GET", f"/v1/circles?limit=2&cursor={first['next_cursor']}", key="merchant").json
    OwnCirclesOut.model_validate(first)
    ids = [item["circle_id"] for page in (first, rest) for item in page["items"]]
    assert (ids, "next_cursor" in rest) == (["drinkers", "b0", "b1", "b2"], False)
    everything = service.ask("GET", "/v1/circles?limit=100", key="operator").json["items"]
    assert len(everything) == 8
    assert service.ask("GET", "/v1/circles?cursor=x9", key="merchant").status_code == 422
    assert service.ask("GET", "/v1/circles?limit=101", key="merchant").status_code == 422


def test_a_loaded_circle_can_be_changed_by_its_owner(service):
    answer = change(service, "drinkers", '"0"', description="For all who brew")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert answer.json["description"] == "For all who brew"


def test_no_answer_to_an_owner_names_a_person(service):
    people = [service.context.pseudonyms.of(f"u{i}") for i in range(80)]
    for path in ("/v1/circles", "/v1/circles/drinkers"):
        text = service.ask("GET", path, key="merchant").text
        assert not any(person in text for person in people)


def test_while_the_store_is_away_nothing_is_made(service, settings, store_away):
    from api.app import create_app

    away = create_app(store_away)
    headers = {"Authorization": f"Bearer {service.keys['merchant']}"}
    answer = away.test_client().post("/v1/circles", json=BREWERS, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (503, "store_unavailable")
    away.extensions["circles"].close()
