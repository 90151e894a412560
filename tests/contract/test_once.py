"""Writes that count once by a token: told again what the first one did, and nothing is done twice."""

import pytest

from graph.errors import NotFound
from graph.stores.base import Applied
from graph.stores.once import KEPT_S, Event, Once

DAY = 86_400
AT = 100 * DAY


def payments(*hashes, user=0):
    n = len(hashes)
    return {
        "payment": list(hashes),
        "user": [user] * n,
        "merchant": [1] * n,
        "product": [None] * n,
        "quantity": [None] * n,
        "band": [0] * n,
        "scene": [0] * n,
        "paid_at": [DAY] * n,
        "refund": [False] * n,
        "walled": [False] * n,
    }


def event(event_id, kind="join", user=0, circle=0):
    return Event(event_id, kind, user, circle, None, AT)


def test_payments_sent_again_are_told_what_the_first_time_did(town):
    once = Once("t1", AT, '{"rejected": 2}')
    assert town.add_payments(payments(1, 2, 2), AT, once) == Applied(new=2, duplicates=1)
    assert town.add_payments(payments(1, 2, 2), AT + 9, once) == Applied(new=2, duplicates=1)
    assert town.add_payments(payments(1, 2, 2), AT) == Applied(new=0, duplicates=3)
    assert (town.done("t1").said, town.done("t1").result) == ('{"rejected": 2}', (2, 1))


def test_what_was_not_written_is_not_known(town):
    with pytest.raises(NotFound):
        town.add_payments(payments(1, user=99), AT, Once("t1", AT))
    with pytest.raises(NotFound):
        town.add_events([event("e1"), event("e2", user=99)], Once("t2", AT))
    assert (town.done("t1"), town.done("t2")) == (None, None)
    assert town.add_events([event("e1")]) == [True]


def test_events_of_one_call_act_in_order_and_once(town):
    given = [event("e1"), event("e1"), event("e2", "leave"), event("e3", "dismiss", circle=1)]
    assert town.add_events(given, Once("t", AT)) == [True, False, True, True]
    seq = town.seq()
    assert town.add_events(given, Once("t", AT)) == [True, False, True, True]
    assert town.add_events(given) == [False] * 4
    assert town.seq() == seq
    assert town.memberships()["left_at"].tolist() == [AT]


def test_after_a_day_a_token_is_forgotten(town):
    town.add_events([event("e1")], Once("old", AT))
    town.add_events([event("e2")], Once("new", AT + KEPT_S))
    assert town.done("old") is not None
    town.add_events([event("e3")], Once("newer", AT + KEPT_S + 1))
    assert (town.done("old"), town.done("new").result) == (None, (1,))
