"""Reasons in words: how often decides how strong, and nothing shouts."""

import unicodedata

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services.words import MOST_LETTERS, Words, plain, pretty, sentence
from embeddings.registry import Texts, Version
from embeddings.told import KIND_OF, spoken, strength_of
from graph.ids import Ids


def labelled(*names):
    """A version in which things have these names."""
    texts = Texts.of(names)
    none = Ids.of(())
    return Version(
        folder=None,
        manifest={},
        model=None,
        circles=none,
        merchants=none,
        categories=list(names),
        names={"merchants": texts, "products": texts, "circles": texts},
        merchant_category=None,
        product_category=None,
        circle_owner=None,
        circle_scene=None,
        circle_state=None,
        store_rows={},
        lists=None,
    )


@pytest.mark.parametrize(
    ("kind", "label", "count", "english", "chinese"),
    [
        ("category", "COFFEE", 8, "You often buy coffee", "你常买 coffee"),
        ("category", "BAKING MIXES", 3, "You buy baking mixes", "你会买 baking mixes"),
        ("category", "咖啡", 2, "You have bought 咖啡", "你买过咖啡"),
        (
            "category",
            "ICE CREAM/MILK/SHERBTS",
            9,
            "You often buy ice cream, milk and sherbts",
            "你常买 ice cream、milk、sherbts",
        ),
        ("category", "Wine/Beer", 9, "You often buy Wine/Beer", "你常买 Wine/Beer"),
        ("merchant", "Blue Bottle", 20, "You often go to Blue Bottle", "你常去 Blue Bottle"),
        (
            "place",
            "Tea House",
            1,
            "You have been to this kind of place: Tea House",
            "你去过这类地方：Tea House",
        ),
        ("circle", "Hikers", 1, "Because you joined “Hikers”", "因为你加入了“Hikers”"),
        ("popular", None, 500, "Popular with many members", "受很多成员欢迎"),
        ("open", None, 0, "Open to everyone", "对所有人开放"),
    ],
)
def test_a_reason_is_a_sentence_in_two_languages(kind, label, count, english, chinese):
    words = sentence(kind, (label,) if label else (), strength_of(count))
    assert (words.text, words.text_zh) == (english, chinese)


def test_alike_things_share_a_sentence():
    words = sentence("category", ("COFFEE", "BAKING GOODS"), 0)
    assert words.text == "You often buy coffee and baking goods"
    assert words.text_zh == "你常买 coffee、baking goods"
    assert words.labels == ("Coffee", "Baking Goods")


LABELS = st.one_of(
    st.sampled_from(["COOKIES/CONES", "COFFEE", "Tea House", "咖啡", "A/B", "\u202e", ""]),
    st.text(max_size=9),
)


@given(st.sampled_from(["category", "place", "product", "merchant"]), st.integers(0, 2), LABELS, LABELS)
def test_a_sentence_put_together_from_parts_is_the_sentence(kind, strength, first, second):
    told = [((0,), 87), ((0, 1), 612), ((1, 0), 3)]
    things = [spoken(KIND_OF[kind], strength, row) for row in (0, 1)]
    told = [(tuple(things[row] for row in rows), parts) for rows, parts in told]
    words = Words(labelled(first, second))
    assert b"".join(words.spelt(told)) == orjson.dumps(words.listed(told))


@pytest.mark.parametrize("kind", ["circle", "popular", "open"])
def test_what_stands_alone_is_put_together_too(kind):
    words, told = Words(labelled("Hikers “&” \\", "")), [((spoken(KIND_OF[kind], 0, 0),), 1000)]
    assert b"".join(words.spelt(told)) == orjson.dumps(words.listed(told))


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("FROZEN MEAT/MEAT DINNERS", "Frozen Meat/Meat Dinners"),
        ("BBQ", "BBQ"),
        ("Ice cream", "Ice cream"),
        ("  SOFT   DRINKS ", "Soft Drinks"),
        ("咖啡馆", "咖啡馆"),
    ],
)
def test_a_label_does_not_shout(label, shown):
    assert pretty(label) == shown


@given(st.text(max_size=300))
def test_a_plain_name_is_short_and_plain(name):
    found = plain(name)
    assert plain(found) == found
    assert len(found) <= MOST_LETTERS
    assert not {unicodedata.category(letter) for letter in found} & {"Cc", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Tea \u202e021", "Tea 021"),
        ("bell\x07\nend\ufffe", "bell end"),
        ("👩‍🍳 Noodles", "👩‍🍳 Noodles"),  # what joins the parts of one sign stays
        ("\u200fשלום", "\u200fשלום"),
        ("茶" * 200, "茶" * 119 + "…"),
        ("\u202e", ""),
    ],
)
def test_only_what_bends_other_text_is_taken_out_of_a_name(name, shown):
    assert plain(name) == shown
