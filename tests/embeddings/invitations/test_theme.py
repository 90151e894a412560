import numpy as np
import pytest

from embeddings.invitations.theme import (
    category_themes,
    evidence_of,
    fits_between,
    meaning_of,
    payments_in,
    public,
)
from graph.stores.base import ThemeTarget


def product(name, weight=1.0):
    return ThemeTarget("product", name, weight)


@pytest.fixture
def shop(make_snapshot):
    return make_snapshot(
        bought={"a": {"green": 2, "tart": 1}, "b": {"black": 4}},
        paid={"a": {"tea house": 3}, "b": {"gym": 1}},
        categories={"green": "tea", "black": "tea", "tart": "cake", "tea house": "tea"},
    )


def test_a_category_is_all_its_products_and_shops(shop):
    counts = payments_in(shop, meaning_of(shop, [[ThemeTarget("category", "tea")], [product("tart")]]))
    assert counts.tolist() == [[5, 1], [4, 0]]


def test_a_thing_named_twice_has_its_larger_weight(shop):
    theme = [product("green", 0.3), ThemeTarget("category", "tea", 0.8)]
    meaning = meaning_of(shop, [theme])
    at = [shop.products.find(name) for name in ("green", "black", "tart")]
    assert meaning.products.toarray()[at, 0].tolist() == [0.8, 0.8, 0.0]
    assert evidence_of(shop, meaning).payments.tolist() == [2, 4, 3]


def test_a_scene_is_every_payment_in_it(shop):
    counts = payments_in(shop, meaning_of(shop, [[ThemeTarget("scene", "shopping")]]))
    assert counts.tolist() == [[3], [1]]


def test_what_matches_nothing_is_named(shop):
    meaning = meaning_of(shop, [[product("unicorn"), product("green")], [product("unicorn")]])
    assert [[t.target_id for t in targets] for targets in meaning.unknown] == [["unicorn"]] * 2
    assert meaning.says_something.tolist() == [True, False]


@pytest.mark.parametrize("scene", ["finance", "credit"])
def test_finance_and_credit_are_no_theme_and_no_evidence(shop, scene):
    meaning = meaning_of(shop, [[ThemeTarget("scene", scene)]])
    assert not meaning.says_something.any()
    shop.paid.columns["scene"][:] = ["shopping", "entertainment", "finance"].index("finance")
    assert public(shop).paid.num_edges == 0


def test_fits_are_those_who_paid_since(make_snapshot):
    rows = {"a": {"green": 2}, "b": {"green": 1}, "c": {"tart": 1}}
    before = make_snapshot(bought=rows, categories={"green": "tea", "tart": "cake"})
    after = make_snapshot(bought=rows | {"a": {"green": 3}, "c": {"tart": 1, "green": 1}, "d": {"green": 9}})
    assert fits_between(before, after, [[product("green")]]).tolist() == [[True], [False], [True]]


def test_who_is_forgotten_since_did_not_fit(make_snapshot):
    before = make_snapshot(bought={"a": {"green": 1}, "b": {"green": 1}})
    after = make_snapshot(bought={"b": {"green": 2}})
    assert fits_between(before, after, [[product("green")]]).tolist() == [[False], [True]]


def test_every_category_of_things_is_a_theme(shop):
    assert sorted(category_themes(shop)) == ["cake", "tea"]


def test_nothing_fits_nothing(make_snapshot):
    empty = make_snapshot()
    assert fits_between(empty, empty, []).shape == (0, 0)
    assert np.size(payments_in(empty, meaning_of(empty, [[product("green")]]))) == 0
