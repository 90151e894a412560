"""Jobs: processes of their own that survive the worker and are picked up again."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from api.jobs import environment
from api.schemas.general import JobOut, ModelsOut
from api.services import work
from graph.settings import Settings, settings_from


def test_the_environment_of_a_job_gives_the_same_settings(tmp_path):
    settings = Settings(home=tmp_path, pseudonym_key="k" * 40, memory="2GB", threads=3)
    assert settings_from(environment(settings, os.environ | {"CIRCLES_OTHER": "x"})) == settings


def test_training_over_http_publishes_a_version_that_is_served(service):
    before = service.ask("GET", "/v1/users/u60/circles").json["version"]
    answer = service.ask("POST", "/v1/training-jobs", {"gnn": False, "seed": 3}, key="scientist")
    assert answer.status_code == 202
    JobOut.model_validate(answer.json)
    again = service.ask("POST", "/v1/training-jobs", {}, key="operator")
    assert (again.status_code, again.json["code"]) == (409, "store_conflict")
    job = service.ended(answer.json["job_id"])
    assert job["state"] == "done", job
    models = service.ask("GET", "/v1/models", key="scientist").json
    ModelsOut.model_validate(models)
    assert [model["version"] for model in models["items"]] == [before, job["result"]["version"]]
    time.sleep(1.1)
    assert service.ask("GET", "/v1/users/u60/circles").json["version"] == job["result"]["version"]


def test_a_job_is_visible_to_its_owner_and_to_operators(service):
    job = service.context.jobs.add("train", {}, owner="another-key", now=int(time.time()))
    assert service.ask("GET", f"/v1/jobs/{job.job_id}", key="scientist").status_code == 404
    assert service.ask("GET", f"/v1/jobs/{job.job_id}", key="operator").status_code == 200


def test_what_an_earlier_service_left_is_picked_up(service):
    user = service.context.pseudonyms.of("u60")
    index = service.context.store.get().user(user).index
    service.context.db.write("erasures.insert", (user, index))
    job = service.context.jobs.add("forget", {"user": user}, owner="k", now=int(time.time()))
    work.resume(service.context)
    assert service.ended(job.job_id, key="operator")["result"]["payments"] == 4


@pytest.mark.parametrize("kind", ["train"])
def test_a_training_that_was_killed_is_reported_as_such(service, kind):
    job = service.context.jobs.add(kind, {}, owner="k", now=int(time.time()))
    service.context.jobs.start(job.job_id, now=int(time.time()) - 3600)
    ended_job = service.ended(job.job_id, key="operator")
    assert ended_job["state"] == "failed"
    assert "interrupted" in ended_job["problem"]


def test_a_job_that_cannot_be_done_says_why(service, settings):
    (settings.home / "policy.toml").write_text("production = 3")
    service.context.launcher._settings = Settings(home=settings.home, policy=settings.home / "policy.toml")
    answer = service.ask("POST", "/v1/training-jobs", {"gnn": False}, key="scientist")
    job = service.ended(answer.json["job_id"])
    assert job["state"] == "failed"
    assert "policy.toml" in job["problem"]
    assert service.context.jobs.find(job["job_id"]).params == {}


def alive(job_id):
    """Processes whose command line names a job, or that one of those started."""
    groups = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (path / "cmdline").read_bytes()
            groups.setdefault(os.getpgid(int(path.name)), []).append((path.name, words))
    return [found for found in groups.values() if any(job_id.encode() in words for _, words in found)]


def test_a_cancelled_training_ends_with_all_that_it_started(service):
    job_id = service.ask("POST", "/v1/training-jobs", {}, key="scientist").json["job_id"]
    until = time.monotonic() + 90
    while not any(len(group) > 1 for group in alive(job_id)):  # the job, and the command that trains
        assert time.monotonic() < until
        time.sleep(0.05)
    for _ in range(2):
        cancelled = service.ask("DELETE", f"/v1/jobs/{job_id}", key="scientist")
        assert (cancelled.status_code, cancelled.json["state"]) == (200, "cancelled")
        assert alive(job_id) == []
    JobOut.model_validate(cancelled.json)
    with service.context.home.lock("train"):  # nobody trains
        service.context.jobs.end(job_id, now=1, result={"version": "x"})  # what came too late
    assert service.ask("GET", f"/v1/jobs/{job_id}", key="scientist").json == cancelled.json


def ask_lists(service):
    return service.ask("POST", "/v1/circle-recommendations", {"users": ["u0"]}).json["job_id"]


def test_jobs_without_a_place_wait_and_begin_one_after_the_other(service):
    home = service.context.home
    with home.lock("jobs-lists-0"), home.lock("jobs-lists-1"):
        waiting = [ask_lists(service) for _ in range(3)]
        assert [alive(job_id) for job_id in waiting] == [[], [], []]
        assert {job.state for job in service.context.jobs.unfinished()} == {"queued"}
    for job_id in (ask_lists(service), *waiting):  # the last one starts, and with it the queue
        assert service.ended(job_id, key="service")["state"] == "done"


def test_a_cancelled_job_gives_its_place_to_the_next(service):
    with service.context.home.lock("jobs-lists-0"), service.context.home.lock("jobs-lists-1"):
        first, second = ask_lists(service), ask_lists(service)
    assert service.ask("DELETE", f"/v1/jobs/{first}").json["state"] == "cancelled"
    assert service.ended(second, key="service")["state"] == "done"


def test_a_job_that_was_cancelled_in_the_queue_is_not_begun(service):
    job = service.context.jobs.add("train", {"seed": 1}, owner="k", now=int(time.time()))
    assert service.ask("DELETE", f"/v1/jobs/{job.job_id}", key="operator").json["state"] == "cancelled"
    assert service.context.jobs.start(job.job_id, now=1) is False
    assert service.context.jobs.unfinished() == []


@pytest.mark.parametrize("kind", ["forget", "audience", "catalogue"])
def test_what_must_not_be_left_half_done_is_not_cancelled(service, kind):
    job = service.context.jobs.add(kind, {}, owner="k", now=int(time.time()))
    refused = service.ask("DELETE", f"/v1/jobs/{job.job_id}", key="operator")
    assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
    assert service.context.jobs.find(job.job_id).state == "queued"


def test_what_has_ended_is_not_cancelled_and_another_keys_job_is_unknown(service):
    job = service.context.jobs.add("promote", {}, owner="k", now=1)
    assert service.ask("DELETE", f"/v1/jobs/{job.job_id}", key="scientist").status_code == 404
    service.context.jobs.end(job.job_id, now=2, result={"passed": True})
    refused = service.ask("DELETE", f"/v1/jobs/{job.job_id}", key="operator")
    assert (refused.status_code, "done" in refused.json["detail"]) == (409, True)
