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


def test_one_object_and_lines_are_batches_too(service):
    assert service.ask("POST", "/v1/events", event()).json["accepted"] == 1
    lines = b'{"event_id":"e2","kind":"click","user_id":"u60","circle_id":"bakers"}\n\n{"event_id":"e3"}\n'
    answer = service.ask("POST", "/v1/events", data=lines, content_type="application/x-ndjson").json
    assert (answer["accepted"], [entry["index"] for entry in answer["rejected"]]) == (1, [1])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "jump"}, "kind"),
        ({"user_id": "nobody"}, "unknown user"),
        ({"circle_id": "nothing"}, "unknown circle"),
        ({"kind": "join", "circle_id": "shut"}, "the circle is closed"),
        ({"at": "2126-01-01T00:00:00Z"}, "at"),
        ({"at": "1969-01-01T00:00:00Z"}, "at"),
        ({"more": 1}, "more"),
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
