"""A merchant's fan graph, from counts made by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from api.services.fan_graph import fan_graph
from graph.errors import InputError, NotFound
from graph.policy.portraits import CLOSENESS
from graph.portraits.questions import Labels
from tests.portraits import TOWN, bodies, body_of, with_portrait

NOW = 1_800_000_000
TASTES = {"near": 175, "mid": 100, "far": 75}
BODY = body_of(
    "c0",
    TOWN,
    standing={"near": 700, "mid": 400, "far": 300, "lost": 200},
    interests={
        (near, taste): people + more
        for near, people in TASTES.items()
        for taste, more in (("COFFEE SHOP", 0), ("TEA HOUSE", 0), ("SOFT DRINKS", -5), (None, 5))
    },
    shops={(near, shop): 80 for near in CLOSENESS for shop in ("c1", "k0", None)},
    circles={(near, circle): 120 for near in CLOSENESS for circle in ("bakers", "climbers", "shut", None)},
)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
GROUPS = [f"{near}.{scene}" for near in CLOSENESS for scene in ("shopping", "dining", "fitness", "other")]


@pytest.fixture
def ask(service):
    """Asks for the graph of c0; the body may be another one."""

    def asked(body=BODY, expand=(), labels=TOWN, **rules):
        context = with_portrait(service.context, body, None, labels)
        portraits = replace(context.policy.portraits, **rules)
        context = replace(context, policy=replace(context.policy, portraits=portraits))
        return fan_graph(context, "c0", "c0", expand=expand, now=NOW)

    return asked


def nodes(found, **wanted):
    return {
        node["id"]: node
        for node in found["nodes"]
        if all(node[name] == value for name, value in wanted.items())
    }


def links(found, kind):
    return {(edge["source"], edge["target"]): edge for edge in found["edges"] if edge["kind"] == kind}


def test_groups_stand_round_the_merchant_in_rings(ask):
    found = ask()
    groups = nodes(found, kind="group")
    assert list(groups) == GROUPS
    assert groups["near.dining"]["people"] == {"v": 350}
    assert groups["near.dining"]["name"] == {"en": "Regulars · Dining", "zh": "常客 · 餐饮"}
    assert [groups[f"{near}.dining"]["ring"] for near in CLOSENESS] == [1, 2, 3]
    assert set(links(found, "buys")) == {(group, "m") for group in GROUPS}
    centre = found["nodes"][0]
    assert (centre["id"], centre["x"], centre["y"], centre["people"]) == ("m", 500, 500, {"v": 1400})


def test_a_group_is_taken_apart_into_its_shown_interests(ask):
    whole, found = ask(), ask(expand=["near.dining"])
    leaves = nodes(found, parent="near.dining")
    assert list(leaves) == ["near.dining:COFFEE SHOP", "near.dining:TEA HOUSE"]
    assert nodes(whole, expandable=True).keys() == nodes(found, expandable=True).keys()
    assert nodes(found)["near.dining"]["expanded"]
    assert set(links(found, "part")) == {(leaf, "near.dining") for leaf in leaves}


def test_a_hidden_group_stays_whole_and_looks_like_any_other(ask):
    found = ask(expand=["near.fitness"])
    group = nodes(found)["near.fitness"]
    assert (group["people"], group["size"]) == ({"hidden": "minimum"}, 1)
    assert not group["expandable"]
    assert not group["expanded"]


def test_circles_and_shops_stand_outside_with_what_is_counted_of_them(ask):
    found = ask()
    assert nodes(found, kind="circle").keys() == {"c:bakers", "c:climbers", "c:drinkers", "c:newcomers"}
    assert nodes(found, kind="shop").keys() == {"s:c1", "s:k0", "s:k1"}  # never the merchant itself
    assert links(found, "overlaps").keys() == {("c:bakers", "m"), ("c:climbers", "m")}
    assert links(found, "covisits").keys() == {("s:c1", "m"), ("s:k0", "m")}
    assert {node["ring"] for node in nodes(found, kind="shop").values()} == {4}


def test_public_links_say_what_both_are_about_and_nothing_of_people(ask):
    found = ask(expand=["near.dining"])
    about = links(found, "about")
    assert about["near.dining:COFFEE SHOP", "s:c1"]["why"]["en"] == "Both are about Coffee Shop"
    assert about["mid.dining", "c:bakers"]["why"] == {"en": "Both are about Dining", "zh": "都与“餐饮”有关"}
    assert ("near.dining", "s:c1") not in about  # its interests stand for it
    assert not any(source.startswith("near.fitness") for source, _ in about)  # hidden


def test_a_waiting_or_closed_circle_is_not_there(ask):
    assert "c:shut" not in nodes(ask())


def test_a_large_graph_is_cut_and_says_so(ask):
    names = tuple(f"COFFEE {i:03}" for i in range(60))
    labels = Labels(names, (), (), (2.0,))
    body = body_of(
        "c0",
        labels,
        standing={"near": 9_000, "mid": 900, "far": 900, "lost": 900},
        interests={("near", name): 90 + i for i, name in enumerate((*names, None))},
    )
    whole = ask(body, ["near.shopping"], labels)
    cut = ask(body, ["near.shopping"], labels, max_nodes=20, max_edges=15)
    assert len(nodes(whole, parent="near.shopping")) == 60
    assert (len(cut["nodes"]), len(cut["edges"]), cut["meta"]["truncated"]) == (20, 15, True)
    assert "near.shopping:COFFEE 059" in nodes(cut)  # the largest stay


def test_the_legend_counts_nodes(ask):
    found = ask()
    assert [(row["kind"], row["closeness"], row["nodes"]) for row in found["legend"]] == [
        ("group", "near", 4), ("group", "mid", 4), ("group", "far", 4), ("circle", None, 4), ("shop", None, 3)
    ]  # fmt: skip
    assert sum(row["nodes"] for row in found["communities"]) == len(found["nodes"]) - 1


@pytest.mark.parametrize("group", ["near.finance", "near", "near.dining:COFFEE SHOP", "m"])
def test_what_cannot_be_taken_apart_is_refused(ask, group):
    with pytest.raises(InputError, match="expected one of near, mid, far"):
        ask(expand=[group])


def test_another_merchant_is_not_found(service):
    with pytest.raises(NotFound):
        fan_graph(with_portrait(service.context, BODY, None, TOWN), "c1", "c0", now=NOW)


@FEW
@given(body=bodies("c0", TOWN))
def test_no_count_below_the_minimum_and_the_same_bytes_again(ask, body):
    found = ask(body, GROUPS)
    assert all(node["people"].get("v", 20) >= 20 for node in found["nodes"])
    assert all(
        node["size"] == 1 for node in found["nodes"] if "hidden" in node["people"] and node["id"] != "m"
    )
    assert json.dumps(ask(body, GROUPS)) == json.dumps(found)


@FEW
@given(one=bodies("c0", TOWN), other=bodies("c0", TOWN))
def test_pictures_that_show_the_same_values_are_the_same(ask, one, other):
    """What is hidden is replaced by other hidden numbers: sizes, widths and places stay as they are."""
    first = ask(one, GROUPS)
    if first["meta"]["hidden_groups"] == "none" or "why_empty" in first:
        return
    mixed = ask(mix_hidden(one, other), GROUPS)
    if shown(mixed) == shown(first):
        assert mixed == first


def shown(found):
    return {node["id"]: node["people"] for node in found["nodes"]}


def mix_hidden(one, other):
    """The first, with the small circles and shops of the second where both are small."""
    counts = dict(one.counts)
    for question in ("circles", "shops"):
        small = (one.counts[question] < 20) & (other.counts[question] < 20)
        counts[question] = np.where(small, other.counts[question], one.counts[question])
    return replace(one, counts=counts)
