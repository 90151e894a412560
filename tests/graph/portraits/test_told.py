"""Which cells of a portrait are shown; the numbers are large, so that noise hides nothing by itself."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings

from graph.policy.disclosure import Cell, Hidden
from graph.policy.portraits import CLOSENESS
from graph.portraits.consistent import consistent
from graph.portraits.questions import Labels
from graph.portraits.told import (
    tell_before,
    tell_cells,
    tell_groups,
    tell_interests,
    tell_kept,
    tell_people,
    tell_rising,
    tell_scenes,
    tell_standing,
)
from tests.portraits import TOWN, bodies, body_of

MINIMUM, COMPLEMENT = Hidden.MINIMUM, Hidden.COMPLEMENT
SCENES = ("fitness", "dining", "shopping", "dining")
BODY = body_of(
    "c0",
    standing={"near": 400, "mid": 300, "far": 200, "lost": 100},
    interests={
        ("near", "COFFEE SHOP"): 200, ("near", "TEA HOUSE"): 90,
        ("near", "SOFT DRINKS"): 60, ("near", None): 50,
        ("mid", "COFFEE SHOP"): 100, ("mid", "TEA HOUSE"): 100, ("mid", None): 100,
        ("far", "COFFEE SHOP"): 100, ("far", "CLIMBING GYM"): 100,
    },
    spend={("near", 1): 400, ("mid", 2): 300, ("far", 3): 200},
)  # fmt: skip


def values(cells):
    return [cell.v if cell.hidden is None else cell.hidden for cell in cells]


def test_people_are_told_by_standing_and_together(policy):
    assert values(tell_standing(BODY, policy).values()) == [400, 300, 200, 100]
    assert tell_people(BODY, policy) == Cell(900)
    assert tell_people(BODY, policy, "mid") == Cell(300)
    assert (tell_before(BODY, policy), tell_kept(BODY, policy)) == (Cell(800), Cell(700))


def test_a_small_standing_hides_another_since_their_sum_is_told(policy):
    body = body_of("c0", standing={"near": 400, "mid": 300, "far": 5, "lost": 100})
    assert values(tell_standing(body, policy).values()) == [400, 300, MINIMUM, COMPLEMENT]


def test_interests_are_told_for_all_and_for_each_closeness(policy):
    assert values(tell_interests(BODY, policy, SCENES)) == [100, 400, 60, 190]
    near = values(tell_interests(BODY, policy, SCENES, "near"))
    assert near == [MINIMUM, 200, 60, 90]
    open_rules = replace(policy, portraits=replace(policy.portraits, min_brackets=1))
    mid = values(tell_interests(BODY, open_rules, SCENES, "mid"))
    assert mid == [MINIMUM, 100, MINIMUM, COMPLEMENT]  # tea: no new fan drinks it, so one more cell is hidden


def test_an_attribute_that_shows_fewer_than_three_values_is_hidden(policy):
    assert values(tell_cells(BODY, "spend", policy)) == [MINIMUM, 400, 300, 200, MINIMUM]
    assert values(tell_cells(BODY, "spend", policy, "near")) == [
        MINIMUM,
        COMPLEMENT,
        MINIMUM,
        MINIMUM,
        MINIMUM,
    ]
    rules = replace(policy, portraits=replace(policy.portraits, min_brackets=4))
    assert not any(cell.v for cell in tell_cells(BODY, "spend", rules))


def test_groups_are_told_by_id_and_by_scene(policy):
    groups = tell_groups(BODY, policy, SCENES)
    assert list(groups)[:4] == ["near.shopping", "near.dining", "near.fitness", "near.other"]
    assert groups["near.dining"] == Cell(290)
    assert tell_scenes(BODY, policy, SCENES, "near")["dining"] == groups["near.dining"]
    assert tell_scenes(BODY, policy, SCENES)["dining"] == Cell(590)


def test_buyers_of_the_last_period_are_told(policy):
    body = body_of("c0", rising={"TEA HOUSE": 140, "COFFEE SHOP": 120, None: 90})
    assert values(tell_rising(body, policy)) == [MINIMUM, 120, MINIMUM, 140]


QUESTIONS = ("hours", "spend", "goods", "shops", "circles")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies("c0", TOWN))
def test_no_cell_is_what_all_fans_leave_beside_two_others(policy, body):
    tables = [[tell_cells(body, question, policy, near) for near in CLOSENESS] for question in QUESTIONS]
    tables.append([tell_interests(body, policy, SCENES, near) for near in CLOSENESS])
    groups = tell_groups(body, policy, SCENES)
    scenes = tell_scenes(body, policy, SCENES)
    for column in [column for rows in tables for column in zip(*rows, strict=True)]:
        assert sum(cell.hidden is not None for cell in column) != 1
    for scene, cell in scenes.items():
        column = [groups[f"{near}.{scene}"] for near in CLOSENESS]
        assert cell.hidden or sum(each.hidden is not None for each in column) != 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies("c0", TOWN))
def test_no_group_is_larger_than_what_it_is_part_of(policy, body):
    for near in (None, *CLOSENESS):
        whole = tell_people(body, policy, near)
        cells = [cell for question in QUESTIONS for cell in tell_cells(body, question, policy, near)]
        assert all(whole.v is not None and cell.v <= whole.v for cell in cells if cell.v is not None)


def test_noise_alone_shows_a_cell_of_a_long_list_every_other_time_at_most(policy):
    """Everybody buys nothing that has a name here."""
    labels = Labels(tuple(f"CATEGORY {at:02}" for at in range(40)), (), (), ())
    draws = np.random.default_rng(3)
    any_bracket = replace(policy, portraits=replace(policy.portraits, min_brackets=1))
    shown = 0
    for _ in range(60):
        body = body_of("m", labels, standing={"near": 170, "mid": 900, "far": 79})
        exact = np.zeros((3, 41))
        exact[:, -1] = 170, 900, 79
        noisy = np.rint(exact + draws.laplace(scale=body.scale("goods"), size=exact.shape)).astype(np.int64)
        fitted = consistent(replace(body, counts=dict(body.counts) | {"goods": noisy}))
        cells = tell_cells(fitted, "goods", any_bracket)
        shown += any(cell.v is not None for cell in cells[:-1])
    assert shown <= 30
