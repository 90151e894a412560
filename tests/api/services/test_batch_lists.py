"""Lists for many people by a job: made once each, taken up again, and shown as they may be shown now."""

import time

import orjson
import pytest

from api.app import create_app
from api.schemas.general import JobOut
from api.services import batch_lists
from graph.errors import WrongState


def ask(service, users, **more):
    answer = service.ask("POST", "/v1/circle-recommendations", {"users": users, **more})
    assert answer.status_code == 202, answer.text
    JobOut.model_validate(answer.json)
    return answer.json["job_id"]


def lines(service, job_id, query=""):
    answer = service.ask("GET", f"/v1/jobs/{job_id}/result?{query}")
    assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson"), answer.text
    return [orjson.loads(line) for line in answer.data.splitlines()]


def queued(service, users):
    """A job that no process works on yet."""
    params = {"users": [service.context.pseudonyms.of(user) for user in users], "limit": 2, "scene": None}
    params |= {"exclude": [], "version": service.context.versions.current().version.name}
    (key_id,) = [service.keys["service"].split("_")[1]]
    return service.context.jobs.add("lists", params, owner=key_id, now=int(time.time()))


def done(service, job):
    """Make the lists of a job here."""
    result = batch_lists.make(service.context, job)
    service.context.jobs.end(job.job_id, now=int(time.time()), result=result)
    return result


def test_everybody_has_the_list_that_they_would_be_given(service):
    job_id = ask(service, ["u60", "nobody", "u61"], limit=2)
    job = service.ended(job_id, key="service")
    assert (job["state"], job["kind"]) == ("done", "lists")
    assert {name: job["result"][name] for name in ("users", "unknown")} == {"users": 3, "unknown": 1}
    found = lines(service, job_id)
    assert [line["index"] for line in found] == [0, 1, 2]
    assert found[1] == {"index": 1, "state": "unknown"}
    for line, user in ((found[0], "u60"), (found[2], "u61")):
        assert [item["circle_id"] for item in line["items"]] == service.circles(user, "limit=2")
        receipt = service.context.receipts.find(line["rec_id"])
        assert receipt.user_id == service.context.pseudonyms.of(user)
    (file,) = service.context.home.batches.glob("*")
    assert receipt.user_id.encode() not in file.read_bytes()


def test_a_job_that_was_killed_goes_on_where_it_stopped(service):
    job = queued(service, ["u60", "u61", "u62"])
    batch_lists.make(service.context, job)
    (file,) = service.context.home.batches.glob("*")
    whole = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(whole[0] + whole[1][:7])  # killed while it wrote the second line
    done(service, job)
    again = file.read_bytes().splitlines(keepends=True)
    assert (again[0], len(again), len(set(again))) == (whole[0], 3, 3)


def test_what_changed_since_holds_when_lists_are_fetched(service):
    job = queued(service, ["u60", "u62", "u64", "u66"])
    done(service, job)
    first = [line["items"][0]["circle_id"] for line in lines(service, job.job_id)]
    service.ask("PUT", "/v1/users/u60/consents/circles", {"granted": False})
    event = {"event_id": "d", "kind": "dismiss", "user_id": "u62", "circle_id": first[1]}
    service.ask("POST", "/v1/events", event)
    service.ask("DELETE", "/v1/users/u64")
    withdrawn, dismissed, erased, same = lines(service, job.job_id)
    assert (withdrawn["items"], withdrawn["personalised"]) == ([], True)
    assert [item["position"] for item in dismissed["items"]] == [2]
    assert erased == {"index": 2, "state": "erased"}
    assert same["items"][0]["circle_id"] == first[3]


def test_a_result_comes_in_parts_and_a_part_too_large_is_refused(service):
    job = queued(service, ["u60", "u61", "u62"])
    done(service, job)
    parts = [lines(service, job.job_id, f"start={n}&limit=2") for n in (0, 2, 4)]
    assert [[line["index"] for line in part] for part in parts] == [[0, 1], [2], []]
    assert service.ask("GET", f"/v1/jobs/{job.job_id}/result?limit=1001").status_code == 422


def test_a_result_is_for_the_key_that_asked_once_it_is_done_and_for_a_day(service):
    job = queued(service, ["u60"])
    path = f"/v1/jobs/{job.job_id}/result"
    assert service.ask("GET", path).status_code == 409
    assert service.ask("GET", path, key=service.new_key("service")).status_code == 404
    done(service, job)
    assert service.ask("GET", path).status_code == 200
    ended = service.context.jobs.find(job.job_id)
    with pytest.raises(Exception, match="not kept any more"):
        batch_lists.result(service.context, ended, start=0, limit=1, now=ended.ended_at + 86_401)
    other = service.context.jobs.add("train", {}, owner=ended.owner, now=1)
    service.context.jobs.end(other.job_id, now=2, result={})
    assert service.ask("GET", f"/v1/jobs/{other.job_id}/result").status_code == 404


def test_a_cancelled_batch_has_no_result(service):
    job = queued(service, ["u60"])
    assert service.ask("DELETE", f"/v1/jobs/{job.job_id}").json["state"] == "cancelled"
    cancelled = service.context.jobs.find(job.job_id)
    with pytest.raises(WrongState):
        batch_lists.result(service.context, cancelled, start=0, limit=1, now=1)


def test_without_the_store_no_result_is_shown(service, settings):
    job = queued(service, ["u60"])
    done(service, job)
    (settings.home / "circles.db").rename(settings.home / "elsewhere.db")
    (settings.home / "circles.db").mkdir()
    app = create_app(settings)
    headers = {"Authorization": f"Bearer {service.keys['service']}"}
    answer = app.test_client().get(f"/v1/jobs/{job.job_id}/result", headers=headers)
    assert answer.status_code == 503
    app.extensions["circles"].close()
