"""What is selected in the graph: which fans that is, and what is near it."""

from api.pages.selection import Selection, hrefs, select, ties
from api.pages.view_state import ViewState

STATE = ViewState("tea")


def node(id_, kind="group", closeness=None, scene=None):
    return {"id": id_, "kind": kind, "name": {"en": id_}, "closeness": closeness, "scene": scene}


def edge(source, target, strength, kind="about"):
    return {"source": source, "target": target, "kind": kind, "strength": strength, "why": {"en": "why"}}


NEAR = node("near.dining", closeness="near", scene="dining")
GRAPH = {
    "nodes": [node("m", "merchant"), NEAR, node("c:9", "circle"), node("s:7", "shop")],
    "edges": [edge("near.dining", "m", 5), edge("near.dining", "s:7", 1), edge("c:9", "near.dining", 3)],
}


def test_a_group_is_a_closeness_and_a_scene():
    assert select("near.dining", GRAPH) == Selection("near", "dining", NEAR)


def test_a_closeness_alone_is_a_selection_without_a_node():
    assert select("far", GRAPH) == Selection(closeness="far")


def test_a_circle_is_no_group_of_fans():
    assert select("c:9", GRAPH) == Selection(node=node("c:9", "circle"))


def test_what_is_not_in_the_graph_selects_all_fans():
    assert select("mid.fitness", GRAPH) == select(None, GRAPH) == select("near.dining", None) == Selection()


def test_ties_are_the_strongest_first_and_without_the_shop_itself():
    found = ties(NEAR, GRAPH, STATE)
    assert [tie["id"] for tie in found] == ["c:9", "s:7"]
    assert found[0]["href"] == "/merchant/tea?group=c%3A9#fans"


def test_a_group_is_not_tied_to_its_own_interests_but_they_are_to_it():
    leaf = node("near.dining:TEA", closeness="near", scene="dining")
    graph = {"nodes": [*GRAPH["nodes"], leaf], "edges": [edge(leaf["id"], NEAR["id"], 2, "part")]}
    assert ties(NEAR, graph, STATE) == []
    assert [tie["id"] for tie in ties(leaf, graph, STATE)] == ["near.dining"]


def test_nothing_selected_is_tied_to_nothing():
    assert ties(None, GRAPH, STATE) == []


def test_a_list_leads_to_what_is_in_the_graph_alone():
    assert hrefs([{"id": "9"}, {"id": "8"}], "c:", GRAPH, STATE) == {"9": "/merchant/tea?group=c%3A9#fans"}
