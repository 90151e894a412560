"""Circles for a person, asked over HTTP in process: consent, freshness, filters, reasons, receipts."""

import json
import shutil

import pytest

from api.app import create_app
from api.schemas.general import CirclesAnswer, RecommendationOut

NEWCOMER = [
    {
        "payment_id": f"n{i}",
        "user_id": "nina",
        "merchant_id": f"k{i}",
        "product_id": "rope",
        "paid_at": "2026-09-01T09:00:00Z",
    }
    for i in range(3)
]


def grant(service, user, granted=True):
    answer = service.ask("PUT", f"/v1/users/{user}/consents/circles", {"granted": granted})
    assert answer.status_code == 200


def event(service, kind, user, circle):
    body = {"event_id": f"{kind}-{user}-{circle}", "kind": kind, "user_id": user, "circle_id": circle}
    assert service.ask("POST", "/v1/events", body).json["accepted"] == 1


def test_a_list_is_personal_and_names_what_the_person_did(service):
    answer = service.ask("GET", "/v1/users/u60/circles").json
    CirclesAnswer.model_validate(answer)
    assert (answer["user_id"], answer["personalised"], answer["degraded"]) == ("u60", True, False)
    assert {item["circle_id"] for item in answer["items"][:2]} == {"drinkers", "bakers"}
    reasons = [reason for item in answer["items"][:2] for reason in item["reasons"]]
    assert any("coffee" in reason["text"].lower() for reason in reasons)
    assert all(0 < reason["share"] <= 1 and reason["text_zh"] for reason in reasons)


def test_a_new_person_is_served_after_consent_and_three_payments(service):
    grant(service, "nina")
    first = service.ask("GET", "/v1/users/nina/circles").json
    assert (first["personalised"], first["reason"]) == (False, "nothing_known")
    assert service.ask("POST", "/v1/payments", NEWCOMER).json["accepted"] == 3
    answer = service.ask("GET", "/v1/users/nina/circles").json
    assert (answer["personalised"], answer["version"]) == (True, first["version"])
    assert answer["items"][0]["circle_id"] == "climbers"
    assert "climbing" in answer["items"][0]["reasons"][0]["text"].lower()


def test_without_consent_the_list_shows_no_trace_of_payments(service):
    service.ask("POST", "/v1/payments", NEWCOMER)
    grant(service, "other")
    popular = service.ask("GET", "/v1/users/other/circles").json["items"]
    answer = service.ask("GET", "/v1/users/nina/circles").json
    assert (answer["personalised"], answer["reason"]) == (False, "consent_missing")
    assert answer["items"] == popular
    assert {reason["kind"] for item in answer["items"] for reason in item["reasons"]} <= {"popular", "open"}


def test_withdrawn_consent_counts_at_the_next_request(service):
    assert service.ask("GET", "/v1/users/u60/circles").json["personalised"] is True
    grant(service, "u60", granted=False)
    assert service.ask("GET", "/v1/users/u60/circles").json["personalised"] is False
    grant(service, "u60")
    assert service.ask("GET", "/v1/users/u60/circles").json["personalised"] is True


def test_without_profiling_everybody_gets_the_same_list(service):
    event(service, "dismiss", "u60", "drinkers")
    event(service, "join", "u61", "climbers")
    grant(service, "u62", granted=False)
    service.ask("PUT", "/v1/users/new", {"adult": True})
    bodies = set()
    for user in ("u60", "u61", "u62", "new"):  # who dismissed, joined, refused, and is unknown
        answer = service.ask("GET", f"/v1/users/{user}/circles?mode=non_profiling").json
        assert (answer["personalised"], answer["reason"]) == (False, "non_profiling")
        bodies.add(json.dumps({name: answer[name] for name in answer if name not in ("rec_id", "user_id")}))
    assert len(bodies) == 1


@pytest.mark.parametrize("kind", ["join", "dismiss", "leave"])
def test_joined_dismissed_and_left_circles_never_come_back(service, kind):
    assert "drinkers" in service.circles("u60")
    event(service, "join", "u60", "drinkers")
    if kind != "join":
        event(service, kind, "u60", "drinkers")
    assert "drinkers" not in service.circles("u60")


def test_a_live_list_equals_the_published_one_while_nothing_has_changed(service):
    published = service.ask("GET", "/v1/users/u60/circles").json
    service.ask("PUT", "/v1/users/u60", {"city": "Oslo"})
    live = service.ask("GET", "/v1/users/u60/circles").json
    sources = [service.context.receipts.find(a["rec_id"]).content["candidates"] for a in (published, live)]
    assert [list(source) for source in sources] == [["precomputed"], ["live"]]
    assert live["items"] == published["items"]


def test_excluded_circles_and_other_scenes_are_left_out(service):
    assert service.circles("u60", "exclude=drinkers,bakers&exclude=newcomers") == ["climbers"]
    assert set(service.circles("u60", "scene=fitness")) == {"climbers", "newcomers"}


def test_a_limit_cuts_and_one_over_the_maximum_is_refused(service):
    assert len(service.circles("u60", "limit=2")) == 2
    refused = service.ask("GET", "/v1/users/u60/circles?limit=101")
    assert refused.status_code == 422
    assert refused.json["errors"] == [{"field": "limit", "value": "101", "expected": "1 to 100"}]


def test_an_empty_list_says_why(service):
    answer = service.ask("GET", "/v1/users/u60/circles?scene=finance").json
    assert (answer["items"], answer["why_empty"]) == ([], "no circle of the scene finance is open")
    answer = service.ask("GET", "/v1/users/u60/circles?exclude=drinkers,bakers,climbers,newcomers").json
    assert "excluded" in answer["why_empty"]


def test_a_circle_that_closes_is_gone_at_the_next_request(service):
    assert "climbers" in service.circles("u61")
    store = service.context.store.get()
    store.set_circle_state(store.circle("climbers").index, "quarantined", 1)
    assert "climbers" not in service.circles("u61")
    assert "shut" not in service.circles("u61")


def test_reasons_can_be_left_out(service):
    answer = service.ask("GET", "/v1/users/u60/circles?explain=false").json
    assert all("reasons" not in item for item in answer["items"])


def test_walled_payments_are_in_no_reason(service):
    assert "chemist" not in service.ask("GET", "/v1/users/u0/circles").text.lower()


def test_an_unknown_person_is_not_found(service):
    assert service.ask("GET", "/v1/users/nobody/circles").status_code == 404


def test_an_answer_has_a_receipt_without_the_account_id(service):
    answer = service.ask("GET", "/v1/users/u60/circles?limit=2&exclude=climbers").json
    receipt = service.ask("GET", f"/v1/recommendations/{answer['rec_id']}", key="operator").json
    RecommendationOut.model_validate(receipt)
    assert receipt["version"] == answer["version"]
    assert [i["circle_id"] for i in receipt["content"]["items"]] == [i["circle_id"] for i in answer["items"]]
    assert [i["score"] for i in receipt["content"]["items"]] == [i["score"] for i in answer["items"]]
    assert set(receipt["content"]["candidates"]["precomputed"]) >= {"drinkers", "bakers"}
    assert receipt["user"] == service.context.pseudonyms.of("u60")
    assert "u60" not in service.ask("GET", f"/v1/recommendations/{answer['rec_id']}").text


def test_two_answers_have_two_receipts(service):
    one, two = (service.ask("GET", "/v1/users/u60/circles").json for _ in range(2))
    assert one["rec_id"] != two["rec_id"]
    assert one["items"] == two["items"]


def test_while_the_store_is_away_the_published_list_goes_on(service, settings, store_away):
    live = service.circles("u60")
    away = create_app(store_away)
    headers = {"Authorization": f"Bearer {service.keys['service']}"}
    answer = away.test_client().get("/v1/users/u60/circles", headers=headers)
    assert (answer.status_code, answer.json["degraded"]) == (200, True)
    assert [item["circle_id"] for item in answer.json["items"]] == live
    assert "does not answer" in answer.json["note"]
    CirclesAnswer.model_validate(answer.json)
    stranger = away.test_client().get("/v1/users/nobody/circles", headers=headers).json
    assert (stranger["personalised"], stranger["reason"]) == (False, "store_unavailable")
    away.extensions["circles"].close()


def test_who_withdrew_gets_no_published_list_while_the_store_is_away(service, settings):
    grant(service, "u60", granted=False)
    (settings.home / "circles.db").rename(settings.home / "elsewhere.db")
    (settings.home / "circles.db").mkdir()
    away = create_app(settings)
    headers = {"Authorization": f"Bearer {service.keys['service']}"}
    answer = away.test_client().get("/v1/users/u60/circles", headers=headers).json
    assert (answer["degraded"], answer["personalised"]) == (True, False)
    away.extensions["circles"].close()


def test_without_a_version_the_answer_is_a_problem(service, settings):
    shutil.rmtree(settings.home / "versions")
    empty = create_app(settings)
    headers = {"Authorization": f"Bearer {service.keys['service']}"}
    answer = empty.test_client().get("/v1/users/u60/circles", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (503, "no_published_version")
    assert answer.headers["Retry-After"]
    empty.extensions["circles"].close()


def test_a_version_of_another_store_is_refused(service):
    service.context.store.get()
    service.context.store._identity = "another"
    answer = service.ask("GET", "/v1/users/u60/circles")
    assert (answer.status_code, answer.json["code"]) == (503, "incompatible_version")
