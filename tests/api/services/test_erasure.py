"""Erasing a person: everywhere, at once for answers, and to the end after an interruption."""

import time

import pytest

from api.schemas.general import JobOut
from api.services import erasure
from embeddings.registry import Registry
from graph.errors import StoreConflict

NOW = 1_790_000_000


def traces(service, settings):
    """Where the pseudonym of u60 is still found."""
    pseudonym = service.context.pseudonyms.of("u60")
    forms = (pseudonym.encode(), bytes.fromhex(pseudonym))
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]


def forget(service, user="u60"):
    context = service.context
    registry = Registry(context.home.versions)
    return erasure.forget(context.home, context.store.get(), registry, context.pseudonyms.of(user), now=NOW)


def test_nothing_of_a_forgotten_person_is_left(service, settings):
    rec_id = service.ask("GET", "/v1/users/u60/circles").json["rec_id"]
    assert traces(service, settings) != []
    payments = service.context.log.stats()["payments"]
    gone = forget(service)
    assert (gone["payments"], gone["receipts"], gone["lists"], gone["snapshots"]) == (4, 1, 1, 1)
    assert service.context.log.stats()["payments"] == payments - 4
    assert service.ask("GET", "/v1/users/u60/circles").status_code == 404
    assert service.ask("GET", f"/v1/recommendations/{rec_id}").status_code == 404
    assert traces(service, settings) == []


def test_what_trainings_left_goes_too(service):
    kept = service.context.home.checkpoints / "everything.pt"
    kept.parent.mkdir()
    kept.write_bytes(b"vectors of everything")
    assert forget(service)["trainings"] == 1
    assert not kept.exists()


def test_forgetting_again_changes_nothing(service):
    forget(service)
    assert sum(forget(service).values()) == 0
    assert sum(forget(service, "nobody").values()) == 0


def test_others_are_served_as_before(service):
    before = service.circles("u62")
    forget(service)
    assert service.circles("u62") == before


@pytest.mark.parametrize("dies_at", ["forget_lists", "_snapshots_with", "_leave_answers"])
def test_an_interrupted_erasure_is_finished_by_the_next(service, settings, monkeypatch, dies_at):
    with monkeypatch.context() as broken:
        broken.setattr(erasure, dies_at, lambda *a, **k: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            forget(service)
    forget(service)
    assert traces(service, settings) == []


def test_an_erasure_waits_for_a_training_and_loses_nothing(service, settings):
    with service.context.home.lock("train"), pytest.raises(StoreConflict, match="train"):
        forget(service)
    assert service.ask("GET", "/v1/users/u60/circles").status_code == 404
    forget(service)
    assert traces(service, settings) == []


def test_delete_over_http_acts_at_once_and_its_job_finishes(service, settings):
    answer = service.ask("DELETE", "/v1/users/u60")
    JobOut.model_validate(answer.json)
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/v1/jobs/{answer.json['job_id']}")
    assert service.ask("GET", "/v1/users/u60/circles").status_code == 404
    job = ended(service, answer.headers["Location"])
    assert (job["state"], job["result"]["payments"]) == ("done", 4)
    assert traces(service, settings) == []
    assert "u60" not in str(job)


def test_deleting_somebody_unknown_is_not_found(service):
    assert service.ask("DELETE", "/v1/users/nobody").status_code == 404


def ended(service, location):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        job = service.ask("GET", location).json
        if job["state"] in ("done", "failed"):
            return job
        time.sleep(0.2)
    raise AssertionError(f"not ended within a minute: {job}")
