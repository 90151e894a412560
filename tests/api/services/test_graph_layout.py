"""Where nodes stand: rings, sectors, room for each, and nothing of what is hidden."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services.graph_layout import BANDS, BOX, CENTRE, CENTRE_RADIUS, Spot, lay_out, plan

MERCHANT = Spot("m", "merchant")


def group(id, closeness="near", **facts):
    return Spot(id, "group", closeness, **facts)


def distance(place, other):
    return math.hypot(place.x - other.x, place.y - other.y)


def from_centre(place):
    return math.hypot(place.x - CENTRE, place.y - CENTRE)


def town(number, seed=0):
    """A graph of many communities, some nodes hidden."""
    draw = random.Random(seed)
    kinds = [("group", "near"), ("group", "mid"), ("group", "far"), ("circle", None), ("shop", None)]
    spots = [MERCHANT]
    for index in range(number - 1):
        kind, closeness = draw.choice(kinds)
        spots.append(Spot(f"n{index}", kind, closeness, draw.random() < 0.2, draw.randrange(6)))
    links = [(f"n{draw.randrange(number)}", f"n{draw.randrange(number)}", 1) for _ in range(3 * number)]
    return spots, links


def test_closer_fans_stand_closer_to_the_merchant():
    spots = [MERCHANT, group("a", "far"), group("b", "near"), group("c", "mid")]
    places = lay_out([*spots, Spot("d", "circle"), Spot("e", "shop")], [])
    assert places["m"] == type(places["m"])(CENTRE, CENTRE, 0)
    rings = [places[id].ring for id in "bcade"]
    assert rings == [1, 2, 3, 4, 4]
    assert [from_centre(places[id]) for id in "bcade"] == sorted(from_centre(places[id]) for id in "bcade")


@pytest.mark.parametrize("number", [1, 2, 7, 43, 120, 300])
@pytest.mark.parametrize("seed", [1, 2])
def test_no_two_nodes_overlap(number, seed):
    spots, links = town(number, seed)
    places, radius = list(lay_out(spots, links).values()), plan(spots).radius(5)
    assert len(places) == number
    closest = min(
        (distance(one, other) for i, one in enumerate(places[1:]) for other in places[2 + i :]), default=999
    )
    assert closest > 2 * radius
    assert all(from_centre(place) > CENTRE_RADIUS + radius for place in places[1:])
    assert all(radius < x < BOX - radius for place in places for x in (place.x, place.y))


@pytest.mark.parametrize("kind", ["group", "shop"])
def test_three_hundred_nodes_of_one_kind_have_room_too(kind):
    spots = [Spot(f"n{i}", kind, "near", community=i % 4) for i in range(300)]
    places, radius = list(lay_out(spots, []).values()), plan(spots).radius(5)
    assert min(distance(p, q) for i, p in enumerate(places) for q in places[i + 1 :]) > 2 * radius > 8


@given(st.randoms(use_true_random=False))
def test_the_order_of_a_graph_does_not_matter(draw):
    spots, links = town(40)
    before = lay_out(spots, links)
    draw.shuffle(spots)
    draw.shuffle(links)
    assert lay_out(spots, links) == before


def test_neighbours_pull_a_node_to_their_side():
    circles = [Spot(f"c{i}", "circle") for i in range(8)]
    groups = [group(f"g{i}") for i in range(8)]
    links = [(f"g{i}", f"c{(5 * i) % 8}", 2.0) for i in range(8)]
    places = lay_out([*circles, *groups], links)
    straight = BANDS[3][0] + 33 - (BANDS[0][0] + 47)  # from the middle of one band to that of the other
    assert all(distance(places[one], places[other]) < 1.6 * straight for one, other, _ in links)


def test_a_community_has_one_sector():
    spots, links = town(120)
    places, sectors = lay_out(spots, links), plan(spots).sectors
    assert sum(width for _, width in sectors.values()) == pytest.approx(math.tau)
    for spot in spots[1:]:
        place, (start, width) = places[spot.id], sectors[spot.community]
        turned = (math.atan2(place.y - CENTRE, place.x - CENTRE) - start) % math.tau
        assert turned < width


def test_links_of_a_hidden_node_move_nothing():
    spots, links = town(60)
    hidden = {spot.id for spot in spots if spot.hidden}
    assert hidden
    kept = [link for link in links if not hidden & {link[0], link[1]}]
    assert lay_out(spots, links) == lay_out(spots, kept)


def test_hidden_nodes_stand_by_their_ids_behind_the_shown_ones():
    spots = [group("a", hidden=True), group("b"), group("c", hidden=True), group("d")]
    places = lay_out(spots, [("a", "d", 5.0)])
    clockwise = sorted(
        "abcd", key=lambda id: (math.atan2(places[id].y - 500, places[id].x - 500) + 1.571) % 6.283
    )
    assert sorted(clockwise[:2]) == ["b", "d"]
    assert clockwise[2:] == ["a", "c"]
