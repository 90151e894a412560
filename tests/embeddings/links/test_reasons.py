"""What is said of pairs, and how many people it is true of."""

import numpy as np
import pytest

from embeddings.links.pairs import Pairs
from embeddings.links.reasons import reasons_of, sizes_of
from graph.policy.link_reasons import FALLBACK, Band, LinkReason
from graph.schema import SCENES

GYM, OPERA = 0, 1  # by name
DINING, MONEY = SCENES.index("dining"), [SCENES.index("finance"), SCENES.index("credit")]


def town(make_ground, *, opera_goers, scene=7):
    """Two hundred people go to three of thirty gyms; the first ones to three operas of thirty as well."""
    visits = {}
    for number in range(200):
        row = {f"gym{(number + i) % 30:02}": 1 for i in (0, 1, 2)}
        row |= {f"opera{(number + i) % 30:02}": 1 for i in (0, 1, 2) if number < opera_goers}
        visits[f"u{number:03}"] = row
    places = {place for row in visits.values() for place in row}
    scenes = dict.fromkeys(places, scene)
    return make_ground(visits, scenes=scenes, categories={place: place[:-2] for place in places})


def said(ground, names, one=0, other=30):
    """Of the first person and the next who goes to the same places."""
    return reasons_of(ground, Pairs(np.array([one]), np.array([other])), names)[0]


def test_people_are_counted_by_how_many_places_they_go_to(make_ground):
    sizes = sizes_of(town(make_ground, opera_goers=50), np.repeat([GYM, OPERA], 30), ["gym", "opera"])
    assert (sizes.users, sizes.merchants) == ({"gym": 200, "opera": 50}, {"gym": 30, "opera": 30})
    assert sizes.fitting[(("gym", Band.A_FEW),)] == 200
    assert sizes.fitting[(("gym", Band.A_FEW), ("opera", Band.A_FEW))] == 50
    assert (("gym", Band.SEVERAL),) not in sizes.fitting


def test_a_category_of_many_is_the_reason_and_one_of_few_is_not(make_ground):
    gym, opera = ("gym", Band.A_FEW), ("opera", Band.A_FEW)
    assert said(town(make_ground, opera_goers=99), ["gym", "opera"]) == LinkReason((gym,))
    assert said(town(make_ground, opera_goers=100), ["gym", "opera"]) == LinkReason((gym, opera))


def test_where_no_category_may_be_named_the_scene_is(make_ground):
    assert said(town(make_ground, opera_goers=0, scene=DINING), ["", ""]).categories == (
        ("dining", Band.A_FEW),
    )
    assert said(town(make_ground, opera_goers=0), ["", ""]) == FALLBACK


@pytest.mark.parametrize("scene", MONEY)
def test_money_is_never_spoken_of(make_ground, scene):
    assert said(town(make_ground, opera_goers=200, scene=scene), ["gym", "opera"]) == FALLBACK
