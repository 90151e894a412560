"""Earlier answers made again: the same while nothing changed, and never more than may be shown today."""

import shutil

import pytest

from api.commands.common import Parts
from api.commands.train import train
from api.schemas.general import RecommendationOut
from api.schemas.receipts import ReplayOut
from tests.api.conftest import exploring


def shown(service, query="limit=3", user="u60"):
    return service.ask("GET", f"/v1/users/{user}/circles?{query}").json


def replay(service, answer, key="service"):
    found = service.ask("GET", f"/v1/recommendations/{answer['rec_id']}/replay", key=key)
    assert found.status_code == 200, found.text
    ReplayOut.model_validate(found.json)
    return found.json


def event(service, kind, circle, user="u60", **more):
    body = {"event_id": f"{kind}-{circle}", "kind": kind, "user_id": user, "circle_id": circle, **more}
    assert service.ask("POST", "/v1/events", body).json["accepted"] == 1


@pytest.mark.parametrize("query", ["limit=3", "mode=non_profiling", "scene=dining", "exclude=bakers&limit=1"])
def test_a_list_is_made_again_to_the_last_bit(service, query):
    service.app.extensions["circles"] = exploring(service.context, 0.5, steady_slots=0)
    answer = shown(service, query)
    found = replay(service, answer)
    assert (found["same"], found["remade"], found["withheld"]) == (True, True, {})
    assert [i["circle_id"] for i in found["items"]] == [i["circle_id"] for i in answer["items"]]
    assert [i["score"] for i in found["items"]] == [i["score"] for i in answer["items"]]


def test_a_list_is_made_again_after_another_version_and_not_without_its_own(service, settings):
    first = shown(service)
    second = shown(service, f"limit=3&cursor={first['next_cursor']}")
    train(Parts(settings), gnn=False, seed=5)
    service.context.versions._checked_at = float("-inf")
    assert shown(service)["version"] != first["version"]
    for answer in (first, second):
        found = replay(service, answer)
        assert (found["same"], found["remade"], found["version"]) == (True, True, first["version"])
    kept = f"/v1/recommendations/{first['rec_id']}"
    assert len(service.ask("GET", kept).json["content"]["candidates"]["precomputed"]) > 3
    shutil.rmtree(settings.home / "versions" / first["version"])
    assert service.ask("GET", kept).json["content"]["candidates"] == {"precomputed": None}
    found = replay(service, first)
    assert (found["state"], "items" in found) == ("version_gone", False)


def test_what_was_decided_since_is_withheld_and_counted(service):
    answer = shown(service)
    one, two, three = (item["circle_id"] for item in answer["items"])
    event(service, "dismiss", one)
    event(service, "join", two)
    body = {"reason": "under review"}
    assert service.ask("PUT", f"/v1/circles/{three}/quarantine", body, key="operator").status_code == 200
    found = replay(service, answer)
    assert (found["same"], found["remade"], found["items"]) == (False, False, [])
    assert found["withheld"] == {"dismissed": 1, "joined": 1, "not_open": 1}


def test_a_purchase_since_changes_nothing_of_what_was_shown(service):
    answer = shown(service)
    body = {"payment_id": "x", "user_id": "u60", "merchant_id": "k0", "paid_at": "2026-09-01T08:00:00Z"}
    assert service.ask("POST", "/v1/payments", body).json["accepted"] == 1
    found = replay(service, answer)
    assert (found["same"], found["remade"], len(found["items"])) == (True, False, 3)


def test_nothing_personal_is_replayed_without_consent(service):
    personal, popular = shown(service), shown(service, "mode=non_profiling")
    service.ask("PUT", "/v1/users/u60/consents/circles", {"granted": False})
    found = replay(service, personal)
    assert (found["items"], found["withheld"]) == ([], {"consent": 3})
    assert replay(service, popular)["same"] is True


def test_nothing_personal_is_replayed_after_a_mute_until_it_is_taken_back(service):
    personal, popular = shown(service), shown(service, "mode=non_profiling")
    service.ask("PUT", "/v1/users/u60/mutes/merchants/c0")
    found = replay(service, personal)
    assert (found["items"], found["withheld"]) == ([], {"muted": 3})
    assert replay(service, popular)["same"] is True
    service.ask("DELETE", "/v1/users/u60/mutes/merchants/c0")
    assert replay(service, personal)["same"] is True


WITHDRAWN = ("consents/circles", {"granted": False}, {"granted": True}, "consent")
MUTED = ("mutes/merchants/c0", None, None, "muted")


@pytest.mark.parametrize(("path", "body", "back", "why"), [WITHDRAWN, MUTED])
def test_a_receipt_tells_no_list_that_rests_on_what_was_taken_back_since(service, path, body, back, why):
    personal, popular = shown(service), shown(service, "mode=non_profiling")
    circle = personal["items"][0]["circle_id"]
    event(service, "exposure", circle, rec_id=personal["rec_id"])
    event(service, "join", circle, rec_id=personal["rec_id"])
    paths = [f"/v1/recommendations/{answer['rec_id']}" for answer in (personal, popular)]
    before = [service.ask("GET", one).json for one in paths]
    assert (before[0]["withheld"], len(before[0]["content"]["items"])) == ({}, 3)
    service.ask("PUT", f"/v1/users/u60/{path}", body)
    for key in ("service", "operator"):
        found = service.ask("GET", paths[0], key=key).json
        RecommendationOut.model_validate(found)
        assert (found["content"]["items"], found["withheld"]) == ([], {why: 3})
        assert not {"candidates", "exploration", "filters"} & set(found["content"])
        assert [one["kind"] for one in found["events"]] == ["join"]
    assert service.ask("GET", paths[1]).json == before[1]
    service.ask("PUT" if back else "DELETE", f"/v1/users/u60/{path}", back)
    again = service.ask("GET", paths[0]).json
    assert (again["content"]["items"], again["events"]) == (
        before[0]["content"]["items"],
        before[0]["events"],
    )


def test_of_somebody_who_was_erased_only_that_is_said(service):
    mine, other = shown(service), shown(service, user="u62")
    job = service.ask("DELETE", "/v1/users/u60").json["job_id"]
    assert replay(service, mine) == {"rec_id": mine["rec_id"], "state": "erased"}
    assert replay(service, other)["same"] is True
    assert service.ask("GET", f"/v1/recommendations/{mine['rec_id']}").status_code == 404
    assert service.ask("GET", "/v1/recommendations/rec_x/replay").status_code == 404
    service.ended(job, key="service")


def test_without_the_store_nothing_is_replayed(service, settings):
    answer = shown(service)
    service.context.store.close()
    (settings.home / "circles.db").rename(settings.home / "elsewhere.db")
    (settings.home / "circles.db").mkdir()
    from api.app import create_app

    app = create_app(settings)
    headers = {"Authorization": f"Bearer {service.keys['service']}"}
    found = app.test_client().get(f"/v1/recommendations/{answer['rec_id']}/replay", headers=headers)
    assert (found.status_code, found.json["code"]) == (503, "store_unavailable")
    kept = app.test_client().get(f"/v1/recommendations/{answer['rec_id']}", headers=headers).json
    assert (kept["content"]["items"], kept["withheld"]) == ([], {"not_known": 3})
    app.extensions["circles"].close()


def test_a_receipt_tells_what_followed_and_operators_what_was_kept_out(service):
    event(service, "dismiss", "bakers")
    answer = shown(service, "limit=2&scene=fitness&exclude=newcomers")
    circle = answer["items"][0]["circle_id"]
    event(service, "exposure", circle, rec_id=answer["rec_id"])
    event(service, "join", circle, rec_id=answer["rec_id"])
    path = f"/v1/recommendations/{answer['rec_id']}"
    told, known = (service.ask("GET", path, key=key).json for key in ("service", "operator"))
    RecommendationOut.model_validate(known)
    assert [(e["kind"], e["circle_id"], e.get("position")) for e in told["events"]] == [
        ("exposure", circle, 1),
        ("join", circle, None),
    ]
    assert known["content"].pop("filters") == {"not_open": 1, "dismissed": 1, "excluded": 1, "scene": 2}
    assert known == told


@pytest.mark.parametrize("what", ["invitations", "relays", "links"])
def test_other_personal_answers_have_receipts_that_name_nobody(service, what):
    answer = service.ask("GET", f"/v1/users/u60/{what}").json
    kept = service.context.receipts.find(answer["rec_id"])
    assert (kept.user_id, kept.content["kind"]) == (service.context.pseudonyms.of("u60"), what)
    assert len(kept.content["shown"]) == len(answer["items"])
    found = replay(service, answer)
    assert (found["same"], found["shown"]) == (True, len(answer["items"]))
