"""The graph's fragment and the search of a merchant's page: whose they are, and what they answer."""

import re

import pytest

from tests.portraits import body_of, home_with

PEOPLE = {"near": 200, "mid": 100, "far": 60}
COUNTS = {
    "standing": {"near": 700, "mid": 400, "far": 300},
    "interests": {
        (closeness, category): people
        for closeness, people in PEOPLE.items()
        for category in ("COFFEE SHOP", "TEA HOUSE", "SOFT DRINKS")
    },
}


@pytest.fixture
def shop(service):
    """A signed-in browser of the merchant c0, which has a portrait."""
    home_with(service.context.home, [(body_of("c0", epsilon=50.0, **COUNTS), None)])
    return service.visitor("merchant")


def nodes(page):
    return re.findall(r'class="n [^"]*"[^>]* data-id="([^"]+)"', page)


def test_the_graph_comes_alone_for_the_script(shop):
    page = shop.get("/merchant/c0/graph").text
    assert page.lstrip().startswith('<div id="graph">')
    assert {"m", "near.dining", "far.fitness"} <= set(nodes(page))


def test_a_group_is_taken_apart_by_the_address(shop):
    opened = nodes(shop.get("/merchant/c0/graph?expand=near.dining").text)
    assert {"near.dining:COFFEE SHOP", "near.dining:TEA HOUSE"} <= set(opened)


def test_an_old_link_shows_whole_groups_and_no_error(shop):
    answer = shop.get("/merchant/c0/graph?expand=near.finance")
    assert answer.status_code == 200
    assert "near.dining" in nodes(answer.text)


def test_the_table_lists_the_nodes_of_the_picture(shop):
    table = shop.get("/merchant/c0/graph?view=table").text
    assert nodes(table) == []
    assert len(re.findall(r"<tr", table)) - 1 == len(nodes(shop.get("/merchant/c0/graph").text))


@pytest.mark.parametrize("part", ["graph", "search?q=coffee"])
def test_another_merchants_part_is_as_an_unknown_one(shop, part):
    other, unknown = shop.get(f"/merchant/k0/{part}"), shop.get(f"/merchant/nobody/{part}")
    assert other.status_code == unknown.status_code == 404
    assert other.data == unknown.data


@pytest.mark.parametrize("part", ["graph", "search?q=coffee"])
def test_without_a_session_nothing_is_answered(service, part):
    assert service.visitor().get(f"/merchant/c0/{part}").status_code == 401


def test_a_search_box_is_told_where_things_lead(shop):
    answer = shop.get("/merchant/c0/search?q=dining", headers={"Accept": "application/json"})
    told = {item["name"]: (item["kind"], item["node"]) for item in answer.json["items"]}
    assert told["Regulars · Dining"] == ("group", "near.dining")
    assert told["Dining"] == ("scene: invite people", "")


def test_a_search_without_a_script_is_a_page(shop):
    page = shop.get("/merchant/c0/search?q=dining&lang=zh").text
    assert 'href="/merchant/c0?lang=zh&amp;group=near.dining#fans"' in page
    assert "返回关系图" in page


def test_what_is_searched_for_is_shown_as_text(shop):
    page = shop.get('/merchant/c0/search?q="><script>alert(1)</script>').text
    assert "<script>alert" not in page
    assert "Nothing is called that" in page
