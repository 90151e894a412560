"""Jobs: processes of their own that survive the worker and are picked up again."""

import os
import time

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
    forget = {"user": service.context.pseudonyms.of("u60")}
    job = service.context.jobs.add("forget", forget, owner="k", now=int(time.time()))
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
