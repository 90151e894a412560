"""API keys: what is kept, what is checked, when a key stops working."""

import sqlite3

import pytest

from api.auth import Keys, Role
from api.service_db import ServiceDb
from graph.errors import InputError, NotFound

NOW = 1_000_000


@pytest.fixture
def db(tmp_path):
    db = ServiceDb(tmp_path / "service.db")
    yield db
    db.close()


@pytest.fixture
def keys(db):
    return Keys(db)


def test_a_key_says_who_holds_it(keys):
    caller = keys.check(keys.create("merchant", subject="m1", now=NOW), now=NOW)
    assert (caller.role, caller.subject) == (Role.MERCHANT, "m1")


def test_the_secret_is_nowhere_on_disk(keys, tmp_path):
    secret = keys.create("service", now=NOW).rpartition("_")[2]
    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("wrong", ["", "ck", "ck_", "ck__", "ck_x_y", "xx_1_2", "Bearer", "ck_\ud800_\ud800"])
def test_anything_else_is_nobody(keys, wrong):
    keys.create("service", now=NOW)
    assert keys.check(wrong, now=NOW) is None


def test_another_secret_or_a_longer_one_is_nobody(keys):
    key = keys.create("service", now=NOW)
    other = keys.create("service", now=NOW)
    mixed = key.rpartition("_")[0] + "_" + other.rpartition("_")[2]
    assert keys.check(mixed, now=NOW) is None
    assert keys.check(key + "0", now=NOW) is None


def test_a_key_ends_at_its_moment(keys):
    key = keys.create("service", now=NOW, expires_at=NOW + 10)
    assert keys.check(key, now=NOW + 9) is not None
    assert keys.check(key, now=NOW + 10) is None
    assert keys.list(NOW + 10)[0]["state"] == "expired"


def test_a_revoked_key_is_nobody_on_another_worker_at_once(keys, db):
    key, worker = keys.create("service", now=NOW), Keys(ServiceDb(db.path))
    assert worker.check(key, now=NOW) is not None
    keys.revoke(keys.list()[0]["id"], now=NOW)
    assert worker.check(key, now=NOW) is None
    worker._db.close()


def test_revoking_twice_keeps_the_first_moment(keys):
    keys.create("service", now=NOW)
    key_id = keys.list()[0]["id"]
    keys.revoke(key_id, now=NOW + 1)
    keys.revoke(key_id, now=NOW + 2)
    assert (keys.list()[0]["revoked_at"], keys.list()[0]["state"]) == (NOW + 1, "revoked")
    with pytest.raises(NotFound, match="no key has the id"):
        keys.revoke("nothing", now=NOW)


@pytest.mark.parametrize(
    ("role", "subject", "expires_at"),
    [("king", None, None), ("merchant", None, None), ("service", "m1", None), ("service", None, NOW)],
)
def test_a_key_that_makes_no_sense_is_not_made(keys, role, subject, expires_at):
    with pytest.raises(InputError):
        keys.create(role, subject=subject, expires_at=expires_at, now=NOW)
    assert keys.list() == []


def test_a_member_sees_only_themself(keys):
    member = keys.check(keys.create("member", subject="a" * 32, now=NOW), now=NOW)
    member.require_user("a" * 32)
    with pytest.raises(NotFound, match="unknown user"):
        member.require_user("b" * 32)


def test_forgetting_a_member_stops_and_unnames_their_keys(keys, db):
    key = keys.create("member", subject="a" * 32, now=NOW)
    assert keys.revoke_member("a" * 32, now=NOW) == 1
    assert keys.check(key, now=NOW) is None
    assert keys.list()[0]["subject"] is None
    assert sqlite3.connect(db.path).execute(
        "select count(*) from keys where subject is not null"
    ).fetchone() == (0,)
