"""Search of a merchant's page, over the house that `service` serves."""

import pytest

from api.services.search import MOST, search
from graph.errors import InputError

NOW = 1_800_000_000


def found(service, q, owner="c0", **more):
    items = search(service.context, owner, q, now=NOW, **more)["items"]
    return [(item["kind"], item["id"]) for item in items]


def test_a_word_finds_whatever_has_it_in_its_name(service):
    assert found(service, "climbing") == [
        *(("merchant", f"k{i}") for i in range(4)),
        ("category", "CLIMBING GEAR"),
        ("category", "climbing gym"),
    ]


def test_an_unfinished_word_finds_circles_and_categories(service):
    assert ("circle", "bakers") in found(service, "bak")
    assert ("category", "climbing gym") in found(service, "climbing gy")


@pytest.mark.parametrize("q", ["dining", "餐饮", "DIN", "美食"])
def test_scenes_and_groups_are_found_in_both_languages(service, q):
    assert [*(("group", f"{near}.dining") for near in ("near", "mid", "far")), ("scene", "dining")] == found(
        service, q, kinds=["group", "scene"]
    )


def test_groups_are_found_by_how_they_come(service):
    assert ("group", "near.fitness") in found(service, "常客")
    assert ("group", "far.fitness") in found(service, "new fans")
    assert found(service, "regulars", owner=None) == []


def test_an_alias_finds_what_is_named_in_the_other_language(service):
    assert ("merchant", "c0") in found(service, "咖啡")
    assert ("category", "COFFEE") in found(service, "咖啡")


@pytest.mark.parametrize("q", ["pharmacy", "chemist", "pills", "finance", "credit", "u0", "Newcomers 9"])
def test_what_no_merchant_hears_of_is_not_found(service, q):
    assert found(service, q) == []


def test_circles_that_are_not_recommended_are_not_found(service):
    assert found(service, "shut") == []
    assert found(service, "climbers") == [("circle", "climbers")]
    store = service.context.store.get()
    store.set_circle_state(int(store.indices("Circle", ["climbers"])[0]), "quarantined", NOW)
    assert found(service, "climbers") == []


def test_only_what_is_wanted_and_never_more_than_a_page(service):
    assert found(service, "climbing", kinds=["category"])[0][0] == "category"
    assert len(found(service, "c")) <= MOST
    assert found(service, "!?") == []
    with pytest.raises(InputError, match="kinds has 'person'; expected some of group, circle"):
        found(service, "x", kinds=["person"])
