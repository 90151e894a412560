"""Reasons in words: how often decides how strong, and nothing shouts."""

import pytest

from api.services.words import pretty, sentence, strength_of


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
