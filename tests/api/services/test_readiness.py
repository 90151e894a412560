"""Whether a worker can answer, without a key and without a word about this machine."""

import shutil

from api.app import create_app
from api.schemas.general import Ready


def ready(app):
    answer = app.test_client().get("/readyz")
    Ready.model_validate(answer.json)
    return answer.status_code, answer.json["missing"]


def test_a_served_house_is_ready(service):
    assert ready(service.app) == (200, [])
    assert service.ask("GET", "/healthz", key=None).json == {"status": "ok"}


def test_what_is_missing_is_named(store_away):
    shutil.rmtree(store_away.home / "versions")
    app = create_app(store_away)
    assert ready(app) == (503, ["version: no_published_version", "store: store_unavailable"])
    assert app.test_client().get("/healthz").status_code == 200
    app.extensions["circles"].close()


def test_a_version_of_another_store_is_not_ready(settings):
    (settings.home / "circles.db").unlink()
    app = create_app(settings)
    assert ready(app) == (503, ["version: incompatible_version"])
    app.extensions["circles"].close()


def test_a_version_of_another_policy_is_served_and_noted(settings, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_bytes(settings.policy.read_bytes() + b"\n# reviewed\n")
    app = create_app(type(settings)(home=settings.home, policy=policy))
    assert ready(app) == (200, [])
    assert "another policy" in app.test_client().get("/readyz").json["notes"][0]
    app.extensions["circles"].close()


def test_a_service_database_that_does_not_answer_is_named(service):
    service.context.db.close()
    assert ready(service.app)[1] == ["service_db: store_unavailable"]


def test_a_home_that_is_gone_is_not_ready(service):
    shutil.rmtree(service.context.home.path)
    status, missing = ready(service.app)
    assert status == 503
    assert "home: read_only" in missing


def test_a_service_that_was_told_to_stop_says_so(service, tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    (tmp_path / "stopping").touch()
    answer = service.ask("GET", "/readyz", key=None)
    assert (answer.status_code, answer.json["status"], answer.json["missing"]) == (503, "stopping", [])
