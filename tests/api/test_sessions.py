"""Sessions of a page: what is kept, when they end, what proves that a form is theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.auth import Keys
from api.service_db import ServiceDb
from api.sessions import IDLE_S, KEPT, LIFE_S, TOUCH_S, Session, Sessions

NOW = 1_000_000


@pytest.fixture
def sessions(db):
    return Sessions(db)


def key_id(db, merchant="m1", role="merchant", **more):
    return Keys(db).create(role, subject=merchant, now=NOW, **more).split("_")[1]


def test_a_session_is_of_the_merchant_its_key_is_bound_to(db, sessions):
    found = sessions.find(sessions.begin(now=NOW, key_id=key_id(db)), now=NOW)
    assert (found.merchant_id, found.key_id is None) == ("m1", False)


def test_a_session_without_a_key_is_of_the_merchant_that_is_tried(sessions):
    found = sessions.find(sessions.begin(now=NOW, merchant_id="m9"), now=NOW)
    assert (found.merchant_id, found.key_id) == ("m9", None)


def test_the_token_is_nowhere_on_disk(sessions, tmp_path):
    token = sessions.begin(now=NOW, merchant_id="m1")
    assert all(token.encode() not in path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("wrong", ["", "x" * 43, "x" * 44, "\ud800" * 43, "a b", "' or 1 = 1 --"])
def test_anything_else_is_no_session(sessions, wrong):
    sessions.begin(now=NOW, merchant_id="m1")
    sessions.end(wrong)
    assert sessions.find(wrong, now=NOW) is None


def test_a_session_ends_when_nothing_is_asked_for_two_hours(sessions):
    token = sessions.begin(now=NOW, merchant_id="m1")
    assert sessions.find(token, now=NOW + IDLE_S - 1) is not None
    assert sessions.find(token, now=NOW + 2 * IDLE_S - 2) is not None
    assert sessions.find(token, now=NOW + 3 * IDLE_S - 2) is None


def test_a_page_can_be_read_while_nothing_can_be_written(db, sessions):
    token = sessions.begin(now=NOW, merchant_id="m1")
    db._connection.execute("pragma query_only = on")  # as on a full disk
    assert sessions.find(token, now=NOW + TOUCH_S) is not None
    assert sessions.find(token, now=NOW + IDLE_S) is None


def test_a_session_ends_after_twelve_hours_however_busy(sessions):
    token = sessions.begin(now=NOW, merchant_id="m1")
    busy = [sessions.find(token, now=at) for at in range(NOW, NOW + LIFE_S, IDLE_S // 2)]
    assert None not in busy
    assert sessions.find(token, now=NOW + LIFE_S) is None


def test_a_request_a_minute_writes_once(db, sessions):
    token = sessions.begin(now=NOW, merchant_id="m1")
    for at in (1, TOUCH_S - 1, TOUCH_S, TOUCH_S + 1):
        sessions.find(token, now=NOW + at)
    assert seen(db) == [NOW + TOUCH_S]


def seen(db):
    with db._lock:
        return [row[0] for row in db._connection.execute("select last_seen from sessions order by 1")]


def test_signing_out_and_a_revoked_key_count_on_another_worker_at_once(db, sessions):
    other = Sessions(ServiceDb(db.path))
    held, one, two = key_id(db), *(sessions.begin(now=NOW, merchant_id="m1") for _ in "ab")
    by_key = sessions.begin(now=NOW, key_id=held)
    sessions.end(one)
    Keys(db).revoke(held, now=NOW)
    assert [other.find(token, now=NOW) is None for token in (one, two, by_key)] == [True, False, True]
    other._db.close()


def test_a_session_ends_with_its_key(db, sessions):
    token = sessions.begin(now=NOW, key_id=key_id(db, expires_at=NOW + 10))
    assert sessions.find(token, now=NOW + 9) is not None
    assert sessions.find(token, now=NOW + 10) is None


def test_only_a_merchants_key_holds_a_session(db, sessions):
    member = key_id(db, "a" * 32, role="member")
    assert sessions.find(sessions.begin(now=NOW, key_id=member), now=NOW) is None


def test_ended_sessions_are_dropped_and_a_flood_is_bounded(db, sessions):
    sessions.begin(now=NOW - LIFE_S, merchant_id="m1")
    by_key = sessions.begin(now=NOW, key_id=key_id(db))
    for at in range(KEPT + 5):
        sessions.begin(now=NOW + at, merchant_id="m1")
    assert len(seen(db)) == KEPT + 1
    assert sessions.find(by_key, now=NOW + KEPT) is not None  # who has a key is not crowded out


def test_a_token_of_a_form_reads_differently_each_time_and_is_known(sessions):
    session = sessions.find(sessions.begin(now=NOW, merchant_id="m1"), now=NOW)
    given = {session.csrf() for _ in range(20)}
    assert len({text[:64] for text in given}) == len({text[64:] for text in given}) == 20
    assert all(session.knows(text) for text in given)
    assert session.token not in repr(session)


@given(st.text(max_size=140) | st.binary(max_size=70).map(bytes.hex))
def test_nothing_else_is_known(text):
    assert not Session("m1", None, "t" * 43).knows(text)
