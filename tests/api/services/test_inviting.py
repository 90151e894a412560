"""What a page is told of inviting, as codes."""

import pytest

from api.services.inviting import band, closed_to, is_creatable, problem_code
from graph.policy.disclosure import DisclosureRules, size_band


@pytest.mark.parametrize(
    ("size", "kind", "numbers"),
    [(99, "under", [100]), (100, "between", [100, 200]), (700_000, "between", [500_000, 1_000_000])],
)
def test_a_band_is_read_as_it_was_written(size, kind, numbers):
    assert band(size_band(size, DisclosureRules())) == {"kind": kind, "numbers": numbers}


def test_bands_with_one_end_say_which():
    assert band("at most 50") == {"kind": "most", "numbers": [50]}
    assert band("1,000 or more") == {"kind": "more", "numbers": [1000]}


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"state": "ready"}, None),
        ({"state": "failed"}, "other"),  # it broke before anything was found out
        ({"state": "failed", "size": "at most 50", "pilot": True}, "few_able"),
        ({"state": "failed", "size": "under 100", "pilot": False, "lack": "low_fit"}, "unproved"),
        ({"state": "failed", "size": "under 100", "pilot": False, "strongest": {"target": 0.5}}, "too_small"),
    ],
)
def test_an_audience_that_failed_has_one_reason(told, code):
    assert problem_code(told) == code


@pytest.mark.parametrize(
    ("told", "may"),
    [
        ({"certificate": {"target": 0.7}}, True),
        ({"strongest": {"target": 0.5}}, True),
        ({"pilot": True}, True),
        ({"lack": "low_fit"}, False),
        ({"certificate": {"target": 0.7}, "note_code": "too_small"}, False),
        ({"certificate": {"target": 0.7}, "state": "ready"}, False),
    ],
)
def test_an_audience_is_made_of_a_preview_that_promises_something(told, may):
    assert is_creatable({"state": "draft"} | told) is may


def test_a_circle_says_why_nobody_is_invited_to_it(town_service):
    context, store = town_service.context, town_service.context.store.get()
    store.set_circle_state(store.circle("coffee").index, "closed", 1)
    store.set_themes({store.circle("tea").index: []})
    store.upsert("Circle", {"id": ["beans"], "name": ["Casino night"]})
    found = {id_: closed_to(context, store.circle(id_)) for id_ in ("ropes", "coffee", "tea", "beans")}
    assert found == {"ropes": None, "coffee": "closed", "tea": "no_theme", "beans": "forbidden"}
