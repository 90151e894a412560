"""Versions over HTTP: cards, differences, the gate and the way back."""

import json
import shutil

import pytest

from api.schemas.general import ModelCardOut, ModelDiffOut
from embeddings.seal import sealed


@pytest.fixture
def two(service):
    """Names of the served version and of a copy that was published after it."""
    versions = service.context.home.versions
    (old,) = [path for path in versions.iterdir() if (path / "manifest.json").is_file()]
    new = old.with_name(old.name.replace("Z-", "9Z-"))
    shutil.copytree(old, new)
    manifest = json.loads((new / "manifest.json").read_text())
    manifest |= {"version": new.name, "seed": 7}
    (new / "manifest.json").write_text(json.dumps(sealed(manifest)))
    return old.name, new.name


def test_a_version_shows_its_card(service, two):
    answer = service.ask("GET", f"/v1/models/{two[0]}", key="scientist")
    ModelCardOut.model_validate(answer.json)
    assert answer.json["current"] is True
    assert answer.json["card"]["learned_from"]["people_who_agreed"] == 80
    assert "income" in answer.json["card"]["never_read"]
    assert "gate" not in {name for name, value in answer.json.items() if value}


def test_versions_are_compared(service, two):
    answer = service.ask("GET", f"/v1/models/{two[0]}/diff/{two[1]}", key="scientist")
    ModelDiffOut.model_validate(answer.json)
    assert answer.json["about"] == {"seed": {"before": 0, "after": 7}}
    assert answer.json["lists"]["same_first"] == 1.0


def test_a_version_that_cannot_be_judged_is_refused_with_its_reason(service, two):
    answer = service.ask("POST", f"/v1/models/{two[0]}:promote", key="scientist")
    assert answer.status_code == 202
    again = service.ask("POST", f"/v1/models/{two[0]}:promote", key="scientist")
    assert again.status_code == 409
    job = service.ended(answer.json["job_id"])
    assert job["state"] == "done", job
    assert job["result"]["passed"] is False
    assert "only 0 people joined" in job["result"]["reasons"][0]
    kept = service.ask("GET", f"/v1/models/{two[0]}", key="scientist").json
    assert kept["gate"] == job["result"]
    assert kept["state"] == "unpromoted"


def test_rolling_back_serves_the_version_before(service, two):
    old, new = two
    registry = service.context.versions.registry
    registry.set_current(new)
    answer = service.ask("POST", f"/v1/models/{new}:rollback", key="operator")
    assert (answer.status_code, answer.json) == (200, {"served": old})
    assert registry.current_name() == old
    not_served = service.ask("POST", f"/v1/models/{new}:rollback", key="operator")
    assert (not_served.status_code, not_served.json["code"]) == (409, "store_conflict")


def test_before_the_first_version_there_is_nothing_to_go_back_to(service):
    served = service.context.versions.registry.current_name()
    answer = service.ask("POST", f"/v1/models/{served}:rollback", key="operator")
    assert (answer.status_code, answer.json["code"]) == (409, "wrong_state")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/models/none"), ("GET", "/v1/models/none/diff/none")]
    + [("POST", f"/v1/models/none:{verb}") for verb in ("promote", "rollback")],
)
def test_an_unknown_version_is_not_found_and_other_roles_are_refused(service, method, path):
    assert service.ask(method, path, key="scientist").status_code == 404
    assert service.ask(method, path, key="member").status_code == 403
    assert service.ask(method, path, key="merchant").status_code == 403
