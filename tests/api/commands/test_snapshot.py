"""What every command does before it cuts a snapshot."""

from api.commands.common import Parts, now
from api.commands.snapshot import settle_inbox
from loaders.inbox import KEEP_MOVED_S


def pay(store, payment, at):
    columns = {"payment": [payment], "user": [0], "merchant": [0], "product": [None], "quantity": [None]}
    columns |= {"band": [2], "scene": [0], "paid_at": [1_772_000_000], "refund": [False], "walled": [False]}
    return store.add_payments(columns, at)


def kept(store):
    return [row for name, columns in store.export() if name == "inbox" for row in columns["payment"]]


def test_payments_over_http_move_to_the_log_and_a_day_later_the_store_forgets_them(settings):
    parts = Parts(settings)
    pay(parts.store, 5, now() - KEEP_MOVED_S - 60)
    pay(parts.store, 6, now())
    settle_inbox(parts)
    assert kept(parts.store) == [6]


def test_what_was_moved_is_forgotten_too_where_nothing_came_since(settings):
    parts = Parts(settings)
    pay(parts.store, 5, now() - KEEP_MOVED_S - 60)
    parts.store.clear_inbox([5])
    settle_inbox(parts)
    assert kept(parts.store) == []
