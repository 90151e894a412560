"""Where the things lead that a search has found: to a node of the graph, or to inviting people. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from api.pages.view_state import ViewState

_NODE = {"group": "", "circle": "c:", "merchant": "s:"}  # how ids of nodes begin


def found(
    items: Iterable[Mapping[str, Any]], graph: Mapping[str, Any], view: ViewState, language: str
) -> list[dict[str, Any]]:
    """Items of `api.services.search` that lead somewhere.

    Returns:
        kind, name, href and the node's id, empty where it is none: what people buy is not in the graph, but
        whoever likes it can be invited.
    """
    nodes = {node["id"] for node in graph["nodes"]}
    told = []
    for item in items:
        name, node = item["name"][language], _node(item, view, graph["center"])
        if node in nodes:
            href = view.url(group=None if node == graph["center"] else node) + "#fans"
            told.append({"kind": item["kind"], "name": name, "node": node, "href": href})
        elif item["kind"] in ("category", "scene"):
            href = view.url("invite", words=name) + "#invite"
            told.append({"kind": item["kind"], "name": name, "node": "", "href": href})
    return told


def _node(item: Mapping[str, Any], view: ViewState, centre: str) -> str | None:
    if item["kind"] == "merchant" and item["id"] == view.merchant_id:
        return centre
    return _NODE[item["kind"]] + str(item["id"]) if item["kind"] in _NODE else None
