"""Nodes: indices, properties, circles."""

import numpy as np
import pytest

from graph.errors import InputError, NotFound
from graph.stores.base import ThemeTarget


def test_indices_are_given_in_order_of_first_appearance(store):
    assert store.intern("User", ["b", "a", "b", "c"]).tolist() == [0, 1, 0, 2]
    assert store.intern("User", ["d", "a"]).tolist() == [3, 1]


def test_labels_count_their_indices_apart(store):
    assert store.intern("User", ["x"]).tolist() == [0]
    assert store.intern("Merchant", ["y", "x"]).tolist() == [0, 1]


def test_interning_nothing_gives_nothing(store):
    indices = store.intern("Product", [])
    assert indices.shape == (0,)
    assert indices.dtype == np.int64


def test_interning_again_gives_the_same_indices(store):
    ids = [f"u{i}" for i in range(25_000)]
    assert np.array_equal(store.intern("User", ids), store.intern("User", ids))


def test_ids_are_kept_exactly_as_given(store):
    strange = [
        "it's",
        'say "hi"',
        "two\nlines",
        "茶馆",
        "trailing ",
        "a\x00b",
        "a\x00c",
        "%_*",
        "0x1",
        "1",
        "01",
    ]
    assert store.intern("User", strange).tolist() == list(range(len(strange)))
    assert store.ids("User", range(len(strange))) == strange


@pytest.mark.parametrize("wrong", ["", None, 7, "\ud800"])
def test_an_id_that_is_not_text_is_refused_and_nothing_is_kept(store, wrong):
    with pytest.raises(InputError):
        store.intern("User", ["good", wrong])
    assert store.indices("User", ["good"]).tolist() == [-1]


def test_indices_of_unknown_ids_are_minus_one(town):
    assert town.indices("User", ["u2", "nobody", "u2"]).tolist() == [2, -1, 2]


def test_ids_of_an_unknown_index_are_an_error(town):
    assert town.ids("Circle", np.array([2, 0])) == ["c2", "c0"]
    with pytest.raises(NotFound, match="Circle"):
        town.ids("Circle", [99])


def test_unknown_label_is_the_programmers_mistake(store):
    with pytest.raises(ValueError, match="Shop"):
        store.intern("Shop", ["x"])


def test_upsert_creates_and_completes_and_none_never_erases(store):
    store.upsert("Merchant", {"id": ["m"], "name": ["Tea house"], "city": [None]})
    store.upsert("Merchant", {"id": ["m"], "name": [None], "city": ["Chengdu"], "sensitive": [False]})
    nodes = store.nodes("Merchant")
    assert (nodes["name"], nodes["city"], nodes["sensitive"]) == (["Tea house"], ["Chengdu"], [False])
    assert (nodes["index"], nodes["id"], nodes["kind"]) == ([0], ["m"], [None])


def test_upsert_replaces_a_known_value_by_a_new_one(store):
    store.upsert("Product", {"id": ["p"], "category": ["tea"]})
    store.upsert("Product", {"id": ["p"], "category": ["coffee"]})
    assert store.nodes("Product")["category"] == ["coffee"]


def test_of_two_rows_with_one_id_both_are_applied_in_order(store):
    indices = store.upsert("Product", {"id": ["p", "p"], "name": ["a", "b"], "category": ["tea", None]})
    assert indices.tolist() == [0, 0]
    assert (store.nodes("Product")["name"], store.nodes("Product")["category"]) == (["b"], ["tea"])


def test_merchants_named_by_products_and_circles_are_interned(store):
    store.upsert("Product", {"id": ["p", "q"], "merchant_id": ["maker", None]})
    store.upsert("Circle", {"id": ["c"], "owner_id": ["owner"]})
    assert store.nodes("Merchant")["id"] == ["maker", "owner"]
    assert store.nodes("Product")["merchant_id"] == ["maker", None]
    assert store.nodes("Circle")["owner_id"] == ["owner"]


def test_upsert_accepts_numpy_columns(store):
    store.upsert("User", {"id": ["u"], "verified": np.array([True]), "adult": [np.bool_(False)]})
    assert (store.nodes("User")["verified"], store.nodes("User")["adult"]) == ([True], [False])


def test_upsert_refuses_an_unknown_column_and_a_wrong_length(store):
    with pytest.raises(InputError, match="credit_score"):
        store.upsert("User", {"id": ["u"], "credit_score": [1]})
    with pytest.raises(InputError, match="city"):
        store.upsert("User", {"id": ["u", "v"], "city": ["x"]})
    assert store.nodes("User")["id"] == []


def test_nodes_of_an_empty_store_are_empty_columns(store):
    assert store.nodes("Circle") == {
        name: []
        for name in ("index", "id", "name", "description", "owner_id", "scene", "created_at", "state")
    }


def test_describe_answers_in_the_order_asked_and_marks_the_unknown(store):
    store.upsert(
        "Product",
        {"id": ["a", "b"], "name": ["A", "B"], "merchant_id": ["m", None], "sensitive": [True, None]},
    )
    assert store.describe("Product", ["b", "?", "a"]) == {
        "index": [1, -1, 0],
        "id": ["b", "?", "a"],
        "name": ["B", None, "A"],
        "category": [None, None, None],
        "merchant_id": [None, None, "m"],
        "sensitive": [None, None, True],
    }


def test_a_user_is_adult_and_verified_only_when_somebody_said_so(store):
    store.upsert("User", {"id": ["u", "v"], "verified": [True, None], "city": ["Xi'an", None]})
    known, unknown = store.user("u"), store.user("v")
    assert (known.index, known.user_id, known.verified, known.adult, known.city) == (
        0,
        "u",
        True,
        False,
        "Xi'an",
    )
    assert (unknown.index, unknown.verified, unknown.city) == (1, False, None)
    assert store.user("nobody") is None


def test_a_circle_has_its_theme_and_counts_its_members(town):
    town.upsert(
        "Circle", {"id": ["c1"], "name": ["Tea"], "owner_id": ["m2"], "scene": ["dining"], "created_at": [7]}
    )
    theme = (ThemeTarget("merchant", "m0", 2.0), ThemeTarget("scene", "dining"))
    town.set_themes({1: theme})
    town.join(0, 1, 10)
    circle = town.circle("c1")
    assert (circle.index, circle.name, circle.owner_id, circle.scene, circle.created_at) == (
        1,
        "Tea",
        "m2",
        "dining",
        7,
    )
    assert (circle.state, circle.theme, circle.num_members) == ("open", theme, 1)
    assert town.circle("c9") is None


def test_circles_come_in_order_and_equal_the_single_ones(town):
    town.set_themes({2: [ThemeTarget("product", "p0")]})
    town.join(3, 0, 5)
    assert town.circles() == [town.circle(f"c{i}") for i in range(3)]


def test_setting_a_theme_replaces_only_the_circles_named(town):
    town.set_themes({0: [ThemeTarget("product", "p0")], 1: [ThemeTarget("category", "tea", 0.5)]})
    town.set_themes({0: [ThemeTarget("merchant", "m1")], 2: []})
    assert town.themes() == {0: (ThemeTarget("merchant", "m1"),), 1: (ThemeTarget("category", "tea", 0.5),)}


@pytest.mark.parametrize(
    "target", [ThemeTarget("gender", "x"), ThemeTarget("scene", "moon"), ThemeTarget("product", "p", 0.0)]
)
def test_a_theme_outside_the_known_kinds_is_refused(town, target):
    with pytest.raises(InputError):
        town.set_themes({0: [target]})
    assert town.themes() == {}


def test_theme_of_an_unknown_circle_is_not_found(town):
    with pytest.raises(NotFound):
        town.set_themes({77: [ThemeTarget("product", "p0")]})


def test_circle_state_changes_once(town):
    assert town.set_circle_state(0, "quarantined", 9) is True
    assert town.set_circle_state(0, "quarantined", 9) is False
    assert town.circle("c0").state == "quarantined"
    with pytest.raises(InputError, match="asleep"):
        town.set_circle_state(0, "asleep", 9)
    with pytest.raises(NotFound):
        town.set_circle_state(77, "open", 9)


def test_a_cache_of_circles_grows_old_when_a_circle_changes_and_not_when_somebody_joins(town):
    before = town.circles_seq()
    town.join(0, 0, 5)
    assert town.circles_seq() == before
    seen = []
    for change in (
        lambda: town.upsert("Circle", {"id": ["c0"], "name": ["New name"]}),
        lambda: town.intern("Circle", ["c3"]),
        lambda: town.set_themes({0: [ThemeTarget("product", "p0")]}),
        lambda: town.set_circle_state(0, "closed", 6),
    ):
        change()
        change()  # repeating changes nothing
        seen.append(town.circles_seq())
    assert seen == sorted(set(seen))
    assert seen[0] > before
    assert seen[-1] == town.seq()
