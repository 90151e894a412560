"""`/v1/merchants/...` and `/v1/search` over HTTP: who may ask, in which forms, and what is refused."""

import json
import logging

import pytest

from api.schemas.merchants import FanGraphOut, PeersOut, PortraitOut, SearchOut
from tests.portraits import body_of, home_with, peers_of

BODY = body_of(
    "c0",
    standing={"near": 400, "mid": 300, "far": 200, "lost": 100},
    interests={
        (closeness, category): people
        for closeness, people in (("near", 100), ("mid", 80), ("far", 60))
        for category in ("COFFEE SHOP", "TEA HOUSE", "SOFT DRINKS")
    },
)
WHATS = {"portrait": PortraitOut, "fan-graph": FanGraphOut, "peers": PeersOut}


@pytest.fixture
def portrayed(service):
    """`merchant` is c0, which has a portrait; the other merchants have none."""
    home_with(service.context.home, [(BODY, peers_of(BODY))])
    service.keys["other"] = service.new_key("merchant", "k0")
    return service


def ask(service, path, key="merchant", **more):
    return service.ask("GET", f"/v1/{path}", key=key, headers={"X-Request-Id": "one"} | more)


@pytest.mark.parametrize("what", WHATS)
def test_answers_have_the_documented_form_for_all_who_may_ask(portrayed, what):
    for key, merchant in (("merchant", "c0"), ("operator", "c0"), ("operator", "c1"), ("other", "k0")):
        found = ask(portrayed, f"merchants/{merchant}/{what}", key)
        assert found.status_code == 200, found.text
        WHATS[what].model_validate(found.json)
    assert (
        ask(portrayed, f"merchants/c0/{what}").data == ask(portrayed, f"merchants/c0/{what}", "operator").data
    )


@pytest.mark.parametrize("what", WHATS)
def test_another_merchant_and_an_unknown_one_are_the_same_bytes(portrayed, what):
    other = ask(portrayed, f"merchants/c0/{what}", "other")
    unknown = ask(portrayed, f"merchants/nobody/{what}", "other")
    assert (other.status_code, other.data) == (404, unknown.data)
    assert ask(portrayed, f"merchants/nobody/{what}", "operator").data == unknown.data


def test_a_key_of_a_merchant_that_was_never_loaded_finds_nothing(portrayed):
    portrayed.keys["ghost"] = portrayed.new_key("merchant", "ghost")
    assert ask(portrayed, "merchants/ghost/portrait", "ghost").status_code == 404


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("portrait?closeness=lost", "closeness is 'lost'; expected one of near, mid, far"),
        ("portrait?scene=finance", "scene is 'finance'; expected one of shopping"),
        ("portrait?window=30d", "window"),
        ("portrait?format=graphml", "format is 'graphml'; expected one of json, csv"),
        ("fan-graph?expand=near.finance", "group is 'near.finance'; expected one of near, mid, far, a dot"),
        ("fan-graph?expand=near.dining,x", "group is 'x'"),
    ],
)
def test_what_is_not_offered_is_refused_by_name(portrayed, path, said):
    found = ask(portrayed, f"merchants/c0/{path}")
    assert found.status_code == 422
    assert said in found.json["detail"]
    assert "credit" not in found.text


def test_forms_follow_the_address_and_then_the_client(portrayed):
    csv = ask(portrayed, "merchants/c0/portrait?format=csv")
    assert csv.mimetype == "text/csv"
    assert csv.data.startswith(b"\xef\xbb\xbfsection,id,")
    assert csv.headers["Content-Disposition"] == 'attachment; filename="portrait-2026-W47.csv"'
    assert ask(portrayed, "merchants/c0/portrait", Accept="text/csv").data == csv.data
    assert ask(portrayed, "merchants/c0/portrait", Accept="text/html, */*").mimetype == "application/json"
    for form, start in (("graphml", b"<?xml"), ("gexf", b"<?xml")):
        file = ask(portrayed, f"merchants/c0/fan-graph?format={form}")
        assert file.mimetype == f"application/{form}+xml"
        assert file.data.startswith(start)


def test_search_and_the_months_of_a_circle_are_tables_too(portrayed):
    found = ask(portrayed, "search?q=tea&format=csv")
    assert found.mimetype == "text/csv"
    assert found.data.startswith(b"\xef\xbb\xbfid,kind,name_en,name_zh")
    assert found.headers["Content-Disposition"] == 'attachment; filename="search.csv"'
    months = ask(portrayed, "circles/bakers/health?format=csv", "operator")
    assert months.data.startswith(b"\xef\xbb\xbfmonth,joins,leaves,")
    assert ask(portrayed, "search?q=tea&format=pdf").status_code == 422


def test_a_file_that_is_taken_is_noted_without_people(portrayed, caplog):
    with caplog.at_level(logging.INFO, logger="api.downloads"):
        ask(portrayed, "merchants/c0/fan-graph")
        ask(portrayed, "merchants/c0/fan-graph?format=csv")
    (line,) = [record.told for record in caplog.records if record.name == "api.downloads"]
    assert line == {
        "who": portrayed.keys["merchant"].split("_")[1],
        "merchant": "c0",
        "what": "fan-graph",
        "form": "csv",
        "week": "2026-W47",
    }


@pytest.mark.parametrize("what", WHATS)
def test_a_merchant_without_a_portrait_has_everything_hidden(portrayed, what):
    found = ask(portrayed, f"merchants/k0/{what}", "other").json
    assert '"v"' not in json.dumps(found)
    assert found["meta"]["hidden_groups"] == "some"
    assert "too few" in found["why_empty"]


def test_before_the_first_week_everything_is_hidden_too(service):
    found = ask(service, "merchants/c0/portrait").json
    assert found["meta"]["window"] is None
    assert "circles portraits build" in found["why_empty"]


def test_search_finds_the_callers_groups_and_public_names(portrayed):
    found = ask(portrayed, "search?q=coffee").json
    SearchOut.model_validate(found)
    assert {item["kind"] for item in found["items"]} == {"circle", "merchant", "category"}
    only = ask(portrayed, "search?q=dining&kinds=group").json["items"]
    assert [item["id"] for item in only] == ["near.dining", "mid.dining", "far.dining"]
    assert ask(portrayed, "search?q=dining&kinds=group", "operator").json == {"items": []}
    assert ask(portrayed, "search?q=").status_code == 422
    assert ask(portrayed, "search?q=tea&kinds=person").status_code == 422
