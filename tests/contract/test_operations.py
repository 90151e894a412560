"""The store as a whole."""

import uuid
from contextlib import closing

import pytest

from graph.errors import NotFound, StoreUnavailable
from graph.stores.base import ThemeTarget
from graph.stores.open import open_store


def test_an_empty_store_counts_nothing_and_is_well(store):
    assert set(store.stats().values()) == {0}
    assert (store.seq(), store.circles_seq(), store.check(), store.changes(0, 10)) == (0, 0, [], [])
    store.ping()


def test_each_store_has_an_identity_of_its_own_that_stays(new_address):
    one = new_address()
    with closing(open_store(one)) as store:
        identity = store.meta("store_id")
        assert str(uuid.UUID(identity)) == identity
    with closing(open_store(one)) as store:
        assert store.meta("store_id") == identity
    with closing(open_store(new_address())) as other:
        assert other.meta("store_id") != identity


def test_meta_keeps_what_was_set_last(store):
    assert store.meta("terms") is None
    store.set_meta("terms", "public")
    store.set_meta("terms", "private")
    assert store.meta("terms") == "private"


def test_what_was_written_is_there_after_reopening(address, people):
    with closing(open_store(address)) as store:
        people(store).join(0, 1, 10)
        version = store.schema_version()
    with closing(open_store(address)) as store:
        assert store.circle_members(1).tolist() == [0]
        assert store.schema_version() == version >= 1
        assert store.address == address


def test_a_second_store_at_the_same_address_sees_what_the_first_wrote(address, people):
    with closing(open_store(address)) as one, closing(open_store(address)) as two:
        people(one)
        assert two.join(0, 1, 10) is True
        assert one.join(0, 1, 10) is False


def test_stats_count_nodes_and_edges(town, pack):
    town.set_edges("paid", pack("paid", {0: [(0, 1, 1, 0, 0, 5, 5), (1, 1, 1, 0, 0, 5, 5)]}))
    town.upsert("Product", {"id": ["p0"], "merchant_id": ["m0"]})
    town.set_themes({0: [ThemeTarget("product", "p0")]})
    town.join(0, 0, 10)
    town.join(1, 0, 10)
    town.leave(1, 0, 11)
    counted = {name: number for name, number in town.stats().items() if number and name != "seq"}
    assert counted == {
        "User": 4, "Merchant": 3, "Product": 3, "Circle": 3,
        "PAID": 2, "SELLS": 1, "ABOUT": 1, "MEMBER_OF": 1,
    }  # fmt: skip
    assert town.stats()["seq"] == town.seq()


def test_check_names_themes_that_point_nowhere(town):
    town.set_themes({1: [ThemeTarget("merchant", "nobody"), ThemeTarget("merchant", "m0")]})
    (sentence,) = town.check()
    assert "c1" in sentence
    assert "nobody" in sentence


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ((0, 0, 0, 0, 0, 5, 5), "no payments"),
        ((0, 1, 2, 0, 0, 5, 5), "more days"),
        ((0, 1, 1, 200, 0, 5, 5), "scene"),
        ((0, 1, 1, 0, 0, 6, 5), "end before"),
    ],
)
def test_check_names_an_edge_that_cannot_be(town, pack, record, word):
    town.set_edges("paid", pack("paid", {0: [(0, 1, 1, 1, 0, 5, 5)], 1: [record]}))
    assert [word in sentence for sentence in town.check()].count(True) == 1


def test_an_edge_to_nothing_is_refused_or_named_by_check(town, pack):
    edges = pack("paid", {1: [(77, 1, 1, 0, 0, 5, 5)]})
    try:
        town.set_edges("paid", edges)
    except NotFound:
        assert (len(town.edges("paid")), town.check()) == (0, [])
    else:
        assert ["merchant" in sentence for sentence in town.check()] == [True]


def test_export_has_every_table_with_columns_of_one_length(town, pack):
    town.set_edges("paid", pack("paid", {0: [(0, 1, 1, 0, 0, 5, 6)], 2: [(1, 1, 1, 0, 0, 7, 8)]}))
    town.join(0, 1, 10)
    tables = dict(town.export())
    assert tables.keys() >= {
        "users",
        "merchants",
        "products",
        "circles",
        "paid",
        "bought",
        "memberships",
        "loads",
    }
    assert (tables["paid"]["user"], tables["paid"]["last_at"]) == ([0, 2], [6, 8])
    assert tables["memberships"] == {"user": [0], "circle": [1], "joined_at": [10], "left_at": [None]}
    for name, columns in tables.items():
        assert len({len(values) for values in columns.values()}) == 1, name


def test_a_closed_store_does_not_answer_and_closes_twice(address):
    store = open_store(address)
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.ping()
