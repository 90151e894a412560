"""Who and what portraits count, from a store."""

import pytest

from graph.portraits.peers import Kind
from graph.portraits.questions import MAX_CATEGORIES
from graph.portraits.town import LEAST_DAYS, Sizes, circle_sizes, kinds_of, labels_of, last_joined, town_of
from graph.stores.open import open_store

NOW = 2_000_000_000


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'circles.db'}")
    users = [f"u{i}" for i in range(30)]
    store.upsert("User", {"id": users, "adult": [i != 29 for i in range(30)]})
    agreed = range(1, 30)
    store.set_consents(
        {"user": agreed, "purpose": ["portraits"] * 29, "granted": [True] * 29, "at": [1] * 29}
    )
    store.upsert(
        "Merchant",
        {
            "id": ["cafe", "bank", "clinic", "bakery"],
            "kind": ["store", "institution", "store", None],
            "category": ["coffee shop", "bank", "dental clinic", None],
            "scene": [None, None, None, "dining"],
        },
    )
    store.upsert(
        "Product",
        {"id": ["beans", "pills"], "category": ["COFFEE", "analgesics"], "merchant_id": ["bakery"] * 2},
    )
    yield store
    store.close()


def test_only_adults_who_agreed_are_counted(store, policy):
    assert town_of(store, policy).people.tolist() == list(range(1, 29))


def test_a_bank_and_a_clinic_have_no_portrait(store, policy):
    town = town_of(store, policy)
    assert store.ids("Merchant", town.owners) == ["cafe", "bakery"]


def test_a_shop_of_which_nothing_was_said_has_none_while_the_unknown_is_sensitive(store, policy):
    store.intern("Merchant", ["nameless"])
    assert "nameless" not in store.ids("Merchant", town_of(store, policy).owners)
    store.set_meta("terms", "public")
    assert "nameless" in store.ids("Merchant", town_of(store, policy).owners)


def test_shops_have_an_order_by_name(store, policy):
    town = town_of(store, policy)
    assert town.order.tolist() == [1, 0]  # cafe, bakery
    assert len(set(town.lots.tolist())) == len(town.people)


def test_products_know_their_maker_and_category(store, policy):
    town = town_of(store, policy)
    assert town.categories == ("COFFEE", "analgesics", "bank", "coffee shop", "dental clinic")
    assert (town.maker.tolist(), town.product_category.tolist()) == ([3, 3], [0, 1])
    assert town.shop_category.tolist() == [3, 2, 4, -1]


def test_labels_are_common_and_neither_sensitive_nor_private(store, policy):
    many = Sizes(dict.fromkeys(town_of(store, policy).categories, 1_000.0), {0: 150}, {"drinkers": 60})
    labels = labels_of(store, policy, many, unknown_category="ordinary")
    assert (labels.categories, labels.shops) == (("COFFEE", "coffee shop"), ("cafe",))
    assert (labels.circles, labels.bands) == (("drinkers",), policy.amount_bands)
    rare = Sizes({"COFFEE": LEAST_DAYS - 0.1, "coffee shop": LEAST_DAYS, "dental clinic": 900.0}, {}, {})
    assert labels_of(store, policy, rare, unknown_category="ordinary").categories == ("coffee shop",)


def test_few_people_get_few_categories(store, policy):
    few = Sizes({"COFFEE": 50.0, "coffee shop": 20.0, "bank": -4.0}, {}, {})  # sixty people for each
    assert labels_of(store, policy, few, unknown_category="ordinary").categories == ("COFFEE",)
    assert MAX_CATEGORIES == 200


def circle(store, name, members, **properties):
    index = int(
        store.upsert("Circle", {"id": [name], "name": [name]} | {k: [v] for k, v in properties.items()})[0]
    )
    row = {"user": members, "circle": [index] * len(members), "joined_at": [index + 1] * len(members)}
    store.add_memberships(row | {"left_at": [None] * len(members)})
    return index


def test_circles_are_open_old_enough_and_of_nothing_risky_and_have_who_joined_them_last(store, policy):
    everybody = list(range(1, 25))
    circle(store, "drinkers", everybody, state="open")
    circle(store, "some", [0, *everybody[:19]], state="open")  # one of the twenty did not agree
    circle(store, "apart", everybody, state="quarantined")
    circle(store, "young", everybody, state="open", created_at=NOW - 1)
    circle(store, "wine lovers", everybody, state="open")
    sizes = circle_sizes(store, policy, town_of(store, policy), store.circles(), NOW)
    assert sizes == {"drinkers": 5, "some": 19}


def test_the_circle_joined_last_counts_while_one_stays(store):
    first, second = circle(store, "a", [1, 2, 3]), circle(store, "b", [2, 3])
    store.leave(3, second, 9)
    users, places = last_joined(store, ["b", "gone", "a"])
    assert dict(zip(users.tolist(), places.tolist(), strict=True)) == {1: 2, 2: 0, 3: 2}
    assert first < second
    assert [part.tolist() for part in last_joined(store, [])] == [[], []]


def test_merchants_are_of_a_kind_and_a_line(store):
    assert kinds_of(store, ["cafe", "bakery"]) == {
        "cafe": Kind("store", ("category", "coffee shop")),
        "bakery": Kind("merchant", ("scene", "dining")),
    }
