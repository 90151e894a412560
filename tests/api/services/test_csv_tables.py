"""Tables say what the JSON says, hidden values in words, and hold no formula."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings

from api.services.csv_tables import (
    MARK,
    fan_graph_csv,
    health_csv,
    in_words,
    peers_csv,
    portrait_csv,
    search_csv,
)
from api.services.fan_graph import fan_graph
from api.services.peers import peers
from api.services.portraits import portrait
from tests.portraits import TOWN, bodies, body_of, peers_of, with_portrait

NOW = 1_800_000_000
BODY = body_of(
    "c0",
    TOWN,
    standing={"near": 400, "mid": 300, "far": 5, "lost": 100},
    interests={("near", None): 400, ("mid", None): 300, ("far", None): 5},
)
FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows_of(text):
    assert text.startswith(MARK)
    return list(csv.DictReader(io.StringIO(text[len(MARK) :], newline="")))


def asked(service, function, body=BODY, **more):
    return function(
        with_portrait(service.context, body, peers_of(body, TOWN), TOWN), "c0", "c0", now=NOW, **more
    )


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ({"v": 120}, "120"),
        ({"v": 0.05}, "0.05"),
        ({"hidden": "minimum"}, "<20"),
        ({"hidden": "complement"}, "hidden (complement)"),
        ({"hidden": "budget"}, "hidden (budget)"),
    ],
)
def test_a_cell_in_words(cell, text):
    assert in_words(cell, 20) == text


def test_a_portrait_is_a_row_a_figure(service):
    rows = rows_of(portrait_csv(asked(service, portrait)))
    standing = {row["id"]: row["people"] for row in rows if row["section"] == "standing"}
    assert standing == {"near": "400", "mid": "300", "far": "<20", "lost": "hidden (complement)"}
    assert sum(row["section"] == "hours" for row in rows) == 56
    assert any(row["section"] == "merchant" and row["id"] == "c0" for row in rows)  # the last lines


def test_a_graph_is_nodes_and_then_links(service):
    rows = rows_of(fan_graph_csv(asked(service, fan_graph)))
    centre = rows[0]
    assert (centre["row"], centre["id"], centre["people"]) == ("node", "m", "710")
    assert {row["people"] for row in rows if row["kind"] == "group"} == {"<20", "400", "300"}
    assert {row["target"] for row in rows if row["kind"] == "buys"} == {"m"}


def test_peers_are_a_row_a_measure(service):
    first = rows_of(peers_csv(asked(service, peers)))[0]
    assert (first["id"], first["own"], first["p50"]) == ("people", "710", "500")


def test_a_name_is_never_a_formula(service):
    store = service.context.store.get()
    store.upsert("Merchant", {"id": ["c0"], "name": ["=Sum(a1)"]})
    rows = rows_of(fan_graph_csv(asked(service, fan_graph)))
    assert rows[0]["name_en"] == "'=Sum(a1)"


@FEW
@given(body=bodies("c0", TOWN))
def test_tables_say_what_the_answers_say_and_nothing_small(service, body):
    told = asked(service, portrait, body)
    rows = [row for row in rows_of(portrait_csv(told)) if row["section"] in (*LISTS, "standing", "hours")]
    assert [row["people"] for row in rows if row["section"] == "hours"] == [
        in_words(cell, 20) for line in told["hours"]["cells"] for cell in line
    ]
    for name in (*LISTS, "standing"):
        found = [row for row in rows if row["section"] == name]
        assert [row["people"] for row in found] == [in_words(entry["people"], 20) for entry in told[name]]
    assert all(value_of(row["people"]) >= 20 for row in rows if row["people"])
    graph = asked(service, fan_graph, body, expand=["near.dining"])
    nodes = [row for row in rows_of(fan_graph_csv(graph)) if row["row"] == "node"]
    assert [row["people"] for row in nodes] == [in_words(node["people"], 20) for node in graph["nodes"]]


LISTS = ("scenes", "interests", "spend", "products", "covisits", "circles")


def value_of(text):
    return int(text) if text.isdigit() else 20


def test_months_of_a_circle_are_a_table_with_who_stayed_below_each():
    answer = {
        "circle_id": "tea", "state": "open",
        "months": [{"month": "2026-10", "joins": {"v": 40}, "leaves": {"hidden": "minimum"},
                    "newcomer_share": {"v": 0.6}}],
        "retention": [{"joined": "2026-10", "stayed": [{"v": 0.8}, {"hidden": "minimum"}]}],
    }  # fmt: skip
    assert health_csv(answer).removeprefix(MARK).splitlines() == [
        "month,joins,leaves,newcomer_share,months_later,stayed",
        "2026-10,40,hidden (minimum),0.6,,",
        "2026-10,,,,0,0.8",
        "2026-10,,,,1,hidden (minimum)",
        "",
        "circle,tea",
        "state,open",
        'counts,"with noise, in two significant digits"',
    ]


def test_what_a_search_found_is_a_table_without_numbers():
    item = {"id": "c1", "kind": "merchant", "name": {"en": "=Tea", "zh": "茶"}, "href": None}
    text = search_csv({"items": [item]}).removeprefix(MARK)
    assert text.splitlines() == ["id,kind,name_en,name_zh", "c1,merchant,'=Tea,茶"]
