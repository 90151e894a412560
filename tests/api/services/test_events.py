"""Events over HTTP: once each, the good ones beside the bad ones."""

import pytest

from api.schemas.general import BatchAnswer


def event(**changes):
    return {"event_id": "e1", "kind": "dismiss", "user_id": "u60", "circle_id": "drinkers"} | changes


def test_an_event_is_kept_once(service):
    answers = [service.ask("POST", "/v1/events", [event()]).json for _ in range(2)]
    assert answers == [
        {"accepted": 1, "duplicates": 0, "rejected": []},
        {"accepted": 0, "duplicates": 1, "rejected": []},
    ]
    BatchAnswer.model_validate(answers[0])


def test_a_member_takes_no_id_away_from_anybody(service):
    """An id that a member sent first would make the app's event of somebody else a duplicate."""
    own = [event(user_id="u0")]
    assert service.ask("POST", "/v1/events", own, key="member").json["accepted"] == 1
    assert service.ask("POST", "/v1/events", own, key="member").json["duplicates"] == 1
    assert service.ask("POST", "/v1/events", [event()]).json["accepted"] == 1


def test_one_object_and_lines_are_batches_too(service):
    assert service.ask("POST", "/v1/events", event()).json["accepted"] == 1
    lines = b'{"event_id":"e2","kind":"click","user_id":"u60","circle_id":"bakers"}\n\n{"event_id":"e3"}\n'
    answer = service.ask("POST", "/v1/events", data=lines, content_type="application/x-ndjson").json
    assert (answer["accepted"], [entry["index"] for entry in answer["rejected"]]) == (1, [1])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "jump"}, "kind: expected 'join', "),
        ({"event_id": ""}, "event_id: expected at least 1 character"),
        ({"user_id": "nobody"}, "unknown user"),
        ({"circle_id": "nothing"}, "unknown circle"),
        ({"kind": "join", "circle_id": "shut"}, "the circle is closed"),
        ({"at": "2126-01-01T00:00:00Z"}, "at"),
        ({"at": "1969-01-01T00:00:00Z"}, "at"),
        ({"more": 1}, "more is no field of an event"),
    ],
)
def test_a_bad_event_is_rejected_beside_a_good_one(service, changes, problem):
    answer = service.ask("POST", "/v1/events", [event(**changes), event(event_id="good")]).json
    assert (answer["accepted"], answer["duplicates"]) == (1, 0)
    ((rejected),) = answer["rejected"]
    assert rejected["index"] == 0
    assert problem in rejected["problem"]
    assert "u60" not in rejected["problem"]


def test_joining_is_seen_by_the_account_and_the_circle(service):
    before = service.context.store.get().circle("bakers").num_members
    service.ask("POST", "/v1/events", event(kind="join", circle_id="bakers"))
    assert service.context.store.get().circle("bakers").num_members == before + 1
    service.ask("POST", "/v1/events", event(kind="leave", event_id="e2", circle_id="bakers"))
    assert service.context.store.get().circle("bakers").num_members == before


@pytest.fixture
def rec_id(service):
    return service.ask("GET", "/v1/users/u60/circles?limit=2").json["rec_id"]


def seen(rec_id, **changes):
    return event(kind="exposure", rec_id=rec_id) | changes


def test_an_exposure_keeps_the_place_of_its_list_or_the_one_it_was_seen_at(service, rec_id):
    (bakers, drinkers) = (seen(rec_id, event_id=c, circle_id=c) for c in ("bakers", "drinkers"))
    answer = service.ask("POST", "/v1/events", [bakers, drinkers | {"position": 7}]).json
    assert (answer["accepted"], answer["rejected"]) == (2, [])
    shown = service.ask("GET", f"/v1/recommendations/{rec_id}", key="operator").json["content"]["items"]
    place = {item["circle_id"]: item["position"] for item in shown}["bakers"]
    assert sorted(service.context.store.get().exposures()["position"]) == sorted([place, 7])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"rec_id": "rec_of_nobody"}, "unknown rec_id"),
        ({"user_id": "u62"}, "unknown rec_id"),  # the list was another person's
        ({"circle_id": "climbers"}, "unknown rec_id"),  # the list had two circles
        ({"rec_id": None}, "rec_id: is missing"),
        ({"position": 0}, "position"),
        ({"kind": "click", "position": 1}, "position"),
    ],
)
def test_an_exposure_of_what_was_not_shown_is_rejected_beside_a_good_one(service, rec_id, changes, problem):
    answer = service.ask("POST", "/v1/events", [seen(rec_id) | changes, event(event_id="good")]).json
    assert answer["accepted"] == 1
    ((rejected),) = answer["rejected"]
    assert problem in rejected["problem"]
    assert "u60" not in rejected["problem"]


def test_a_joining_with_an_unknown_list_is_not_lost(service):
    answer = service.ask("POST", "/v1/events", event(kind="join", circle_id="bakers", rec_id="rec_old")).json
    assert answer["accepted"] == 1
