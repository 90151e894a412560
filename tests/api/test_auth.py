"""API keys: what is kept, what is checked, when a key stops working."""

import sqlite3

import pytest

from api.auth import Keys, Role
from api.service_db import ServiceDb
from graph.errors import InputError, NotFound, WrongState

NOW = 1_000_000


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


def id_of(key):
    return key.split("_")[1]


def test_a_scope_that_there_is_not_is_refused_with_those_that_there_are(keys):
    with pytest.raises(InputError, match=r"'users:delete'; known are .*users:read, users:write"):
        keys.create("service", scopes=["users:read", "users:delete"], now=NOW)
    assert keys.list() == []


def test_a_narrowed_key_says_to_what(keys):
    key = keys.create("service", scopes=["users:read", "circles:read", "users:read"], now=NOW)
    assert keys.check(key, now=NOW).scopes == {"circles:read", "users:read"}
    assert keys.list()[0]["scopes"] == ["circles:read", "users:read"]
    assert keys.check(keys.create("service", now=NOW), now=NOW).scopes is None


def test_a_rotated_key_goes_on_for_the_overlap_and_the_new_one_is_for_the_same(keys):
    old = keys.create(
        "merchant", subject="m1", label="till", scopes=["circles:read"], expires_at=NOW + 90, now=NOW
    )
    new = keys.rotate(id_of(old), now=NOW + 10, overlap_s=20)
    assert keys.check(old, now=NOW + 29) is not None
    assert keys.check(old, now=NOW + 30) is None
    caller = keys.check(new, now=NOW + 99)
    assert (caller.role, caller.subject, caller.scopes) == (Role.MERCHANT, "m1", {"circles:read"})
    assert keys.check(new, now=NOW + 100) is None  # it lives as long as the old one was given: 90 s
    listed = {row["id"]: row for row in keys.list()}[id_of(new)]
    assert (listed["label"], listed["replaces"]) == ("till", id_of(old))


def test_what_belongs_to_a_key_belongs_to_those_that_come_after_it(keys):
    first = keys.create("service", now=NOW)
    second = keys.rotate(id_of(first), now=NOW, overlap_s=20)
    third = keys.rotate(id_of(second), now=NOW, overlap_s=20)
    assert {keys.check(key, now=NOW).owner for key in (first, second, third)} == {id_of(first)}
    assert keys.check(keys.create("service", now=NOW), now=NOW).owner != id_of(first)


def test_a_long_overlap_does_not_prolong_a_key(keys):
    old = keys.create("service", expires_at=NOW + 5, now=NOW)
    keys.rotate(id_of(old), now=NOW, overlap_s=1000)
    assert keys.check(old, now=NOW + 5) is None


def test_what_has_ended_is_not_rotated(keys):
    key = keys.create("service", now=NOW)
    keys.revoke(id_of(key), now=NOW)
    with pytest.raises(WrongState, match="has ended"):
        keys.rotate(id_of(key), now=NOW, overlap_s=0)
    with pytest.raises(NotFound, match="no key has the id"):
        keys.rotate("nothing", now=NOW, overlap_s=0)
    assert len(keys.list()) == 1


def test_last_use_is_written_once_an_hour(keys):
    key = keys.create("service", now=NOW)
    assert keys.list()[0]["last_used"] is None
    for moment, kept in ((NOW, NOW), (NOW + 3599, NOW), (NOW + 3600, NOW + 3600)):
        keys.check(key, now=moment)
        assert keys.list()[0]["last_used"] == kept


def test_a_key_that_ends_within_two_weeks_says_so(keys):
    keys.create("service", expires_at=NOW + 15 * 86400, now=NOW)
    assert [keys.list(NOW + day * 86400)[0]["state"] for day in (0, 1, 15)] == [
        "active",
        "expires soon",
        "expired",
    ]


def test_tokens_of_a_forgotten_member_are_refused_until_they_have_expired(keys, db):
    keys.revoke_member("a" * 32, now=NOW)
    assert keys.token_is_refused("a" * 32, NOW)
    assert keys.token_is_refused("a" * 32, NOW + 30)  # dated by a clock that is ahead
    assert not keys.token_is_refused("a" * 32, NOW + 31)
    assert not keys.token_is_refused("b" * 32, NOW)
    keys.revoke_member("b" * 32, now=NOW + 86400)
    assert keys.token_is_refused("a" * 32, NOW)
    keys.revoke_member("b" * 32, now=NOW + 86431)
    assert not keys.token_is_refused("a" * 32, NOW)  # the note of who was forgotten is gone
