"""What is restored answers as the home did, and nobody comes back who was erased."""

import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from api import erased
from api.audit import Audit
from api.auth import Keys
from api.backup.files import problems
from api.service_db import ServiceDb
from api.services.erasure import forget
from embeddings.registry import Registry
from graph.errors import ConfigError, InputError, StoreConflict
from graph.log import PaymentLog
from graph.stores.open import open_store
from tests.api.backup.conftest import NOW, parts_of, silent


def erase(home, account, now):
    parts = parts_of(home)
    with closing(parts.store):
        return forget(
            parts.home,
            parts.store,
            Registry(parts.home.versions),
            parts.pseudonym(account),
            clock=lambda: now,
        )


def is_known(home, account):
    parts = parts_of(home)
    with closing(parts.store):
        return parts.store.user(parts.pseudonym(account)) is not None


def test_a_restored_home_gives_the_same_answers(back_up, restore, answers, settings, tmp_path):
    before = answers(settings.home)
    restore(back_up(), tmp_path / "other")
    assert answers(tmp_path / "other") == before
    assert before["u1"][1]["items"]


def test_keys_and_receipts_come_back(back_up, restore, service, settings, tmp_path):
    rec_id = service.ask("GET", "/v1/users/u1/circles").json["rec_id"]
    restore(back_up(), tmp_path / "other")
    with closing(ServiceDb(tmp_path / "other" / "service.db")) as db:
        assert db.read("receipts.find", (rec_id,))
        assert db.read("keys.find", (service.keys["service"].split("_")[1],))


def test_the_graph_goes_on_as_before(back_up, restore, tmp_path):
    restore(back_up(), tmp_path / "other")
    parts = parts_of(tmp_path / "other")
    with closing(parts.store) as store:
        assert store.check() == []
        assert PaymentLog(parts.home.log).check(store) == []
        assert store.join(61, 0, 5)


@pytest.mark.parametrize("name", ["circles.db", "log/manifest.json", "versions/current", "service.db"])
def test_a_damaged_backup_changes_nothing(back_up, restore, settings, tmp_path, name):
    backup = back_up()
    content = (backup / name).read_bytes()
    (backup / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(InputError, match=name):
        restore(backup, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_home_that_holds_something_is_refused_and_with_replace_kept_aside(back_up, restore, settings):
    backup = back_up()
    (settings.home / "mark").touch()
    with pytest.raises(ConfigError, match="--replace"):
        restore(backup, settings.home)
    done = restore(backup, settings.home, replace=True)
    assert (done.aside / "mark").exists()
    assert not (settings.home / "mark").exists()
    assert is_known(settings.home, "u1")


def test_a_home_in_use_is_refused(back_up, restore, settings):
    backup = back_up()
    program = "import sys; open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    user = subprocess.Popen(
        [sys.executable, "-c", program.replace("open(", "kept = open("), settings.home / "circles.db"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    user.stdout.readline()
    try:
        with pytest.raises(StoreConflict, match=str(user.pid)):
            restore(backup, settings.home, replace=True)
    finally:
        user.communicate()


def test_without_its_key_a_backup_is_not_restored(back_up, restore, settings, tmp_path):
    backup, key = back_up(with_key=False), (settings.home / "pseudonym.key").read_bytes()
    with pytest.raises(ConfigError, match="--key"):
        restore(backup, tmp_path / "other")
    with pytest.raises(ConfigError, match="not the one"):
        restore(backup, tmp_path / "other", key=b"k" * 64)
    restore(backup, tmp_path / "other", key=key)
    assert is_known(tmp_path / "other", "u1")


def test_a_key_that_was_put_into_the_home_before_is_taken(back_up, restore, settings, tmp_path):
    (tmp_path / "other").mkdir()
    shutil.copy(settings.home / "pseudonym.key", tmp_path / "other")
    restore(back_up(with_key=False), tmp_path / "other")
    assert is_known(tmp_path / "other", "u1")


def test_who_was_erased_after_the_backup_is_erased_from_it_again(back_up, restore, settings):
    backup = back_up()
    gone = erase(settings.home, "u1", NOW)
    done = restore(backup, settings.home, replace=True)
    assert (done.num_erased, is_known(settings.home, "u1"), is_known(settings.home, "u2")) == (1, False, True)
    parts = parts_of(settings.home)
    with closing(parts.store):
        assert PaymentLog(parts.home.log).stats()["payments"] == 321 - gone.removed["payments"]
    assert Registry(parts.home.versions).current().list_of(parts.pseudonym("u1")) is None
    assert problems(backup, silent) == []


def test_a_list_of_erasures_kept_elsewhere_makes_up_for_a_lost_home(back_up, restore, settings, tmp_path):
    backup = back_up()
    erase(settings.home, "u1", NOW)
    shutil.copy(settings.home / erased.NAME, tmp_path / "list")
    shutil.rmtree(settings.home)
    assert restore(backup, settings.home, erasures=(tmp_path / "list",)).num_erased == 1
    assert not is_known(settings.home, "u1")


def test_who_came_back_before_the_backup_stays(back_up, restore, settings):
    erase(settings.home, "u1", NOW - 5_000)
    parts = parts_of(settings.home)
    with closing(parts.store) as store:
        store.intern("User", [parts.pseudonym("u1")])
    assert restore(back_up(), settings.home, replace=True).num_erased == 0
    assert is_known(settings.home, "u1")


def test_an_erasure_that_the_backup_caught_in_the_middle_is_finished(back_up, restore, settings, tmp_path):
    parts = parts_of(settings.home)
    with closing(parts.store) as store, closing(ServiceDb(settings.home / "service.db")) as db:
        user = store.user(parts.pseudonym("u1"))
        db.write("erasures.insert", (user.user_id, user.index))
        store.forget(user.index)  # and then the machine stops: the payments are still in the log
    assert restore(back_up(), tmp_path / "other").num_erased == 1
    other = parts_of(tmp_path / "other")
    with closing(open_store(f"sqlite:///{tmp_path / 'other' / 'circles.db'}")) as store:
        assert PaymentLog(other.home.log).check(store) == []
    assert PaymentLog(other.home.log).stats()["payments"] < 321


def test_a_key_that_ended_after_the_backup_ends_again(back_up, restore, settings):
    with closing(ServiceDb(settings.home / "service.db")) as db:
        leaked, old, other = (Keys(db).create(role, now=NOW) for role in ("operator", "service", "scientist"))
        backup = back_up()
        Keys(db).revoke(leaked.split("_")[1], now=NOW)
        Keys(db).rotate(old.split("_")[1], now=NOW, overlap_s=60)
    assert restore(backup, settings.home, replace=True).num_ended == 2
    with closing(ServiceDb(settings.home / "service.db")) as db:
        valid = {
            at: [bool(Keys(db).check(key, now=at)) for key in (leaked, old, other)] for at in (NOW, NOW + 60)
        }
        assert valid == {NOW: [False, True, True], NOW + 60: [False, False, True]}
        assert Audit(db).verify().problem is None


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"no database" * 1000)])
def test_a_home_whose_keys_cannot_be_read_is_restored_and_says_so(back_up, restore, settings, damage):
    backup = back_up()
    damage(settings.home / "service.db")
    assert restore(backup, settings.home, replace=True).num_ended is None


def test_backups_and_restores_are_in_the_audit_log(back_up, restore, tmp_path):
    restore(back_up(), tmp_path / "other")
    with closing(ServiceDb(tmp_path / "other" / "service.db")) as db:
        told = [entry.shown() for entry in Audit(db).entries()]
        assert Audit(db).verify().problem is None
    assert [(entry["action"], entry["object"]) for entry in told if entry["action"].startswith("backup")] == [
        ("backup.made", "backup"),
        ("backup.restored", "backup of 2026-11-18T11:06:40Z"),
    ]
