"""Scenes and the wall."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.scenes import Rule, is_kept_apart, is_sensitive, place, scene_of, verdict
from graph.schema import SCENES


@pytest.mark.parametrize(
    ("category", "scene"),
    [
        ("COFFEE SHOP", "dining"),
        ("  Yoga studio ", "fitness"),
        ("电影院", "entertainment"),
        ("火锅", "dining"),
        ("instalment plan", "credit"),
        ("mystery", None),
    ],
)
def test_a_category_has_the_first_scene_that_matches(policy, category, scene):
    assert scene_of(policy, category) == scene


@pytest.mark.parametrize(
    "category",
    ["Pharmacy", "24h DRUGSTORE", "baby food", "大药房", "Lottery tickets", "payday loan", "mosque"],
)
def test_sensitive_categories_are_known_in_both_languages(policy, category):
    assert is_sensitive(policy, category)


@pytest.mark.parametrize("category", ["coffee shop", "bakery", "电影院", ""])
def test_ordinary_categories_are_not_sensitive(policy, category):
    assert not is_sensitive(policy, category)


def test_the_products_category_decides_before_the_merchants(policy):
    placed = place(policy, product_category="yoga mats", merchant_category="supermarket")
    assert (placed.scene, placed.walled) == ("fitness", False)


def test_the_merchants_category_decides_where_the_products_is_unknown(policy):
    placed = place(
        policy, product_category="sku 17", merchant_category="supermarket", declared_scene="dining"
    )
    assert (placed.scene, placed.walled) == ("shopping", False)


def test_a_declared_scene_is_the_last_resort(policy):
    assert place(policy, declared_scene="concerts").scene == "concerts"
    assert place(policy, declared_scene="moon").scene == "other"


@pytest.mark.parametrize(
    "one",
    [
        {"sensitive": True, "product_category": "coffee shop"},
        {"product_category": "pharmacy items", "merchant_category": "supermarket"},
        {"product_category": "coffee shop", "merchant_category": "hospital kiosk"},
    ],
)
def test_one_sensitive_sign_is_enough_for_the_wall(policy, one):
    assert place(policy, **one, unknown_category="ordinary").walled


def test_what_nobody_can_name_is_walled_unless_the_policy_calls_it_ordinary(policy):
    strict, open_ = (replace(policy, unknown_category=value) for value in ("sensitive", "ordinary"))
    assert place(strict, product_category="mystery").walled
    assert not place(open_, product_category="mystery").walled
    assert not place(strict, product_category="mystery", unknown_category="ordinary").walled


categories = st.none() | st.sampled_from(["coffee shop", "pharmacy", "mystery", "gym", ""])
scenes = st.none() | st.sampled_from([*SCENES, "moon"])


@given(categories, categories, scenes, st.booleans())
def test_a_payment_always_has_a_scene_and_a_flag_only_closes(
    policy, product, merchant, declared, unknown_is_ordinary
):
    unknown = "ordinary" if unknown_is_ordinary else "sensitive"
    known = {"product_category": product, "merchant_category": merchant, "declared_scene": declared}
    placed = place(policy, **known, unknown_category=unknown)
    flagged = place(policy, **known, unknown_category=unknown, sensitive=True)
    assert placed.scene in SCENES
    assert flagged.walled
    assert place(policy, **known, unknown_category="sensitive").walled >= placed.walled


@pytest.mark.parametrize(
    ("category", "scene", "flag", "kept"),
    [
        ("pharmacy", None, False, True),
        ("coffee shop", None, True, True),
        ("instalment plan", None, False, True),  # of credit
        (None, "finance", False, True),
        ("coffee shop", "finance", False, False),  # the category decides
        ("mystery", None, False, False),
        (None, None, False, False),
    ],
)
def test_what_is_said_of_a_thing_keeps_it_apart(policy, category, scene, flag, kept):
    assert is_kept_apart(policy, category, scene, flag) is kept


@pytest.mark.parametrize(
    "category", ["ｐｈａｒｍａｃｙ", "PHAR\u00adMACY", "phar\u200bmacy", "\ufeffpharmacy"]
)
def test_width_and_characters_that_nobody_sees_hide_nothing(policy, category):
    assert is_sensitive(policy, category)


@pytest.mark.parametrize(
    ("category", "state", "walled", "rule"),
    [
        ("Pharmacy", "sensitive", True, Rule("health", "*pharmac*")),
        ("coffee shop", "ordinary", False, Rule("dining", "*coffee shop*")),
        ("bank", "ordinary", False, Rule("finance", "*bank*")),
        ("thing", "unknown", True, None),
    ],
)
def test_a_verdict_names_the_rule_that_matched(policy, category, state, walled, rule):
    found = verdict(policy, category)
    assert (found.state, found.walled, found.rule) == (state, walled, rule)
    assert verdict(policy, "thing", unknown_category="ordinary").walled is False


@given(st.text(min_size=1))
def test_a_verdict_agrees_with_where_a_payment_is_placed(policy, category):
    assert verdict(policy, category).walled == place(policy, product_category=category).walled
