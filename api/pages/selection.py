"""What is selected on a merchant's page, and what is near it in the fan graph. Pure: from answers alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.pages.view_state import ViewState
from graph.policy.portraits import CLOSENESS

Section = Mapping[str, Any]
MAX_TIES = 8
FANS = "#fans"  # where the graph stands on the page


@dataclass(frozen=True)
class Selection:
    """Which fans a portrait is about. closeness, scene: filters of the portrait; None for all.

    node: of the graph; None for all fans and where the selected one is not in this week's graph.
    """

    closeness: str | None = None
    scene: str | None = None
    node: Section | None = None


def select(group: str | None, graph: Section | None) -> Selection:
    """Read the `group` of an address: a node of the graph, or one of CLOSENESS."""
    if group in CLOSENESS:
        return Selection(closeness=group)
    nodes = graph["nodes"] if graph else ()
    node = next((node for node in nodes if node["id"] == group), None)
    if node is None or node["kind"] != "group":
        return Selection(node=node)
    return Selection(node["closeness"], node["scene"], node)


def ties(node: Section | None, graph: Section | None, state: ViewState) -> list[dict[str, Any]]:
    """What a node is joined to, strongest first: `{id, name, why, href}`.

    Without the shop in the middle, and without a group's own interests, which are listed anyway.
    """
    if node is None or graph is None:
        return []
    named = {each["id"]: each["name"] for each in graph["nodes"] if each["kind"] != "merchant"}
    edges = [edge for edge in graph["edges"] if (edge["kind"], edge["target"]) != ("part", node["id"])]
    met = [(edge, _other(edge, node["id"])) for edge in edges]
    joined = [(edge, other) for edge, other in met if other in named]
    joined.sort(key=lambda tie: (-tie[0]["strength"], tie[1]))
    return [
        {"id": other, "name": named[other], "why": edge["why"], "href": address(state, other)}
        for edge, other in joined[:MAX_TIES]
    ]


def hrefs(items: Sequence[Section], prefix: str, graph: Section | None, state: ViewState) -> dict[str, str]:
    """Addresses that select circles (`c:`) or shops (`s:`) of a list in the graph, where they are in it."""
    nodes = {node["id"] for node in graph["nodes"]} if graph else set()
    ids = [item["id"] for item in items if prefix + item["id"] in nodes]
    return {each: address(state, prefix + each) for each in ids}


def address(state: ViewState, group: str | None) -> str:
    return state.url(group=group) + FANS


def _other(edge: Section, node_id: str) -> str | None:
    """The other end of an edge of a node; None for an edge that is not its own."""
    ends = {edge["source"], edge["target"]}
    return next(iter(ends - {node_id}), None) if node_id in ends else None
