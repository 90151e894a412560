"""Nodes and links of a fan graph before they are drawn."""

from dataclasses import dataclass
from typing import Any

from api.services.told_names import Name
from graph.policy.disclosure import Cell

CENTRE = "m"  # id of the merchant's node


@dataclass(frozen=True)
class Node:
    """A merchant, a group of fans, a circle or a shop. category, parent: of one interest of a group."""

    id: str
    kind: str
    name: Name
    people: Cell
    closeness: str | None = None
    scene: str | None = None
    category: str | None = None
    parent: str | None = None
    expandable: bool = False
    expanded: bool = False

    def out(self, size: int) -> dict[str, Any]:
        """As answered, without a place. size: step 1 to 5."""
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "closeness": self.closeness,
            "scene": self.scene,
            "people": self.people.out(),
            "size": size,
            "expandable": self.expandable,
            "expanded": self.expanded,
            "parent": self.parent,
            "href": None,
        }


@dataclass(frozen=True)
class Edge:
    """A link. weight: what is told of how many people, or a public number; None where it is hidden."""

    source: str
    target: str
    kind: str
    why: Name
    weight: float | None

    def out(self, strength: int) -> dict[str, Any]:
        return {
            "source": self.source,
            "target": self.target,
            "kind": self.kind,
            "strength": strength,
            "why": self.why,
        }
