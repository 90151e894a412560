"""Words of themes and names, made comparable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.schema import PRIVATE_SCENES, SCENES
from graph.themes.words import read_aliases, stands_in, tokens

ALIASES = read_aliases()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("COOKIES/CONES", ("cooky", "cone")), ("Coffee  Shops", ("coffee", "shop")), ("ＴＥＡ", ("tea",)),
        ("咖啡 Beans 2", ("咖", "啡", "bean", "2")), ("glass bus", ("glass", "bus")), ("!?", ()),
    ],
)  # fmt: skip
def test_a_text_is_its_words_without_case_width_and_plural(text, found):
    assert tokens(text) == found


@pytest.mark.parametrize(
    ("word", "name", "stands"),
    [("tea", "TEAS", True), ("tea", "STEAK", False), ("coffee shop", "COFFEE SHOP SWEETS", True),
     ("coffee shop", "SHOP COFFEE", False), ("咖啡", "蓝山咖啡馆", True), ("berries", "BERRY MIX", True)],
)  # fmt: skip
def test_a_word_is_found_in_a_name_as_whole_words_in_order(word, name, stands):
    assert stands_in(tokens(word), tokens(name)) is stands


def test_a_word_has_the_forms_of_the_other_language_both_ways():
    assert tokens("coffee") in ALIASES.forms("咖啡")
    assert tokens("咖啡") in ALIASES.forms("Coffees")
    assert ALIASES.forms("unheard of") == {tokens("unheard of")}
    assert ALIASES.forms("…") == frozenset()


def test_no_alias_names_a_scene_that_is_no_merchants_business():
    assert set(ALIASES.scenes.values()) <= set(SCENES) - set(PRIVATE_SCENES)
    assert ALIASES.scene("餐饮") == ALIASES.scene("Dining") == "dining"
    assert ALIASES.scene("credit") is ALIASES.scene("理财") is None


def test_no_alias_is_a_single_character_that_stands_in_other_words():
    single = {form[0] for group in ALIASES.groups.values() for form in group if len(form) == 1}
    assert single & set("水汤猫狗鸟花车") == set()


@given(st.text(), st.text())
def test_a_text_stands_in_itself_and_in_whatever_holds_it_apart(text, other):
    assert stands_in(tokens(text), tokens(f"{other} {text}"))
