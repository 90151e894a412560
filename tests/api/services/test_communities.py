"""What belongs together, by what is told; hidden nodes go where their scene is."""

import random

from api.services.communities import MAX_COMMUNITIES, REST, communities

SCENES = {"dining": {"en": "Dining", "zh": "餐饮"}, "fitness": {"en": "Fitness", "zh": "健身"}}


def node(id, scene=None, kind="group", size=3, people=None):
    name = {"en": id.title(), "zh": id}
    return {
        "id": id, "kind": kind, "scene": scene, "size": size, "name": name, "people": people or {"v": 50},
    }  # fmt: skip


def edge(source, target, strength=3):
    return {"source": source, "target": target, "kind": "about", "strength": strength}


def square(prefix, scene):
    """Four nodes, all tied to each other, and their edges."""
    names = [f"{prefix}{i}" for i in range(4)]
    return [node(name, scene) for name in names], [
        edge(one, other) for one in names for other in names if one < other
    ]


def two_squares():
    (nodes, edges), (others, more) = square("d", "dining"), square("f", "fitness")
    return [node("m", kind="merchant"), *nodes, *others], [*edges, *more, edge("d0", "f0", 1)]


def test_two_squares_with_one_tie_are_two_communities():
    number_of, told = communities(*two_squares(), SCENES)
    assert number_of == {f"d{i}": 0 for i in range(4)} | {f"f{i}": 1 for i in range(4)}
    assert [(one["name"]["en"], one["nodes"]) for one in told] == [("Dining", 4), ("Fitness", 4)]


def test_the_order_of_nodes_and_edges_does_not_matter():
    nodes, edges = two_squares()
    before, draw = communities(nodes, edges, SCENES), random.Random(1)
    for _ in range(20):
        draw.shuffle(nodes)
        draw.shuffle(edges)
        turned = [edge(one["target"], one["source"], one["strength"]) for one in edges]
        assert communities(nodes, turned, SCENES) == before


def test_the_merchant_ties_nobody_together():
    nodes, edges = two_squares()
    bought = [edge(one["id"], "m", 5) for one in nodes[1:]]
    assert communities(nodes, edges + bought, SCENES) == communities(nodes, edges, SCENES)


def test_a_hidden_node_goes_where_its_scene_is_whatever_its_edges_say():
    nodes, edges = two_squares()
    hidden = node("x", "fitness", size=1, people={"hidden": "minimum"})
    number_of, _ = communities([*nodes, hidden], [*edges, edge("x", "d1", 5)], SCENES)
    assert number_of["x"] == number_of["f0"]


def test_what_has_neither_ties_nor_a_scene_is_the_rest():
    nodes, edges = two_squares()
    number_of, told = communities([*nodes, node("lonely")], edges, SCENES)
    assert number_of["lonely"] == 2
    assert told[2] == {"id": 2, "name": dict(REST), "nodes": 1}


def test_no_more_communities_than_a_picture_can_tell_apart():
    squares = [square(f"s{i}-", None) for i in range(12)]
    nodes = [one for part, _ in squares for one in part]
    number_of, told = communities(nodes, [tie for _, part in squares for tie in part], SCENES)
    assert len(told) == MAX_COMMUNITIES == len(set(number_of.values()))
    assert len({one["name"]["en"] for one in told}) == MAX_COMMUNITIES


def test_two_communities_of_one_scene_have_different_names():
    (nodes, edges), (others, more) = square("d", "dining"), square("e", "dining")
    _, told = communities([*nodes, *others], [*edges, *more], SCENES)
    assert [one["name"]["en"] for one in told] == ["Dining", "E0"]


def test_a_graph_without_edges_is_one_rest():
    number_of, told = communities([node("m", kind="merchant"), node("a"), node("b")], [], SCENES)
    assert number_of == {"a": 0, "b": 0}
    assert [one["name"] for one in told] == [dict(REST)]
