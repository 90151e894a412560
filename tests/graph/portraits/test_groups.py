"""Groups by closeness and scene: what they are called, and how many people are in them."""

import pytest

from graph.errors import InputError
from graph.portraits.groups import Group, count_groups, places_of, read_group, scenes_of
from graph.portraits.questions import Labels
from tests.portraits import LABELS, body_of

SCENES = ("fitness", "dining", "shopping", "dining")  # of LABELS


def test_an_id_says_the_rule():
    assert read_group("near.dining") == Group("near", "dining")
    leaf = Group("near", "dining", "COFFEE SHOP")
    assert (leaf.id, leaf.parent) == ("near.dining:COFFEE SHOP", "near.dining")


@pytest.mark.parametrize(
    "text", ["near", "near.finance", "near.credit", "lost.dining", "near.dining:TEA", "", "m"]
)
def test_what_is_no_group_is_refused_by_name(text):
    with pytest.raises(InputError, match=r"expected one of near, mid, far, a dot, and one of shopping"):
        read_group(text)


def test_every_category_has_a_scene_but_for_those_that_no_merchant_hears_of(policy):
    assert scenes_of(policy, LABELS.categories) == SCENES
    assert scenes_of(policy, ("PHARMACY", "BANKS", "BREAD")) == (None, None, "shopping")


def test_a_scene_is_the_places_of_its_categories():
    assert places_of(SCENES) == {"shopping": [2], "dining": [1, 3], "fitness": [0], "other": [4]}


def test_people_of_a_scene_are_added_up():
    body = body_of(
        "c0",
        standing={"near": 100, "mid": 40},
        interests={
            ("near", "COFFEE SHOP"): 50,
            ("near", "TEA HOUSE"): 20,
            ("near", None): 30,
            ("mid", None): 40,
        },
    )
    found = count_groups(body, SCENES)
    assert found.scenes == ("shopping", "dining", "fitness", "other")
    assert found.sizes.tolist() == [[0, 70, 0, 30], [0, 0, 0, 40], [0, 0, 0, 0]]


def test_two_estimates_are_weighed_by_their_noise():
    body = body_of("c0", standing={"near": 100}, interests={("near", "COFFEE SHOP"): 60})
    found = count_groups(
        body, SCENES
    )  # dining: 60 in two cells of 10 each, or 100 by standing and three cells
    own, other = 2 * 10.0**2, 12.5**2 + 3 * 10.0**2
    assert found.sizes[0, 1] == round((60 * other + 100 * own) / (own + other))
    assert found.scales[0, 1] == pytest.approx((own * other / (own + other)) ** 0.5)


def test_a_scene_of_most_labels_is_told_by_what_is_left_of_all():
    labels = Labels(("COFFEE SHOP", *(f"GOODS {i:02}" for i in range(40))), (), (), (2.0,))
    scenes = ("dining", *["shopping"] * 40)
    body = body_of("c0", labels, standing={"near": 900}, interests={("near", "COFFEE SHOP"): 100})
    found = count_groups(body, scenes)
    at = found.scenes.index("shopping")
    assert found.sizes[0, at] == 735  # nearly 900 less the coffee drinkers, though its own cells say 0
    assert found.scales[0, at] < 19  # of its own cells 63
