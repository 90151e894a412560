"""Each thing that can be wrong is found, said with what to do, and hides nothing else."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass

import pytest

from api.auth import Keys
from api.backup.record import keep_record
from api.doctor.examine import examine, mend
from api.jobs import Jobs
from api.service_db import ServiceDb
from embeddings.registry import Registry
from graph.home import Home
from graph.settings import PROJECT
from graph.stores.open import open_store
from loaders.key_marks import claim
from tests.houses import House

NOW = 1_795_000_000


@dataclass
class Patient:
    """A home, and what the doctor says of it."""

    home: Home

    def says(self, what, level="wrong"):
        found = examine(now=NOW, told=lambda stage, done, total: None)
        return [f.says for f in found if f.what == what and f.level == level]


@pytest.fixture
def patient(settings, monkeypatch):
    for name in [name for name in os.environ if name.startswith("CIRCLES_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CIRCLES_HOME", str(settings.home))
    settings.home.chmod(0o700)
    ServiceDb(Home(settings.home).service_db).close()
    return Patient(Home(settings.home))


def examined():
    return examine(now=NOW, told=lambda stage, done, total: None)


def test_nothing_is_wrong_with_a_home_that_was_loaded_and_trained(patient):
    found = examined()
    assert [f for f in found if f.level == "wrong"] == []
    assert {"python", "home", "store", "graph", "log", "version", "key", "service.db"} <= {
        f.what for f in found
    }


def test_looking_changes_nothing(patient):
    def content():
        files = [path for path in patient.home.path.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in files if path.suffix[-4:] not in ("-shm", "-wal")}

    before = content()
    examined()
    assert content() == before


def test_settings_that_cannot_be_used_are_named_and_the_rest_goes_on(patient, monkeypatch):
    monkeypatch.setenv("CIRCLES_MEMORY", "much")
    monkeypatch.setenv("CIRCLES_COLOUR", "red")
    found = patient.says("settings")
    assert len(found) == 2
    assert "CIRCLES_MEMORY" in " ".join(found)
    assert patient.says("graph", "ok")


def test_a_home_and_a_key_that_others_may_read_are_mended(patient):
    patient.home.path.chmod(0o755)
    patient.home.key_file.chmod(0o644)
    assert "mode 755" in patient.says("home")[0]
    assert "pseudonym.key" in patient.says("files")[0]
    mend(examined())
    assert (patient.says("home"), patient.says("files")) == ([], [])


def test_what_a_dead_process_left_is_removed_and_what_a_living_one_makes_stays(patient):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = patient.home.versions / f".staging-{dead.pid}-x"
    made = patient.home.versions / f".staging-{os.getpid()}-x"
    for folder in (left, made):
        folder.mkdir()
    assert str(left) in patient.says("files", "note")[0]
    mend(examined())
    assert (left.exists(), made.exists()) == (False, True)


def test_a_missing_home_hides_nothing_about_the_machine(patient):
    shutil.rmtree(patient.home.path)
    assert patient.says("home")
    assert patient.says("python", "ok")
    assert patient.says("policy", "ok")


def test_a_policy_that_cannot_be_read_is_named(patient, monkeypatch, tmp_path):
    (tmp_path / "p.toml").write_text("production = perhaps")
    monkeypatch.setenv("CIRCLES_POLICY", str(tmp_path / "p.toml"))
    assert "not TOML" in patient.says("policy")[0]
    assert patient.says("log", "ok") or patient.says("log") == []


def test_assumed_consent_in_production_is_wrong(patient, monkeypatch, tmp_path):
    text = (PROJECT / "policy.toml").read_text().replace("production = false", "production = true", 1)
    (tmp_path / "p.toml").write_text(text)
    monkeypatch.setenv("CIRCLES_POLICY", str(tmp_path / "p.toml"))
    assert any("consent was assumed" in says for says in patient.says("graph"))


def test_data_without_their_key_are_wrong(patient):
    patient.home.key_file.unlink()
    assert "no account finds its own" in patient.says("key")[0]
    assert not patient.home.key_file.exists()


def test_another_key_than_the_last_backup_had_is_wrong(patient):
    keep_record(patient.home.path, moment=NOW, folder=patient.home.path, fingerprint="0" * 16)
    assert "not the key" in patient.says("key")[0]


def test_a_store_that_is_no_store_is_wrong_and_stays(patient):
    (patient.home.path / "circles.db").write_bytes(b"something else")
    assert patient.says("store")
    assert (patient.home.path / "circles.db").read_bytes() == b"something else"


def test_an_older_schema_is_told_and_not_changed(patient):
    path = patient.home.path / "circles.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma user_version = 3")
    assert "schema 3" in patient.says("store", "note")[0]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma user_version").fetchone()[0] == 3


def test_a_missing_segment_of_the_log_is_wrong(patient):
    shutil.rmtree(next((patient.home.log / "segments").iterdir()))
    assert patient.says("log")


def test_a_version_of_another_store_is_wrong(patient):
    with closing(open_store(f"sqlite:///{patient.home.path / 'circles.db'}")) as store:
        store.set_meta("store_id", "another")
    assert "another store" in " ".join(patient.says("version"))


@pytest.mark.parametrize("name", ["lists.npy", "num_members.npy", "manifest.json"])
def test_a_truncated_version_is_wrong(patient, name):
    path = Registry(patient.home.versions).current().folder / name
    path.write_bytes(path.read_bytes()[:-8])
    assert patient.says("version")


def test_a_version_of_before_there_were_seals_is_noted(patient):
    path = Registry(patient.home.versions).current().folder / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in manifest.items() if k not in ("files", "seal")}))
    assert any("no seal" in said for said in patient.says("version", "note"))
    assert not patient.says("version")


def test_a_key_that_ends_soon_is_noted(patient):
    Keys(patient.home).create("service", now=NOW, expires_at=NOW + 86_400)
    assert "expires in 1.0 days" in patient.says("keys", "note")[0]


def test_a_key_that_another_one_replaces_may_end(patient):
    old = Keys(patient.home).create("service", now=NOW, expires_at=NOW + 90 * 86_400)
    Keys(patient.home).rotate(old.split("_")[1], now=NOW, overlap_s=86_400)
    assert not patient.says("keys", "note")


def test_a_job_that_nobody_works_on_is_wrong(patient):
    with closing(ServiceDb(patient.home.service_db)) as db:
        Jobs(db).add("train", {}, owner=None, now=NOW - 100)
    assert "no process works on it" in patient.says("jobs")[0]


def test_a_job_that_waits_for_its_turn_is_only_noted(patient):
    with closing(ServiceDb(patient.home.service_db)) as db:
        Jobs(db).add("lists", {}, owner=None, now=NOW - 100)
    with patient.home.lock("jobs-lists-0"), patient.home.lock("jobs-lists-1"):
        assert "waited for its turn" in patient.says("jobs", "note")[0]
    assert "no process works on it" in patient.says("jobs")[0]


def test_an_unfinished_erasure_is_wrong_and_names_nobody(patient):
    with closing(ServiceDb(patient.home.service_db)) as db:
        db.write("erasures.insert", ("somebody", 3))
    (says,) = patient.says("erasures")
    assert "1 erasure" in says
    assert "somebody" not in says


def test_a_lock_that_is_held_is_told(patient):
    with patient.home.lock("load"):
        assert f"process {os.getpid()}" in patient.says("locks", "note")[0]


def test_a_key_that_is_not_the_stores_is_found(patient):
    with closing(open_store(f"sqlite:///{patient.home.path / 'circles.db'}")) as store:
        claim(store, patient.home.key_file.read_text().strip().encode())
    assert patient.says("key") == []
    patient.home.key_file.write_text("x" * 64)
    assert any("named with another key" in says for says in patient.says("key"))


@pytest.mark.parametrize(("days", "level"), [(1, "ok"), (30, "note")])
def test_an_old_backup_is_noted(patient, days, level):
    keep_record(patient.home.path, moment=NOW - days * 86_400, folder=patient.home.path, fingerprint=None)
    assert f"{days}.0 days old" in patient.says("backup", level)[0]


def test_the_command_fits_eighty_columns_and_tells_by_its_exit_code(settings, tmp_path):
    settings.home.chmod(0o700)
    house = House(settings.home, "sqlite:///circles.db")
    shown = house.run("doctor", "--quick")
    assert max(map(len, shown.splitlines())) <= 80
    assert json.loads(house.run("doctor", "--json"))["worst"] == "note"
    house.run("doctor", "--fix")
    House(tmp_path / "none", "sqlite:///circles.db").run("doctor", code=1)


def test_an_embedded_store_that_was_left_behind_is_noted(patient, monkeypatch):
    assert not [says for says in patient.says("store", "note") if "erasures do not reach it" in says]
    monkeypatch.setenv("CIRCLES_STORE", "bolt://neo4j:secretword@127.0.0.1:1")
    assert "erasures do not reach it" in patient.says("store", "note")[0]
    (patient.home.path / "circles.db").unlink()
    assert patient.says("store", "note") == []


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
def test_a_server_is_told_with_its_version_and_one_that_is_away_hides_nothing(
    patient, monkeypatch, empty_neo4j
):
    monkeypatch.setenv("CIRCLES_STORE", empty_neo4j())
    found = patient.says("store", "ok") + patient.says("store", "note")
    assert "Neo4j 5.26" in " ".join(found)
    monkeypatch.setenv("CIRCLES_STORE", "bolt://neo4j:secretword@127.0.0.1:1")
    (says,) = patient.says("store")
    assert "does not answer" in says
    assert "secretword" not in says
    assert patient.says("service.db", "ok")
