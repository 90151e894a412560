"""The audit log: one chain, whoever writes; no change goes unseen; a person can be forgotten."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from api.actor import ACTOR, Actor
from api.audit import BEGINNING, Action, Audit, Deeds, Look
from api.auth import Keys
from api.service_db import ServiceDb
from graph.errors import StoreUnavailable

NOW = 1_000_000
ANNA, BERT = "a" * 32, "b" * 32


@pytest.fixture
def audit(db):
    return Audit(db)


@pytest.fixture
def opened(audit, db):
    """The log with three entries, and somebody who may write into its file as they like."""
    for number, circle in enumerate(("drinkers", "climbers", "bakers")):
        audit.append(Action.CIRCLE_QUARANTINED, at=NOW + number, object=circle)
    with closing(sqlite3.connect(db.path, isolation_level=None)) as hand:
        hand.execute("drop trigger audit_is_not_changed")
        hand.execute("drop trigger audit_is_not_removed")
        yield hand


def acting(**values):
    return ACTOR.set(Actor(**values))


def test_an_entry_says_who_did_what_to_what_and_when(audit):
    token = acting(who="k1", role="operator", request_id="r1")
    audit.append(Action.CIRCLE_QUARANTINED, at=NOW, object="drinkers")
    ACTOR.reset(token)
    (entry,) = [entry.shown() for entry in audit.entries()]
    entry.pop("hash")
    assert entry == {
        "number": 1,
        "at": NOW,
        "action": "circle.quarantined",
        "who": "k1",
        "role": "operator",
        "request": "r1",
        "object": "drinkers",
    }


def test_an_empty_log_holds_and_its_head_is_the_beginning(audit):
    assert audit.verify() == audit.verify(BEGINNING.hex())
    assert (audit.verify().entries, audit.verify().problem) == (0, None)


def test_the_database_itself_refuses_a_change(audit, db):
    audit.append(Action.SIGNED_IN, at=NOW)
    with closing(sqlite3.connect(db.path)) as other:
        for statement in ("update audit set entry = x'00'", "delete from audit"):
            with pytest.raises(sqlite3.IntegrityError, match="can only be added to"):
                other.execute(statement)


def test_every_changed_bit_of_every_entry_is_found(audit, opened, db):
    hand, changes = db._connection, 0
    hand.execute("begin")  # never committed: three thousand changes would keep the disk busy
    for number, entry, hash_ in hand.execute("select number, entry, hash from audit").fetchall():
        for column, value in (("entry", entry), ("hash", hash_), ("number", number.to_bytes(8, "big"))):
            for changed in one_bit_changed(value):
                new = int.from_bytes(changed, "big", signed=True) if column == "number" else changed
                if column == "number" and 1 <= new <= 3:
                    continue  # two entries of one number there cannot be
                hand.execute("savepoint before")
                hand.execute(f"update audit set {column} = ? where number = ?", (new, number))
                assert audit.verify().problem is not None, (number, column, new)
                hand.execute("rollback to before")
                changes += 1
    hand.execute("rollback")
    assert changes > 2500
    assert audit.verify().problem is None


def one_bit_changed(value):
    """The bytes with each of their bits turned, one at a time."""
    number = int.from_bytes(value, "big")
    for bit in range(8 * len(value)):
        yield (number ^ (1 << bit)).to_bytes(len(value), "big")


@pytest.mark.parametrize(
    "script",
    [
        "delete from audit where number = 1",
        "delete from audit where number = 2",
        "delete from audit where number = 1; update audit set number = number - 1",
        "insert into audit select 4, entry, hash from audit where number = 3",
        "insert into audit select 0, entry, hash from audit where number = 3",
        "update audit set number = -number; update audit set number = number + 4",
        "update audit set entry = (select entry from audit where number = 1) where number = 2",
    ],
)
def test_what_was_removed_put_in_or_moved_is_found(audit, opened, script):
    opened.executescript(script)
    assert audit.verify().problem is not None


def test_entries_cut_off_at_the_end_are_found_by_a_noted_head(audit, opened):
    noted = audit.verify().head
    audit.append(Action.SIGNED_IN, at=NOW)
    assert audit.verify(noted).problem is None  # it has grown since
    opened.execute("delete from audit where number >= 3")
    assert audit.verify().problem is None
    assert "noted head" in audit.verify(noted).problem


WRITE = """
import sys
from pathlib import Path
from api.audit import Action, Audit
from api.service_db import ServiceDb
audit = Audit(ServiceDb(Path(sys.argv[1])))
for at in range(100):
    audit.append(Action.SIGNED_IN, at=at)
"""


def test_several_processes_write_one_chain(audit, db):
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, str(db.path)]) for _ in range(3)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    assert (audit.verify().entries, audit.verify().problem) == (300, None)


def everything(db):
    db.clear_history()
    return db.path.read_bytes()


def test_what_concerns_a_person_is_sealed_and_opened_for_that_person_alone(audit, db):
    audit.append(Action.CONSENT_GRANTED, at=NOW, object="purpose-links", person=ANNA)
    audit.append(Action.CONSENT_GRANTED, at=NOW, object="purpose-circles", person=BERT)
    assert b"purpose-" not in everything(db)
    (told,) = audit.about(ANNA)
    assert (told["object"], told["who"]) == ("purpose-links", "command line")
    assert list(audit.about("c" * 32)) == []


def test_who_acts_for_themself_is_sealed_too(audit, db):
    token = acting(who="key-of-anna", role="member", request_id="request-of-anna", member=ANNA)
    audit.append(Action.CONSENT_WITHDRAWN, at=NOW, object="links", person=ANNA)
    ACTOR.reset(token)
    assert b"of-anna" not in everything(db)
    (told,) = audit.about(ANNA)
    assert (told["who"], told["request"], told["role"]) == ("key-of-anna", "request-of-anna", "member")


def test_nobody_can_read_of_a_forgotten_person_and_the_chain_holds(audit, db):
    audit.append(Action.CONSENT_GRANTED, at=NOW, object="links", person=ANNA)
    ((secret,),) = db.read("audit.secret", (ANNA,))
    head = audit.verify().head
    assert audit.forget(ANNA) == 1
    assert secret not in everything(db)
    assert ANNA.encode() not in everything(db)
    assert list(audit.about(ANNA)) == []
    assert audit.verify(head).problem is None


def test_a_look_from_before_an_erasure_that_is_written_down_after_it_leaves_nothing(audit, db):
    Keys(db).revoke_member(ANNA, now=NOW)
    audit.append(Action.LINK_SEEN, at=NOW, object="h1", person=ANNA)
    assert ANNA.encode() not in everything(db)
    assert audit.verify().problem is None
    audit.append(Action.LINK_SEEN, at=NOW + 1, object="h2", person=ANNA)  # who came back
    assert [told["object"] for told in audit.about(ANNA)] == ["h2"]


def test_what_is_written_down_of_somebody_while_they_are_erased_is_read_by_nobody(audit, db):
    db.write("erasures.ask", (ANNA, NOW))
    audit.append(Action.LINK_SEEN, at=NOW + 9, object="h1", person=ANNA)
    assert (audit.forget(ANNA), db.read("audit.about", (ANNA,))) == (0, [])
    assert audit.verify().entries == 1


def test_what_the_log_says_of_one_person_cannot_be_joined(audit):
    for _ in range(2):
        audit.append(Action.CONSENT_GRANTED, at=NOW, object="links", person=ANNA)
    one, other = [entry.shown() for entry in audit.entries()]
    assert one.pop("sealed") != other.pop("sealed")
    assert one.keys() == other.keys() == {"number", "at", "action", "who", "hash"}


def test_a_person_is_told_how_often_who_did_what(audit):
    for at, (role, member) in enumerate([("service", None), ("member", ANNA), ("service", None)]):
        token = acting(who=f"key-{role}", role=role, member=member)
        audit.append(Action.CONSENT_GRANTED, at=NOW + at, object="links", person=ANNA)
        ACTOR.reset(token)
    audit.append(Action.ERASURE_ASKED, at=NOW + 9, person=BERT)
    assert audit.counts_about(ANNA) == [
        Deeds("consent.granted", "member", 1, NOW + 1),
        Deeds("consent.granted", "service", 2, NOW + 2),
    ]
    assert [deeds.times for deeds in audit.counts_about(ANNA, before=NOW + 1)] == [1]
    audit.forget(ANNA)
    assert audit.counts_about(ANNA) == []
    assert audit.counts_about(BERT) == [Deeds("erasure.asked", "command line", 1, NOW + 9)]


def test_an_entry_about_one_person_does_not_say_which_other_person_acted(audit):
    token = acting(who="key-of-anna", role="member", request_id="request-of-anna", member=ANNA)
    audit.append(Action.CONSENT_GRANTED, at=NOW, object="h1", person=BERT)
    ACTOR.reset(token)
    (told,) = audit.about(BERT)
    assert {name: told[name] for name in told.keys() - {"hash"}} == {
        "number": 1, "at": NOW, "action": "consent.granted", "role": "member", "object": "h1",
    }  # fmt: skip
    assert audit.counts_about(ANNA) == []


def test_looking_again_is_noted_once_by_each_who_looks(audit):
    for who in ("k1", "k1", "k2"):
        token = acting(who=who)
        audit.look(Look(Action.FANS_SEEN, "c0"), at=NOW)
        ACTOR.reset(token)
    assert [entry.shown()["who"] for entry in audit.entries()] == ["k1", "k2"]


def test_what_cannot_be_written_is_said(audit, db):
    db._connection.execute("pragma query_only = on")
    with pytest.raises(StoreUnavailable):
        audit.append(Action.SIGNED_IN, at=NOW)
    assert audit.verify().entries == 0


def test_a_log_grown_by_an_older_program_is_read_by_parts(audit, monkeypatch):
    monkeypatch.setattr("api.audit._PART", 2)
    for at in range(5):
        audit.append(Action.SIGNED_IN, at=at)
    assert [entry.shown()["at"] for entry in audit.entries()] == [0, 1, 2, 3, 4]
    assert audit.verify().problem is None


def test_two_connections_see_one_chain(audit, db):
    other = ServiceDb(db.path)
    audit.append(Action.SIGNED_IN, at=1)
    Audit(other).append(Action.SIGNED_IN, at=2)
    assert audit.verify() == Audit(other).verify()
    other.close()
