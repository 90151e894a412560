"""A merchant's portrait, from counts made by hand."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.services.portraits import portrait
from graph.errors import InputError, NotFound
from graph.policy.lattice import NAMED_SCENES
from graph.policy.portraits import CLOSENESS
from graph.portraits.growth import around
from tests.portraits import TOWN, bodies, body_of, everybody_of, peers_of, with_portrait

NOW = 1_800_000_000
TASTES = ("COFFEE SHOP", "TEA HOUSE", "SOFT DRINKS")
BODY = body_of(
    "c0",
    TOWN,
    standing={"near": 400, "mid": 300, "far": 200, "lost": 100},
    interests={
        (near, taste): people
        for near, most in (("near", 200), ("mid", 150), ("far", 100))
        for taste, people in zip(TASTES, (most, most // 2, most // 2), strict=True)
    },
    hours={
        ("near", 0, 3): 200,
        ("near", 5, 6): 100,
        ("mid", 5, 6): 150,
        ("far", 2, 1): 120,
        ("far", 6, 7): 20,
    },
    spend={("near", 1): 200, ("near", 2): 200, ("mid", 2): 300, ("far", 3): 200},
    goods={(near, taste): 90 for near in CLOSENESS for taste in TASTES},
    shops={(near, shop): 80 for near in CLOSENESS for shop in ("c1", "k0", "k1")},
    circles={(near, circle): 100 for near in CLOSENESS for circle in (*TOWN.circles, None)},
    rising={"TEA HOUSE": 150, "COFFEE SHOP": 200, "SOFT DRINKS": 90, "CLIMBING GYM": 30, None: 90},
)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def ask(service):
    """Asks for the portrait of c0; body, peers, the past of everybody and filters may be others."""

    def asked(body=BODY, peers=None, past=None, **filters):
        everybody = past and around(past, TOWN.categories, 100)
        context = with_portrait(service.context, body, peers, TOWN, everybody)
        return portrait(context, "c0", "c0", now=NOW, **filters)

    return asked


def by_id(entries, what):
    return {entry["id"]: entry[what] for entry in entries}


def test_people_are_told_as_they_come_and_as_they_came_before(ask):
    found = ask()
    assert (found["people"], found["change"], found["kept"]) == ({"v": 900}, {"v": 0.12}, {"v": 0.88})
    assert by_id(found["standing"], "people") == {
        "near": {"v": 400}, "mid": {"v": 300}, "far": {"v": 200}, "lost": {"v": 100}
    }  # fmt: skip
    assert by_id(found["standing"], "share")["lost"] == {"v": 0.12}  # of the 800 who came before
    assert found["meta"]["window"] == {"from": "2026-08-24", "to": "2026-11-22", "week": "2026-W47"}
    assert found["meta"]["renewed_after"] == "2027-01-04"


def test_interests_are_told_by_size_beside_peers(ask):
    found = ask(peers=peers_of(BODY, TOWN))["interests"]
    assert [entry["id"] for entry in found] == ["COFFEE SHOP", "SOFT DRINKS", "TEA HOUSE"]
    assert found[0] == {
        "id": "COFFEE SHOP", "name": {"en": "Coffee Shop", "zh": "Coffee Shop"},
        "people": {"v": 450}, "share": {"v": 0.5}, "peer": 0.5, "index": 1.0,
    }  # fmt: skip


def test_a_closeness_has_a_portrait_of_its_own(ask):
    found = ask(closeness="near")
    assert (found["people"], found["of"]) == ({"v": 400}, {"closeness": "near", "scene": None})
    assert by_id(found["interests"], "people")["COFFEE SHOP"] == {"v": 200}
    assert found["spend"][2]["share"] == {
        "hidden": "complement"
    }  # two bands alone would say that all are alike


def test_a_scene_narrows_people_and_interests_and_says_so(ask):
    found = ask(closeness="near", scene="dining")
    assert found["people"] == {"v": 300}
    assert set(by_id(found["interests"], "people")) == {"COFFEE SHOP", "TEA HOUSE"}
    assert "of_closeness" in {note["code"] for note in found["notes"]}
    assert ask(scene="concerts")["people"] == {"hidden": "minimum"}


def test_hours_are_a_week_of_cells(ask):
    hours = ask()["hours"]
    assert (len(hours["cells"]), {len(row) for row in hours["cells"]}) == (7, {8})
    assert (hours["days"][5]["zh"], hours["parts"][6]) == ("周六", "18-21")
    assert (hours["cells"][5][6], hours["cells"][6][7]) == ({"v": 250}, {"hidden": "minimum"})


def test_bands_stay_in_their_order_and_hidden_ones_stay(ask):
    spend = ask()["spend"]
    assert [entry["name"]["en"] for entry in spend] == [
        "Amount not known", "Up to 2", "2 to 10", "10 to 50", "Over 50"
    ]  # fmt: skip
    assert [entry["share"] for entry in spend[2:]] == [{"v": 0.56}, {"v": 0.22}, {"hidden": "minimum"}]


def test_other_shops_are_named_but_not_the_merchant_itself(ask):
    body = replace(BODY, counts=BODY.counts | {"shops": BODY.counts["shops"] + 90})
    assert set(by_id(ask(body)["covisits"], "people")) == {"c1", "k0", "k1"}
    assert ask(body)["covisits"][0]["name"]["en"] == "Coffee Shop 1"


def test_only_circles_that_are_recommended_are_named(ask, service):
    assert set(by_id(ask()["circles"], "overlap")) == {"bakers", "climbers", "drinkers", "newcomers"}
    service.context.store.get().set_circle_state(
        int(service.context.store.get().indices("Circle", ["bakers"])[0]), "quarantined", NOW
    )
    assert set(by_id(ask()["circles"], "overlap")) == {"climbers", "drinkers", "newcomers"}


def test_a_category_that_became_sensitive_is_not_told(ask, service):
    policy = replace(service.context.policy, sensitive=(("new", ("tea house",)),))
    context = replace(with_portrait(service.context, BODY, None, TOWN), policy=policy)
    assert "Tea House" not in json.dumps(portrait(context, "c0", "c0", now=NOW))


USUAL, TEA_FELL = (2_000, 8_000, 5_000, 6_000), (2_000, 8_000, 5_000, 3_000)  # buyers, by TOWN.categories


def test_what_is_expected_to_come_back_is_told_with_how_sure_that_is(ask):
    found = ask(past=everybody_of(USUAL, USUAL, TEA_FELL, labels=TOWN))["rising"]
    assert [entry["id"] for entry in found] == ["TEA HOUSE", "CLIMBING GYM", "SOFT DRINKS", "COFFEE SHOP"]
    assert found[0] == {
        "id": "TEA HOUSE", "name": {"en": "Tea House", "zh": "Tea House"}, "now": {"v": 150},
        "change": 0.6, "low": -0.29, "high": 2.57, "around": 0.61, "is_rising": False,
    }  # fmt: skip
    assert not any(entry["is_rising"] for entry in found)


def test_a_change_is_told_where_the_number_of_buyers_is_not(ask):
    body = replace(BODY, counts=BODY.counts | {"rising": BODY.counts["rising"] // 5})
    found = ask(body, past=everybody_of(USUAL, USUAL, TEA_FELL, labels=TOWN))["rising"]
    assert (found[0]["id"], found[0]["now"]) == ("TEA HOUSE", {"hidden": "minimum"})
    assert found[0]["change"] > 0.3


def test_where_all_stays_open_nothing_is_foreseen(ask):
    found = ask(past=everybody_of(USUAL, USUAL, USUAL, labels=TOWN))
    assert found["rising"] == []
    (note,) = [note for note in found["notes"] if note["code"] == "rising"]
    assert note["en"].startswith("Nothing here can be foreseen")


def test_growth_is_of_all_fans_whatever_closeness_is_asked(ask):
    past = everybody_of(USUAL, USUAL, TEA_FELL, labels=TOWN)
    found = ask(past=past, closeness="near")
    assert found["rising"] == ask(past=past)["rising"]
    assert "rising_of_all" in {note["code"] for note in found["notes"]}


def test_what_is_hidden_whole_is_an_empty_list_and_a_note(ask):
    found = ask(body_of("c0", TOWN, standing={"near": 100, "mid": 100, "far": 100}))
    assert (found["interests"], found["rising"]) == ([], [])
    assert {"interests", "rising", "hours", "spend", "circles"} <= {note["code"] for note in found["notes"]}
    assert found["meta"]["hidden_groups"] == "some"


def test_fewer_fans_than_a_portrait_needs_are_told_nothing(ask):
    found = ask(body_of("c0", TOWN, epsilon=50.0, standing={"near": 25, "mid": 24}))
    assert '"v"' not in json.dumps(found)
    assert "too few" in found["why_empty"]


@pytest.mark.parametrize("filters", [{"closeness": "lost"}, {"scene": "finance"}, {"scene": "credit"}])
def test_other_filters_are_refused(ask, filters):
    with pytest.raises(InputError, match="expected one of"):
        ask(**filters)


def test_another_merchant_is_not_found(service):
    with pytest.raises(NotFound):
        portrait(with_portrait(service.context, BODY, None, TOWN), "c1", "c0", now=NOW)


@FEW
@given(
    body=bodies("c0", TOWN),
    closeness=st.sampled_from([None, *CLOSENESS]),
    scene=st.sampled_from(NAMED_SCENES),
)
def test_no_count_below_the_minimum_and_the_same_bytes_again(ask, body, closeness, scene):
    past = everybody_of(USUAL, USUAL, TEA_FELL, labels=TOWN)
    found = ask(body, peers_of(body, TOWN), past, closeness=closeness, scene=scene)
    assert all(
        cell["v"] >= 20
        for name, cell in cells_of(found)
        if name not in ("share", "overlap", "kept", "change")
    )
    assert all(
        0 < cell["v"] <= 0.95 for name, cell in cells_of(found) if name in ("share", "overlap", "kept")
    )
    again = ask(body, peers_of(body, TOWN), past, closeness=closeness, scene=scene)
    assert json.dumps(again) == json.dumps(found)


def cells_of(value, name=""):
    """Every cell that is shown, with the name of its field."""
    if isinstance(value, dict):
        if "v" in value:
            yield name, value
        for key, part in value.items():
            yield from cells_of(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from cells_of(part, name)
