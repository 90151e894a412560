"""Erasing a person: everywhere, at once for answers, and to the end after an interruption."""

import time
from datetime import datetime

import pytest

from api.erasure_receipts import is_of, keys_of, problem_of, public_keys
from api.schemas.general import JobOut
from api.services import erasure, work
from api.services.moments import epoch_of
from embeddings.registry import Registry
from graph.errors import StoreConflict, StoreUnavailable
from graph.log import PaymentLog
from graph.stores.sqlite.store import SqliteStore
from tests import dying

NOW = 1_790_000_000


def traces(service, settings, user="u60"):
    """Where the pseudonym of somebody is still found."""
    pseudonym = service.context.pseudonyms.of(user)
    forms = (pseudonym.encode(), bytes.fromhex(pseudonym))
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]


def erased(service, user="u60", clock=lambda: NOW):
    context = service.context
    signer = erasure.Signer(context.home.path, context.policy.policy_id)
    registry, pseudonym = Registry(context.home.versions), context.pseudonyms.of(user)
    return erasure.forget(context.home, context.store.get(), registry, pseudonym, clock=clock, signer=signer)


def forget(service, user="u60"):
    return erased(service, user).removed


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


def test_a_receipt_says_when_the_last_step_ended_and_not_when_the_last_try_began(service, monkeypatch):
    moments, whole = iter(range(NOW, NOW + 100)), erasure.forget_lists
    with service.context.home.lock("train"), pytest.raises(StoreConflict):
        erased(service, clock=lambda: next(moments))
    late = []
    monkeypatch.setattr(erasure, "forget_lists", lambda *given: late.append(next(moments)) or whole(*given))
    receipt = erased(service, clock=lambda: next(moments)).receipt
    assert epoch_of(datetime.fromisoformat(receipt["asked_at"])) == NOW
    assert epoch_of(datetime.fromisoformat(receipt["done_at"])) > late[0]


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


def test_somebody_unknown_loses_their_key_too(service):
    user = service.context.pseudonyms.of("nobody")
    key = service.new_key("member", user)
    assert forget(service, "nobody")["keys"] == 1
    assert service.ask("GET", "/v1/users/nobody", key=key).status_code == 401
    assert list(service.context.audit.about(user)) == []


def test_others_are_served_as_before(service):
    before = service.circles("u62")
    forget(service)
    assert service.circles("u62") == before


class Killed(BaseException):
    """As if the process ended here: nothing cleans up after it."""


def test_wherever_it_is_killed_the_next_one_finishes_it_and_the_receipt_says_so(
    service, settings, monkeypatch
):
    """A person for each death; only what the killed step itself removed can be missing from the counts."""
    home, counts = service.context.home.path, []
    for number, (where, is_done) in enumerate(dying.ERASURE):
        owner, name = dying.place_of(where)
        whole, user = getattr(owner, name), f"u{60 + number}"

        def dies(*given, _whole=whole, _is_done=is_done, **named):
            if _is_done:
                _whole(*given, **named)
            raise Killed

        with monkeypatch.context() as broken:
            broken.setattr(owner, name, dies)
            with pytest.raises(Killed):
                erased(service, user)
        counts.append(erased(service, user))
        assert traces(service, settings, user) == [], (where, is_done)
    receipts = [one.receipt for one in counts]
    assert [problem_of(one, public_keys(home)) for one in receipts if one] == [None] * 10
    assert [one["interruptions"] for one in receipts if one] == [1] * 10
    assert [one["removed"]["users"] for one in receipts if one] == [1, 1, 0, 1, 1, 1, 1, 1, 1, 1]
    assert receipts[-2:] == [None, None]  # it was signed, and lost with the process that should have told it


def test_an_erasure_waits_for_a_training_and_loses_nothing(service, settings):
    with service.context.home.lock("train"), pytest.raises(StoreConflict, match="train"):
        forget(service)
    assert service.ask("GET", "/v1/users/u60/circles").status_code == 404
    forget(service)
    assert traces(service, settings) == []


def test_delete_over_http_acts_at_once_and_its_job_finishes(service, settings):
    service.new_key("member", service.context.pseudonyms.of("u60"))
    service.ask("GET", "/v1/users/u60/circles")
    answer = service.ask("DELETE", "/v1/users/u60")
    JobOut.model_validate(answer.json)
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/v1/jobs/{answer.json['job_id']}")
    assert service.ask("GET", "/v1/users/u60/circles").status_code == 404
    job = ended(service, answer.headers["Location"])
    assert (job["state"], job["result"]["payments"]) == ("done", 4)
    receipt, keys = job["result"]["receipt"], keys_of(service.ask("GET", "/erasure-keys", key=None).data)
    assert (problem_of(receipt, keys), receipt["removed"]["payments"]) == (None, 4)
    assert is_of(receipt, service.context.pseudonyms.of("u60"))
    assert [receipt["removed"][kind] for kind in ("users", "keys", "receipts")] == [1, 1, 1]
    assert traces(service, settings) == []
    assert "u60" not in str(job)


def test_whoever_comes_back_before_their_erasure_is_done_stays_and_what_was_before_goes(service):
    context, user = service.context, service.context.pseudonyms.of("u60")
    log, store = PaymentLog(context.home.log), context.store.get()
    before, index = log.stats()["payments"], store.user(user).index
    with context.home.lock("load"):
        first = service.ask("DELETE", "/v1/users/u60").json["job_id"]
        service.ask("PUT", "/v1/users/u60/consents/circles", {"granted": True})
    assert service.ended(first, key="operator")["result"]["payments"] == 4
    assert (log.stats()["payments"], store.user(user).index != index) == (before - 4, True)
    assert service.ask("GET", "/v1/users/u60").json["consents"]["circles"] is True
    again = service.ask("DELETE", "/v1/users/u60").json["job_id"]
    assert service.ended(again, key="operator")["state"] == "done"
    assert (store.user(user), context.db.read("erasures.all")) == (None, [])


def test_two_requests_for_one_person_are_two_jobs_with_one_receipt(service):
    with service.context.home.lock("load"):
        jobs = [service.ask("DELETE", "/v1/users/u60").json["job_id"] for _ in range(2)]
    done = [service.ended(job, key="operator") for job in jobs]
    assert [job["state"] for job in done] == ["done", "done"]
    assert done[0]["result"] == done[1]["result"]
    assert done[0]["result"]["receipt"]["removed"]["payments"] == 4
    assert service.ask("DELETE", "/v1/users/u60").status_code == 404


def test_a_store_that_goes_away_in_the_middle_is_waited_for_by_the_job(service, settings, monkeypatch):
    """Nothing is begun where the store is away before it is written down, see test_degraded."""
    away = lambda *_: (_ for _ in ()).throw(StoreUnavailable("away"))  # noqa: E731
    with monkeypatch.context() as broken:
        broken.setattr(SqliteStore, "forget", away)
        asked = service.ask("DELETE", "/v1/users/u60")
        assert asked.status_code == 202
        assert service.ask("GET", "/v1/users/u60").status_code == 404
    assert service.ended(asked.json["job_id"], key="operator")["result"]["payments"] == 4
    assert traces(service, settings) == []


def test_a_request_sweeps_no_files(service, monkeypatch):
    monkeypatch.setattr(SqliteStore, "sweep", lambda *_: pytest.fail("that is the job's"))
    assert service.ask("DELETE", "/v1/users/u60").status_code == 202


def test_an_erasure_that_no_job_looks_after_is_taken_up_when_the_service_starts(service):
    context, user = service.context, service.context.pseudonyms.of("u60")
    index = context.store.get().user(user).index
    context.db.write("erasures.insert", (user, index))  # as `circles forget` leaves it, killed at once
    work.resume(context)
    ((job_id,),) = context.db._connection.execute("select job_id from jobs").fetchall()
    assert service.ended(job_id, key="operator")["state"] == "done"
    assert context.db.read("erasures.all") == []


def test_the_app_sees_the_receipt_of_whoever_asked_with_a_key_of_their_own(service):
    key = service.new_key("member", service.context.pseudonyms.of("u60"))
    job_id = service.ask("DELETE", "/v1/users/u60", key=key).json["job_id"]
    assert service.ended(job_id, key="service")["result"]["receipt"]
    assert service.ask("GET", f"/v1/jobs/{job_id}", key=key).status_code == 401


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
