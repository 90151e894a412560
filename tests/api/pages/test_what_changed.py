"""The sentence of what changed: said by rule, from what is shown and nothing else."""

import pytest

from api.pages.what_changed import what_changed

HIDDEN = {"hidden": "minimum"}
TEA = {"name": {"en": "Tea", "zh": "茶"}, "change": 0.2, "low": 0.1, "high": 0.3, "is_rising": True}
MILK = TEA | {"name": {"en": "Milk", "zh": "牛奶"}, "low": 0.05}


def figures(people=HIDDEN, change=HIDDEN, kept=HIDDEN, rising=()):
    return {"people": people, "change": change, "kept": kept, "rising": list(rising)}


def beside(p25, p75):
    return {"measures": [{"id": "kept", "p25": p25, "p50": (p25 + p75) / 2, "p75": p75}]}


@pytest.mark.parametrize(
    ("change", "words"),
    [(0.06, "6% more than"), (-0.12, "12% fewer than"), (0.02, "about as many as"), (-0.02, "about as many")],
)
def test_a_change_is_said_from_three_hundredths_on(change, words):
    said = what_changed(figures({"v": 2_200}, {"v": change}), None, "en")
    assert said.startswith("You have about 2,200 fans")
    assert words in said


@pytest.mark.parametrize(
    ("kept", "words"), [(0.8, "more than at most"), (0.6, ", as at most"), (0.3, "fewer than at most")]
)
def test_who_came_again_is_said_beside_similar_shops(kept, words):
    assert words in what_changed(figures(kept={"v": kept}), beside(0.5, 0.7), "en")


def test_without_similar_shops_it_is_said_alone():
    assert what_changed(figures(kept={"v": 0.6}), None, "en") == "Of the fans before, 60% came again."


def test_what_grows_most_surely_is_named():
    said = what_changed(figures(rising=[MILK, TEA]), None, "zh")
    assert said == "他们当中增长最确定的是茶，增幅 10% 至 30%。"


def test_what_does_not_surely_grow_is_not_named():
    unsure = TEA | {"low": -0.1, "is_rising": False}
    assert what_changed(figures(rising=[unsure]), None, "en") == ""


def test_of_a_hidden_portrait_nothing_is_said():
    assert what_changed(figures(change={"v": 0.5}), beside(0.5, 0.7), "en") == ""
