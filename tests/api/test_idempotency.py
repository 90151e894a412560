"""`Idempotency-Key` over HTTP: one effect, one answer; and what a worker that died had done is found."""

import pytest


def keyed(key="k-1"):
    return {"Idempotency-Key": key}


def payments(*names):
    return [
        {"payment_id": n, "user_id": "new", "merchant_id": "c0", "paid_at": "2026-11-01T09:00:00Z"}
        for n in names
    ]


def lose_answers(service):
    """As a killed worker leaves it: claims that nobody holds, and no answers."""
    held = service.context.db._connection
    held.execute("update answers set status = null, headers = 'dead.1', body = null")


def twice(service, *asked, **more):
    """Two answers to the same request, between which the worker died."""
    first = service.ask(*asked, headers=keyed(), **more)
    lose_answers(service)
    second = service.ask(*asked, headers=keyed(), **more)
    assert "Idempotency-Replayed" not in second.headers
    return first, second


def test_the_same_request_has_the_same_answer(service):
    one = service.ask("POST", "/v1/payments", payments("a", "b"), headers=keyed())
    two = service.ask("POST", "/v1/payments", payments("a", "b"), headers=keyed())
    assert (one.json["accepted"], one.data, two.status_code) == (2, two.data, 200)
    assert ("Idempotency-Replayed" in one.headers, two.headers["Idempotency-Replayed"]) == (False, "true")
    assert two.headers["Content-Type"] == one.headers["Content-Type"]


def test_location_and_etag_are_told_again(service):
    body = {"name": "Brewers", "theme": {"categories": ["coffee shop"]}}
    one, two = (service.ask("POST", "/v1/circles", body, key="merchant", headers=keyed()) for _ in range(2))
    for name in ("Location", "ETag"):
        assert one.headers[name] == two.headers[name]


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "k\u00e9"])
def test_a_key_that_is_none_is_refused(service, key):
    answer = service.ask("POST", "/v1/payments", payments("a"), headers=keyed(key))
    assert (answer.status_code, answer.json["code"]) == (422, "validation")


def test_another_caller_may_use_the_same_key(service):
    assert service.ask("POST", "/v1/payments", payments("a"), headers=keyed()).json["accepted"] == 1
    other = service.new_key("service")
    assert (
        service.ask("POST", "/v1/payments", payments("b"), key=other, headers=keyed()).json["accepted"] == 1
    )


def test_another_request_with_the_same_key_is_refused(service):
    service.ask("POST", "/v1/payments", payments("a"), headers=keyed())
    for path, body in (("/v1/payments", payments("b")), ("/v1/events", payments("a"))):
        answer = service.ask("POST", path, body, headers=keyed())
        assert (answer.status_code, answer.json["code"]) == (422, "key_reused")


def test_an_answer_that_says_to_try_again_is_not_kept(service):
    store = service.context.home.path / "circles.db"
    service.context.store._store = None
    store.rename(store.with_suffix(".away"))
    store.mkdir()
    assert service.ask("POST", "/v1/payments", payments("a"), headers=keyed()).status_code == 503
    store.rmdir()
    store.with_suffix(".away").rename(store)
    service.context.store._failed = (float("-inf"), "")
    assert service.ask("POST", "/v1/payments", payments("a"), headers=keyed()).json["accepted"] == 1


def test_while_it_is_being_answered_it_is_a_conflict(service):
    answers = service.app.extensions["answers"]
    service.ask("POST", "/v1/payments", payments("a"), headers=keyed())
    held = f"{answers._worker}.1"
    answers._claims.add(held)
    service.context.db._connection.execute("update answers set status = null, headers = ?", (held,))
    answer = service.ask("POST", "/v1/payments", payments("a"), headers=keyed())
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (
        409,
        "key_in_use",
        "1",
    )


def test_payments_taken_by_a_worker_that_died_are_still_accepted(service):
    one, two = twice(service, "POST", "/v1/payments", [*payments("a", "b", "a"), {"payment_id": "bad"}])
    assert (one.json["accepted"], one.json["duplicates"], len(one.json["rejected"])) == (2, 1, 1)
    assert two.json == one.json


def test_events_taken_by_a_worker_that_died_are_still_accepted(service):
    events = [
        {"event_id": f"e{i}", "kind": "click", "user_id": "u60", "circle_id": "bakers"} for i in range(250)
    ]
    events += [events[0], events[0] | {"event_id": "bad", "kind": "jump"}]
    one, two = twice(service, "POST", "/v1/events", events)
    assert (one.json["accepted"], one.json["duplicates"]) == (250, 1)
    assert two.json == one.json


LINK = {"from": "drinkers", "to": "climbers", "topics": ["tea"], "rate": 2}
CIRCLE = {"name": "Brewers", "theme": {"categories": ["coffee shop"]}}


@pytest.mark.parametrize(
    ("path", "body", "key"),
    [
        ("/v1/circles", CIRCLE, "merchant"),
        ("/v1/circles", CIRCLE | {"circle_id": "brewers"}, "merchant"),
        ("/v1/circle-links", LINK, "merchant"),
        ("/v1/themes:preview", {"categories": ["coffee shop"]}, "merchant"),
    ],
)
def test_what_was_made_by_a_worker_that_died_is_found_again(climb, path, body, key):
    one, two = twice(climb, "POST", path, body, key=key)
    assert one.status_code in (200, 201)
    assert (two.status_code, two.json) == (one.status_code, one.json)


def test_a_link_that_was_closed_in_between_is_not_made_anew(climb):
    made = climb.ask("POST", "/v1/circle-links", LINK, key="merchant", headers=keyed()).json
    climb.ask("DELETE", f"/v1/circle-links/{made['link_id']}", key="climb")
    lose_answers(climb)
    again = climb.ask("POST", "/v1/circle-links", LINK, key="merchant", headers=keyed())
    assert (again.json["link_id"], again.json["state"]) == (made["link_id"], "closed")


def test_a_relay_sent_by_a_worker_that_died_is_one_message(climb):
    link = climb.ask("POST", "/v1/circle-links", LINK, key="merchant").json["link_id"]
    climb.ask("POST", f"/v1/circle-links/{link}/acceptance", key="climb", headers=keyed("accept"))
    body = {"link_id": link, "topic": "tea", "message_ref": "m-1"}
    one, two = twice(climb, "POST", "/v1/circles/drinkers/relays", body, key="merchant")
    assert (one.status_code, two.status_code, one.json) == (201, 201, two.json)
    assert len(climb.ask("GET", "/v1/users/u1/relays").json["items"]) == 1


def test_a_training_begun_by_a_worker_that_died_is_the_same_job(service):
    context, owner = service.context, service.keys["scientist"].split("_")[1]
    token = context.pseudonyms.of(f"idempotency:{owner}:k-1")
    job = context.jobs.add("train", {}, owner=owner, now=context.now(), token=token)
    context.jobs.start(job.job_id, now=context.now())
    found = service.ask("POST", "/v1/training-jobs", {"gnn": False}, key="scientist", headers=keyed())
    assert (found.status_code, found.json["job_id"]) == (202, job.job_id)
    other = service.ask("POST", "/v1/training-jobs", {"gnn": False}, key="scientist", headers=keyed("k-2"))
    assert (other.status_code, other.json["code"]) == (409, "store_conflict")


def test_a_rollback_by_a_worker_that_died_does_not_go_further_back(service):
    registry = service.context.versions.registry
    (first,) = [manifest["version"] for manifest in registry.list()]
    (registry.versions / "current").write_text(f"newer\n{first}\n")
    (registry.versions / "newer").mkdir()
    manifest = (registry.versions / first / "manifest.json").read_text().replace(first, "newer")
    (registry.versions / "newer" / "manifest.json").write_text(manifest)
    one, two = twice(service, "POST", "/v1/models/newer:rollback", key="operator")
    assert (one.status_code, one.json, two.json) == (200, {"served": first}, {"served": first})
    fresh = service.ask("POST", "/v1/models/newer:rollback", key="operator", headers=keyed("k-2"))
    assert fresh.status_code == 409


def test_a_forgotten_person_leaves_no_answers(service):
    event = {"event_id": "e-9", "kind": "dismiss", "user_id": "u0", "circle_id": "climbers"}
    service.ask("POST", "/v1/events", event, key="member", headers=keyed("u0 says no"))
    service.ask("POST", "/v1/links/x/responses", {"response": "block", "user_id": "u0"}, headers=keyed("b"))
    pseudonym = service.context.pseudonyms.of("u0")
    assert service.context.db._connection.execute("select count(*) from answers").fetchone() == (2,)
    job = service.ask("DELETE", "/v1/users/u0").json["job_id"]
    assert service.context.db._connection.execute("select count(*) from answers").fetchone() == (0,)
    assert service.ended(job, "service")["state"] == "done"
    service.context.db.clear_history()
    for file in service.context.home.path.glob("service.db*"):
        assert pseudonym.encode() not in file.read_bytes()
        assert b"u0 says no" not in file.read_bytes()


def test_of_an_anonymous_question_nothing_is_kept_and_a_job_for_many_is_found_again(service):
    asked = {"payments": [{"merchant_id": "c0"}], "limit": 2}
    one, two = (service.ask("POST", "/v1/circle-recommendations", asked, headers=keyed()) for _ in range(2))
    assert (one.status_code, two.status_code, "Idempotency-Replayed" in two.headers) == (200, 200, False)
    assert service.context.db._connection.execute("select count(*) from answers").fetchone() == (0,)
    first, again = twice(service, "POST", "/v1/circle-recommendations", {"users": ["u1"], "limit": 2})
    assert (first.status_code, again.status_code, first.json["job_id"]) == (202, 202, again.json["job_id"])
