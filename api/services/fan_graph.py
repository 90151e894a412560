"""A merchant's fan graph: groups of fans round the merchant, with circles and other shops; never a person.

Groups are a closeness and a scene; taken apart, single interests. Links to circles and shops are of two
kinds: counted ones lead from the merchant, since what is counted is all its fans; public ones ("both are
about coffee") lead from groups and say nothing about people. Size, width, place and order come from shown
values, ids and public facts alone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from api.context import Context
from api.services.communities import communities
from api.services.graph_layout import Spot, lay_out
from api.services.graph_parts import CENTRE, Edge, Node
from api.services.neighbours import Neighbour, about_edges, neighbours
from api.services.told_meta import Portrayed, finished, meta_of, portrayed
from api.services.told_names import SCENE_NAMES, WHY_NAMES, group_name, public
from graph.policy.disclosure import Cell
from graph.policy.portraits import CLOSENESS, size_steps
from graph.policy.values import Policy
from graph.portraits.groups import Group, read_group
from graph.portraits.told import tell_groups, tell_interests, tell_people

LARGEST = 5  # size step of the merchant, whatever its size


def fan_graph(
    context: Context, owner: str | None, merchant_id: str, *, expand: Collection[str] = (), now: int
) -> dict[str, Any]:
    """The graph of a merchant's fans.

    Args:
        owner: the merchant who asks; None: the operator.
        expand: ids of groups to take apart; one that is hidden stays whole.

    Raises:
        NotFound: unknown, or another merchant. InputError: a group that is not offered.
    """
    wanted = {read_group(text).id for text in expand}
    about, policy = portrayed(context, owner, merchant_id), context.policy
    groups = _groups(about, policy, wanted)
    around = neighbours(context, about, now=now)
    nodes = [_merchant(about, policy), *groups, *(near.node for near in around)]
    edges = [
        *_own_edges(groups),
        *(near.edge for near in around if near.edge),
        *_public_edges(groups, around),
    ]
    nodes, edges, is_cut = _capped(nodes, edges, policy)
    answer: dict[str, Any] = {
        "meta": meta_of(context, about) | {"truncated": is_cut},
        "merchant_id": merchant_id,
        "name": public(about.name),
        "center": CENTRE,
        "nodes": _drawn_nodes(nodes),
        "edges": _drawn_edges(edges),
    }
    _place(answer)
    answer["legend"] = _legend(answer["nodes"])
    return finished(answer, about)


def _merchant(about: Portrayed, policy: Policy) -> Node:
    return Node(CENTRE, "merchant", public(about.name), tell_people(about.body, policy))


def _groups(about: Portrayed, policy: Policy, wanted: Collection[str]) -> list[Node]:
    """Groups in the order of closeness and scene, each followed by its interests where it is taken apart.

    Where all labels are of one scene, as those of a town of supermarkets, it says nothing, and its groups are
    always taken apart.
    """
    cells, nodes = tell_groups(about.body, policy, about.scenes), []
    is_one_scene = len({scene for scene in about.scenes if scene is not None}) == 1
    for closeness in CLOSENESS:
        leaves = _leaves(about, policy, closeness)
        for scene in dict.fromkeys(id_.partition(".")[2] for id_ in cells):
            group = Group(closeness, scene)
            own = leaves.get(scene, []) if cells[group.id].hidden is None else []
            is_open = bool(own) and (is_one_scene or group.id in wanted)
            nodes.append(
                Node(
                    group.id, "group", group_name(group), cells[group.id], closeness=closeness, scene=scene,
                    expandable=bool(own) and not is_one_scene, expanded=is_open,
                )
            )  # fmt: skip
            nodes += own if is_open else []
    return nodes


def _leaves(about: Portrayed, policy: Policy, closeness: str) -> dict[str, list[Node]]:
    """Scene -> its shown interests, the largest first."""
    cells = tell_interests(about.body, policy, about.scenes, closeness)
    leaves: dict[str, list[Node]] = {}
    for category, scene, cell in zip(about.labels.categories, about.scenes, cells, strict=True):
        if scene is not None and cell.v is not None:
            group = Group(closeness, scene, category)
            leaf = Node(
                group.id, "group", group_name(group), cell, closeness=closeness, scene=scene,
                category=category, parent=group.parent,
            )  # fmt: skip
            leaves.setdefault(scene, []).append(leaf)
    return {scene: sorted(found, key=_by_size) for scene, found in leaves.items()}


def _by_size(node: Node) -> tuple[float, str]:
    return -(node.people.v or 0), node.id


def _own_edges(groups: Iterable[Node]) -> list[Edge]:
    """From groups to the merchant, and from interests to their group."""
    return [
        Edge(node.id, node.parent, "part", WHY_NAMES["part"], node.people.v)
        if node.parent
        else Edge(node.id, CENTRE, "buys", WHY_NAMES[node.closeness or ""], node.people.v)
        for node in groups
    ]


def _public_edges(groups: Sequence[Node], around: Sequence[Neighbour]) -> list[Edge]:
    """Between groups that are shown and what is about the same; interests stand for an open group."""
    shown = [node for node in groups if node.people.hidden is None and not node.expanded]
    return [edge for group in shown for near in around for edge in about_edges(group, near)]


def _capped(
    nodes: Sequence[Node], edges: Sequence[Edge], policy: Policy
) -> tuple[list[Node], list[Edge], bool]:
    """As many as a picture may have. Interests go first, the smallest of them; then public links."""
    rules = policy.portraits
    spare = sorted((node for node in nodes if node.parent), key=_by_size)
    room = max(0, rules.max_nodes - (len(nodes) - len(spare)))
    gone = {node.id for node in spare[room:]}
    kept = [node for node in nodes if node.id not in gone][: rules.max_nodes]
    ids = {node.id for node in kept}
    held = [edge for edge in edges if edge.source in ids and edge.target in ids]
    return kept, held[: rules.max_edges], len(kept) < len(nodes) or len(held) > rules.max_edges


def _drawn_nodes(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """As answered but for the place; the steps of all but the merchant are of one scale."""
    steps = size_steps([_count(node.people) for node in nodes if node.kind != "merchant"])
    return [node.out(size) for node, size in zip(nodes, [LARGEST, *steps], strict=True)]


def _drawn_edges(edges: Sequence[Edge]) -> list[dict[str, Any]]:
    """Counted links on one scale of steps, public ones on another."""
    found: dict[int, int] = {}
    for is_public in (False, True):
        at = [i for i, edge in enumerate(edges) if (edge.kind == "about") is is_public]
        found |= zip(at, size_steps([_whole(edges[i].weight) for i in at]), strict=True)
    return [edge.out(found[i]) for i, edge in enumerate(edges)]


def _count(cell: Cell) -> int | None:
    return _whole(cell.v)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _place(answer: dict[str, Any]) -> None:
    """Give every node its community and place."""
    nodes, edges = answer["nodes"], answer["edges"]
    number_of, answer["communities"] = communities(nodes, edges, SCENE_NAMES)
    for node in nodes:
        node["community"] = number_of.get(node["id"], 0)
    links = ((edge["source"], edge["target"], float(edge["strength"])) for edge in edges)
    places = lay_out([Spot.of(node) for node in nodes], links)
    for node in nodes:
        place = places[node["id"]]
        node |= {"x": place.x, "y": place.y, "ring": place.ring}


def _legend(nodes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many nodes there are of each kind, groups by closeness; in the order of the rings."""
    kinds = [*(("group", closeness) for closeness in CLOSENESS), ("circle", None), ("shop", None)]
    found = [(node["kind"], node["closeness"]) for node in nodes]
    return [{"kind": kind, "closeness": near, "nodes": found.count((kind, near))} for kind, near in kinds]
