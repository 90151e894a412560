"""What a theme means in the data."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.values import read_policy
from graph.settings import PROJECT
from graph.stores.base import ThemeTarget
from graph.themes import meaning as meanings
from graph.themes.index import index_of
from graph.themes.meaning import Theme, meaning_of
from graph.themes.words import read_aliases

MERCHANTS = [  # id, name, category, scene, sensitive
    ("m1", "Blue Coffee", "COFFEE SHOP", None, None),
    ("m2", "蓝山咖啡馆", None, None, None),
    ("m3", "Coffee Bank", "BANK", None, None),
    ("m4", "Coffee Corner", None, "credit", None),
    ("m5", "Chemist", "PHARMACY", None, None),
]
PRODUCTS = [  # id, name, category, merchant_id, sensitive
    ("p1", "Dark roast", "COFFEE", "m1", None),
    ("p2", "Coffee liqueur", "LIQUOR", "m1", None),
    ("p3", "Coffee cake", "CAKES", "m1", None),
    ("p4", "Coffee drops", "CANDY", "m5", None),
    ("p5", "Coffee mug", None, None, True),
    ("p6", "Filters", "COFFEE FILTERS", None, None),
]


def columns(rows, *names):
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


@pytest.fixture(scope="module")
def index(policy):
    return index_of(
        columns(MERCHANTS, "id", "name", "category", "scene", "sensitive"),
        columns(PRODUCTS, "id", "name", "category", "merchant_id", "sensitive"),
        policy,
    )


def meant(index, **theme):
    return meaning_of(Theme(**theme), index, read_aliases())


def ids(things):
    return [thing.thing_id for thing in things]


@pytest.mark.parametrize(
    ("name", "category", "barred"),
    [
        ("Cigarettes", None, "sensitive"),
        ("Acne medications", "FACIAL SKIN CARE", "sensitive"),
        ("二锅头白酒", "GIFTS", "sensitive"),
        ("招商银行", None, "finance"),
        ("Skin cream", "FACIAL SKIN CARE", None),
    ],
)
def test_what_is_sensitive_by_name_is_in_no_theme(policy, name, category, barred):
    shops = columns([("m", name, category, None, None)], "id", "name", "category", "scene", "sensitive")
    goods = columns([("p", name, category, "x", None)], "id", "name", "category", "merchant_id", "sensitive")
    found = index_of(shops, goods, policy)
    assert found.get("merchant", "m").barred == found.get("product", "p").barred == barred


@pytest.mark.parametrize("word", ["coffee", "咖啡", "COFFEES"])
def test_a_word_of_either_language_finds_the_same(index, word):
    found = meant(index, words=(word,))
    assert ids(found.included) == ["COFFEE", "COFFEE FILTERS", "COFFEE SHOP", "m2", "p3"]


def test_what_a_category_of_the_theme_has_is_not_named_again(index):
    assert ids(meant(index, categories=("COFFEE",), products=("p1", "p3")).included) == ["COFFEE", "p3"]


def test_sensitive_things_and_finance_are_left_out_and_counted(index):
    found = meant(index, words=("coffee",))
    assert {why: ids(things) for why, things in found.excluded.items()} == {
        "finance": ["m3", "m4"],
        "sensitive": ["p2", "p4", "p5"],
    }


@pytest.mark.parametrize(
    ("theme", "why"),
    [({"merchants": ("m3",)}, "finance"), ({"products": ("p2",)}, "sensitive"),
     ({"categories": ("LIQUOR",)}, "sensitive"), ({"scenes": ("credit",)}, "finance"),
     ({"words": ("liquor",)}, "sensitive")],
)  # fmt: skip
def test_what_may_be_in_no_theme_is_in_none_even_when_named(index, theme, why):
    found = meant(index, **theme)
    assert (found.targets, list(found.excluded)) == ((), [why])


def test_a_word_that_matches_nothing_says_so(index):
    found = meant(index, words=("zeppelin", "coffee", "liquor", "餐饮"))
    assert {word.word: word.state for word in found.words} == {
        "zeppelin": "nothing", "coffee": "found", "liquor": "excluded", "餐饮": "found"
    }  # fmt: skip
    assert found.scenes == ("dining",)


def test_ids_that_nobody_has_are_unknown(index):
    found = meant(index, merchants=("m9", "m1"), products=("p9",), scenes=("moon",))
    assert found.unknown == (("merchant", "m9"), ("product", "p9"), ("scene", "moon"))
    assert found.targets == (ThemeTarget("merchant", "m1"),)


def test_an_owner_strikes_things_out(index):
    found = meant(index, words=("coffee",), exclude=("COFFEE FILTERS", "CAKES", "m2"))
    assert ids(found.included) == ["COFFEE", "COFFEE SHOP"]
    assert ids(found.excluded["struck out"]) == ["COFFEE FILTERS", "m2", "p3"]


def test_a_theme_has_no_more_targets_than_one_can_have(index, monkeypatch):
    monkeypatch.setattr(meanings, "MAX_TARGETS", 2)
    found = meant(index, words=("coffee",))
    assert (ids(found.included), found.num_left_off) == (["COFFEE", "COFFEE FILTERS"], 3)


def test_products_found_by_name_weigh_together_as_one_category(index):
    several = index_of(
        columns(MERCHANTS, "id", "name", "category", "scene", "sensitive"),
        columns([(f"t{i}", "Oolong", None, None, None) for i in range(4)],
                "id", "name", "category", "merchant_id", "sensitive"),
        read_policy(PROJECT / "policy.toml"),
    )  # fmt: skip
    found = meant(several, words=("oolong",), products=("t0",))
    assert [target.weight for target in found.targets] == [1, 1 / 3, 1 / 3, 1 / 3]


def test_nothing_means_nothing(index):
    found = meant(index)
    assert (found.targets, found.excluded, found.words, found.unknown) == ((), {}, (), ())


@given(st.permutations(["coffee", "cake", "zeppelin", "餐饮"]), st.permutations(["m1", "m2", "m9"]))
def test_the_order_of_a_theme_does_not_matter(index, words, merchants):
    plain = meant(index, words=("cake", "coffee", "zeppelin", "餐饮"), merchants=("m1", "m2", "m9"))
    found = meant(index, words=tuple(words), merchants=tuple(merchants))
    assert replace(found, words=plain.words) == plain
    assert [word.word for word in found.words] == words
