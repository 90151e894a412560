"""What payments add up to, loads and the inbox."""

import numpy as np
import pytest

from graph.edges import BOUGHT, PAID, UserEdges
from graph.errors import InputError, NotFound
from graph.stores.base import Applied, Load

DAY = 86_400
ONE = (0, 2, 1, 3, 4, 100, 200)  # merchant, payments, days, scene, band, first_at, last_at
TWO = (1, 1, 1, 0, 2, 150, 150)


def payments(*rows, **columns):
    """Columns of `add_payments` from (hash, user, merchant, product, paid_at)."""
    names = ("payment", "user", "merchant", "product", "paid_at")
    table = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    defaults = {"quantity": None, "band": 3, "scene": 0, "refund": False, "walled": False}
    return table | {name: columns.get(name, [value] * len(rows)) for name, value in defaults.items()}


def edges_of(store, user_id, kind="paid"):
    return getattr(store.user_state(user_id), kind).tolist()


def test_edges_come_back_as_they_were_set(town, pack):
    town.set_edges("paid", pack("paid", {0: [ONE, TWO], 2: [TWO]}))
    town.set_edges("bought", pack("bought", {3: [(1, 2, 5, 99)]}))
    paid = town.edges("paid")
    assert (paid.users.tolist(), paid.offsets.tolist(), paid.edges.tolist()) == (
        [0, 2],
        [0, 2, 3],
        [ONE, TWO, TWO],
    )
    assert paid.edges.dtype == PAID
    assert town.edges("bought").edges.tolist() == [(1, 2, 5, 99)]


def test_setting_edges_replaces_those_of_the_users_named_and_no_others(town, pack):
    town.set_edges("paid", pack("paid", {0: [ONE], 1: [ONE], 2: [ONE]}))
    town.set_edges("paid", pack("paid", {0: [TWO], 1: []}))
    paid = town.edges("paid")
    assert (paid.users.tolist(), paid.edges.tolist()) == ([0, 2], [TWO, ONE])


def test_patching_replaces_the_edges_between_pairs_and_no_others(town, pack):
    town.set_edges("paid", pack("paid", {0: [TWO, ONE], 1: [TWO], 2: [ONE]}))
    seq = town.seq()
    more = (1, 5, 2, 0, 2, 150, 999)
    new = pack("paid", {0: [more], 1: [], 3: [ONE]})
    town.patch_edges("paid", np.array([3, 0, 1]), np.array([0, 1, 1]), new)
    assert [edges_of(town, f"u{i}") for i in range(4)] == [[ONE, more], [], [ONE], [ONE]]
    assert [town.user(f"u{i}").changed > seq for i in range(4)] == [True, True, False, True]


def test_patching_moves_an_edge_to_another_scene(town, pack):
    other_scene = (*ONE[:3], 5, *ONE[4:])
    town.set_edges("paid", pack("paid", {0: [ONE]}))
    town.patch_edges("paid", np.array([0]), np.array([0]), pack("paid", {0: [other_scene]}))
    assert edges_of(town, "u0") == [other_scene]


def test_patching_many_users_equals_setting_them(store):
    num_users = 12_000
    store.intern("User", [f"u{i}" for i in range(num_users)])
    store.intern("Product", [f"p{i}" for i in range(5)])
    users, ends = np.arange(num_users), np.arange(num_users + 1)
    for product in (4, 2):
        edges = np.zeros(num_users, dtype=BOUGHT)
        edges["product"], edges["payments"] = product, users + 1
        store.patch_edges("bought", users, np.full(num_users, product), UserEdges(users, ends, edges))
    found = store.edges("bought")
    assert found.offsets.tolist() == [*range(0, 2 * num_users + 1, 2)]
    assert found.edges["product"].tolist() == [2, 4] * num_users


def test_edges_of_an_empty_store_are_empty(store):
    empty = store.edges("bought")
    assert (len(empty), empty.offsets.tolist(), len(empty.edges), empty.edges.dtype) == (0, [0], 0, BOUGHT)


def test_setting_edges_marks_exactly_the_users_whose_edges_changed(town, pack):
    town.set_edges("paid", pack("paid", {0: [ONE], 1: [TWO], 2: [TWO]}))
    before = [town.user(f"u{i}").changed for i in range(4)]
    town.set_edges("paid", pack("paid", {0: [ONE], 1: [ONE], 2: []}))
    after = [town.user(f"u{i}").changed for i in range(4)]
    assert [a > b for a, b in zip(after, before, strict=True)] == [False, True, True, False]
    assert after[1] == after[2] == town.seq()


def test_setting_equal_edges_again_is_no_change(town, pack):
    edges = pack("paid", {0: [ONE], 1: []})
    town.set_edges("paid", edges)
    seq = town.seq()
    town.set_edges("paid", edges)
    assert town.seq() == seq


def test_users_who_are_gone_are_passed_over(town, pack):
    town.forget(1)
    town.set_edges("paid", pack("paid", {0: [ONE], 1: [ONE], 99: [ONE]}))
    assert town.edges("paid").users.tolist() == [0]


def test_many_users_are_set_and_read_in_full(store):
    num_users = 25_000
    store.intern("User", [f"u{i}" for i in range(num_users)])
    store.intern("Product", [f"p{i}" for i in range(3)])
    edges = np.zeros(2 * num_users, dtype=BOUGHT)
    edges["product"] = np.tile([1, 2], num_users)
    edges["payments"] = np.arange(2 * num_users) + 1
    given = UserEdges(np.arange(num_users), np.arange(num_users + 1) * 2, edges)
    store.set_edges("bought", given)
    read = store.edges("bought")
    assert np.array_equal(read.users, given.users)
    assert np.array_equal(read.offsets, given.offsets)
    assert np.array_equal(read.edges, edges)


def test_edges_that_do_not_fit_are_the_programmers_mistake(town, pack):
    good = pack("paid", {0: [ONE], 1: [TWO]})
    with pytest.raises(ValueError, match="layout"):
        town.set_edges("bought", good)
    with pytest.raises(ValueError, match="increasing"):
        town.set_edges("paid", UserEdges(good.users[::-1], good.offsets, good.edges))
    with pytest.raises(ValueError, match="offsets"):
        town.set_edges("paid", UserEdges(good.users, good.offsets[:-1], good.edges))
    with pytest.raises(ValueError, match="owed"):
        town.edges("owed")


def test_merchant_fans_are_the_payers_lowest_index_first(town, pack):
    town.set_edges("paid", pack("paid", {0: [ONE], 1: [TWO], 3: [ONE, (0, 1, 1, 4, 0, 9, 9), TWO]}))
    assert town.merchant_fans(0, 10).tolist() == [0, 3]
    assert town.merchant_fans(1, 1).tolist() == [1]
    assert town.merchant_fans(2, 10).tolist() == []


# -- loads --------------------------------------------------------------------------------------------


def load(number, state, fingerprint="f"):
    return Load(f"load-{number}", "folder", fingerprint, state, number, '{"rows": 3}')


def test_loads_are_kept_oldest_first_and_replaced_by_id(store):
    for entry in (load(2, "logged"), load(1, "done"), load(2, "done")):
        store.put_load(entry)
    assert store.loads() == [load(1, "done"), load(2, "done")]
    assert store.loads("logged") == []


def test_a_load_is_found_by_fingerprint_once_it_is_done(store):
    store.put_load(load(1, "logged", "abc"))
    assert store.find_load("abc") is None
    store.put_load(load(1, "done", "abc"))
    assert store.find_load("abc") == load(1, "done", "abc")
    assert store.find_load("xyz") is None


# -- the inbox ----------------------------------------------------------------------------------------


def test_a_payment_is_counted_into_both_edges_at_once(town):
    assert town.add_payments(payments((7, 0, 1, 2, 3 * DAY)), at=50) == Applied(new=1, duplicates=0)
    assert edges_of(town, "u0") == [(1, 1, 1, 0, 3, 3 * DAY, 3 * DAY)]
    assert edges_of(town, "u0", "bought") == [(2, 1, 1, 3 * DAY)]


def test_a_payment_counts_once_however_often_it_arrives(town):
    first, second = (7, 0, 1, None, DAY), (8, 0, 1, None, 2 * DAY)
    assert town.add_payments(payments(first, first), at=50) == Applied(new=1, duplicates=1)
    assert town.add_payments(payments(first, second), at=51) == Applied(new=1, duplicates=1)
    assert edges_of(town, "u0") == [(1, 2, 2, 0, 3, DAY, 2 * DAY)]


def test_a_walled_payment_enters_the_inbox_and_no_edge(town):
    seq = town.seq()
    town.add_payments(payments((7, 0, 1, 2, DAY), walled=[True]), at=50)
    assert town.inbox()["walled"].tolist() == [True]
    assert (edges_of(town, "u0"), edges_of(town, "u0", "bought"), town.seq()) == ([], [], seq)


def test_a_refund_takes_away_and_never_goes_below_zero(town):
    town.add_payments(payments((1, 0, 1, 2, DAY), (2, 0, 1, 2, DAY)), at=50)
    town.add_payments(payments((3, 0, 1, 2, 2 * DAY), refund=[True]), at=51)
    assert edges_of(town, "u0") == [(1, 1, 1, 0, 3, DAY, DAY)]
    town.add_payments(payments((4, 0, 1, 2, 2 * DAY), (5, 0, 1, 2, 3 * DAY), refund=[True, True]), at=52)
    assert (edges_of(town, "u0"), edges_of(town, "u0", "bought")) == ([], [])


def test_payments_of_one_batch_are_counted_in_order_of_time(town):
    town.add_payments(payments((1, 0, 1, None, 3 * DAY), (2, 0, 1, None, DAY), refund=[True, False]), at=50)
    assert edges_of(town, "u0") == []


def test_the_largest_hash_comes_back_unharmed(town):
    hashes = [0, 2**63 - 1, 2**63, 2**64 - 1]
    town.add_payments(payments(*((h, 0, 0, None, DAY) for h in hashes)), at=50)
    inbox = town.inbox()
    assert inbox["payment"].dtype == np.uint64
    assert sorted(inbox["payment"].tolist()) == hashes
    town.clear_inbox(inbox["payment"])
    assert len(town.inbox()["payment"]) == 0


def test_the_inbox_gives_back_every_column(town):
    given = payments(
        (9, 1, 2, None, DAY), (5, 0, 1, 2, 2 * DAY), quantity=[None, 4], band=[0, 9], scene=[3, 6]
    )
    town.add_payments(given, at=50)
    inbox = town.inbox()
    order = np.argsort(inbox["payment"])
    assert {name: values[order].tolist() for name, values in inbox.items()} == {
        name: [values[1], values[0]] for name, values in given.items()
    }


def test_an_empty_inbox_has_empty_columns(store):
    assert {name: len(values) for name, values in store.inbox().items()} == dict.fromkeys(payments(), 0)


def test_moved_payments_are_duplicates_until_they_are_trimmed(town):
    payment = payments((7, 0, 1, None, DAY))
    town.add_payments(payment, at=50)
    town.clear_inbox([7, 12345])
    town.trim_inbox(before=50)  # taken in at 50, so not before 50
    assert town.add_payments(payment, at=60) == Applied(new=0, duplicates=1)
    town.trim_inbox(before=51)
    assert town.add_payments(payment, at=60) == Applied(new=1, duplicates=0)


def test_waiting_payments_are_never_trimmed(town):
    town.add_payments(payments((7, 0, 1, None, DAY)), at=50)
    town.trim_inbox(before=10**9)
    assert town.inbox()["payment"].tolist() == [7]


def test_a_batch_with_an_unknown_node_or_time_changes_nothing(town):
    good = (1, 0, 1, None, DAY)
    for bad, error in (
        ((2, 99, 1, None, DAY), NotFound),
        ((2, 0, 99, None, DAY), NotFound),
        ((2, 0, 1, None, -1), InputError),
    ):
        with pytest.raises(error):
            town.add_payments(payments(good, bad), at=50)
    assert (len(town.inbox()["payment"]), edges_of(town, "u0")) == (0, [])


def test_payments_mark_their_users_as_changed(town):
    town.add_payments(payments((7, 2, 1, None, DAY)), at=50)
    assert [town.user(f"u{i}").changed for i in range(4)] == [0, 0, town.seq(), 0]
    newest = town.changes(town.seq() - 1, 10)[0]
    assert (newest.kind, newest.user_index, newest.at) == ("payments", 2, 50)
