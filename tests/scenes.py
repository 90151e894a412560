"""Fan graphs as the service answers them, made up: any number of groups, circles and shops, some hidden."""

import random
from collections.abc import Collection
from typing import Any

from api.services.communities import communities
from api.services.graph_layout import Spot, lay_out

SCENES = {
    "dining": {"en": "Dining", "zh": "餐饮"},
    "fitness": {"en": "Fitness", "zh": "健身"},
    "concerts": {"en": "Concerts", "zh": "演唱会"},
    "shopping": {"en": "Shopping", "zh": "购物"},
    "entertainment": {"en": "Entertainment", "zh": "娱乐"},
    "other": {"en": "Other", "zh": "其他"},
}
WHO = {"near": ("Regulars", "常客"), "mid": ("Occasional fans", "偶尔光顾"), "far": ("New fans", "新粉丝")}
THINGS = [
    ("Coffee", "咖啡"),
    ("Cookies & Cones", "饼干与甜筒"),
    ("Fresh Pasta", "鲜意面"),
    ("Hiking Boots", "登山靴"),
    ("Vinyl Records", "黑胶唱片"),
    ("Refrigerated Grain Mixes", "冷藏谷物"),
    ("Tea", "茶"),
    ("Cheese", "奶酪"),
    ("Bouldering", "抱石"),
    ("Salad Mix", "沙拉"),
    ("Tropical Fruit", "热带水果"),
    ("Crackers", "苏打饼干"),
]
META = {
    "k": 20,
    "window": {"from": "2017-10-02", "to": "2017-12-31", "week": "2017-W52"},
    "as_of": "2018-01-01T00:00:00Z",
    "made_at": "2026-11-20T03:00:00Z",
    "renewed_after": "2027-01-01",
    "model": "v7",
    "epsilon": 0.5,
    "rounding": "2sf",
    "truncated": False,
    "hidden_groups": "some",
}
Answer = dict[str, Any]


def fan_graph(
    *,
    expand: Collection[str] = (),
    leaves: int = 0,
    circles: int = 9,
    shops: int = 8,
    edges: int = 0,
    hidden: float = 0.15,
    seed: int = 1,
) -> Answer:
    """A graph of all groups, so many single interests, circles and shops, and at least so many edges.

    Args:
        expand: groups that are taken apart into four interests each, beside `leaves` of any group.
    """
    draw = random.Random(seed)
    nodes = [_node("m", "merchant", ("Bamboo Tea", "竹茶"), people={"v": 2200})]
    for closeness in ("near", "mid", "far"):
        for scene in SCENES:
            name = (
                f"{WHO[closeness][0]} · {SCENES[scene]['en']}",
                f"{WHO[closeness][1]} · {SCENES[scene]['zh']}",
            )
            nodes.append(_node(f"{closeness}.{scene}", "group", name, closeness, scene, draw, hidden))
    groups = nodes[1:]
    opened = [group for group in groups if group["id"] in expand for _ in range(4)]
    for index, group in enumerate(opened + [draw.choice(groups) for _ in range(leaves)]):
        who, thing = WHO[group["closeness"]], _thing(index, draw)
        name = (f"{who[0]} · {thing[0]}", f"{who[1]} · {thing[1]}")
        leaf = _node(
            f"{group['id']}:{index}", "group", name, group["closeness"], group["scene"], draw, hidden
        )
        group["expanded"] = True
        nodes.append(leaf | {"parent": group["id"], "expandable": False})
    for index in range(circles):
        name = _thing(index, draw)
        nodes.append(
            _node(
                f"c:{index}",
                "circle",
                (f"{name[0]} Lovers", f"{name[1]}爱好者"),
                None,
                draw.choice(list(SCENES)),
                draw,
            )
        )
    for index in range(shops):
        nodes.append(
            _node(
                f"s:{index}",
                "shop",
                (f"Store {340 + index}", f"{340 + index} 号店"),
                None,
                draw.choice(list(SCENES)),
                draw,
            )
        )
    return _placed(nodes, _edges(nodes, edges, draw))


def everything_hidden() -> Answer:
    """As of a shop with too few fans."""
    return fan_graph(hidden=1.0, circles=0, shops=0)


def stress() -> Answer:
    """As large as an answer can be: 300 nodes and 900 edges."""
    return fan_graph(leaves=161, circles=60, shops=60, edges=900)


def _thing(index: int, draw: random.Random) -> tuple[str, str]:
    one = THINGS[index % len(THINGS)]
    if index < len(THINGS):
        return one
    other = draw.choice(THINGS)
    return f"{one[0]} {other[0]} {index}", f"{one[1]}{other[1]}{index}"


def _node(
    id: str,
    kind: str,
    name: tuple[str, str],
    closeness: str | None = None,
    scene: str | None = None,
    draw: random.Random | None = None,
    hidden: float = 0.0,
    people: Answer | None = None,
) -> Answer:
    size = draw.randint(1, 5) if draw else 5
    told = people or {"v": [20, 60, 130, 280, 610][size - 1]}
    if draw and draw.random() < hidden:
        told, size = {"hidden": "complement" if draw.random() < 0.3 else "minimum"}, 1
    return {
        "id": id, "kind": kind, "name": {"en": name[0], "zh": name[1]},
        "closeness": closeness, "scene": scene,
        "people": told, "size": size, "expandable": kind == "group" and "v" in told,
        "expanded": False, "parent": None, "href": None, "x": 500.0, "y": 500.0, "ring": 0, "community": 0,
    }  # fmt: skip


def _edges(nodes: list[Answer], number: int, draw: random.Random) -> list[Answer]:
    """Counted links from the merchant, parts of groups, and public links until there are `number` in all."""
    groups = [node for node in nodes if node["kind"] == "group"]
    outer = [node for node in nodes if node["kind"] in ("circle", "shop")]
    edges = [
        _part(node) if node["parent"] else _edge(node["id"], "m", "buys", node["size"]) for node in groups
    ]
    kinds = {"circle": "overlaps", "shop": "covisits"}
    edges += [_edge("m", node["id"], kinds[node["kind"]], node["size"]) for node in outer]
    alike = [(one["id"], other["id"]) for one in groups for other in outer if one["scene"] == other["scene"]]
    draw.shuffle(alike)
    alike = alike[: max(2 * len(outer), number - len(edges))]
    while len(edges) + len(alike) < number:
        alike.append((draw.choice(groups)["id"], draw.choice(outer)["id"]))
    return edges + [_edge(source, target, "about", draw.randint(1, 5)) for source, target in alike]


def _part(leaf: Answer) -> Answer:
    return _edge(leaf["id"], leaf["parent"], "part", 3)


def _edge(source: str, target: str, kind: str, strength: int) -> Answer:
    why = {"en": "both are about the same things", "zh": "两者主题相同"}
    return {"source": source, "target": target, "kind": kind, "strength": strength, "why": why}


def _placed(nodes: list[Answer], edges: list[Answer]) -> Answer:
    number_of, told = communities(nodes, edges, SCENES)
    for node in nodes:
        node["community"] = number_of.get(node["id"], 0)
    links = [(edge["source"], edge["target"], edge["strength"]) for edge in edges]
    places = lay_out([Spot.of(node) for node in nodes], links)
    for node in nodes:
        place = places[node["id"]]
        node |= {"x": place.x, "y": place.y, "ring": place.ring}
    return {
        "meta": META, "merchant_id": "m", "name": nodes[0]["name"], "center": "m",
        "nodes": nodes, "edges": edges,
        "legend": [], "communities": told,
    }  # fmt: skip
