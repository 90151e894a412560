"""Circles and shops round a merchant's fans: what is counted of them, and what they are publicly about.

Shown ones come first, by their size; a few hidden ones that are about something fill the ring where little
is shown. Which these are is decided by public facts and ids.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.context import Context
from api.services.graph_parts import CENTRE, Edge, Node
from api.services.told_meta import Portrayed
from api.services.told_names import SCENE_NAMES, WHY_NAMES, about, public
from api.services.told_public import named_circles, named_shops
from graph.policy.disclosure import Cell
from graph.portraits.groups import OTHER
from graph.portraits.told import tell_cells

MOST = 30  # of each kind: as many as stand on a ring without touching
FILLED = 6  # of each kind are there, shown or hidden, where so many are about something


@dataclass(frozen=True)
class Neighbour:
    """A circle or shop. categories: its own, casefolded. edge: how many of the fans; None where hidden."""

    node: Node
    categories: frozenset[str]
    edge: Edge | None


def neighbours(context: Context, portrait: Portrayed, *, now: int) -> list[Neighbour]:
    """Circles, then shops."""
    return [*_chosen(_circles(context, portrait, now)), *_chosen(_shops(context, portrait))]


def about_edges(group: Node, near: Neighbour) -> list[Edge]:
    """The public link between a group and a circle or shop, if they are about the same.

    An interest is linked by its category, a whole group by its scene.
    """
    if group.category is not None:
        shares, what = group.category.casefold() in near.categories, public(group.category)
    else:
        shares, what = group.scene == near.node.scene != OTHER, SCENE_NAMES[group.scene or OTHER]
    return [Edge(group.id, near.node.id, "about", about(what), 1)] if shares else []


def _circles(context: Context, portrait: Portrayed, now: int) -> list[Neighbour]:
    cells = _cells(context, portrait, "circles")
    circles = named_circles(context, portrait.labels.circles, now=now)
    found = []
    for id_, cell in zip(portrait.labels.circles, cells, strict=False):
        if circle := circles.get(id_):
            scene, categories = context.circles.subjects(context, circle)
            node = Node(f"c:{id_}", "circle", public(circle.name or id_), cell, scene=scene)
            found.append(_neighbour(node, categories, "overlaps"))
    return found


def _shops(context: Context, portrait: Portrayed) -> list[Neighbour]:
    cells = _cells(context, portrait, "shops")
    shops = named_shops(context, portrait.labels.shops)
    found = []
    for id_, cell in zip(portrait.labels.shops, cells, strict=False):
        shop = shops.get(id_)
        if shop is not None and id_ != portrait.merchant_id:
            node = Node(f"s:{id_}", "shop", public(shop.name), cell, scene=shop.scene)
            found.append(_neighbour(node, frozenset({shop.category} - {None}), "covisits"))
    return found


def _cells(context: Context, portrait: Portrayed, question: str) -> list[Cell]:
    """The same cells as in the portrait of all fans."""
    return tell_cells(portrait.body, question, context.policy)


def _neighbour(node: Node, categories: Iterable[str | None], kind: str) -> Neighbour:
    is_shown = node.people.hidden is None
    edge = Edge(node.id, CENTRE, kind, WHY_NAMES[kind], node.people.v) if is_shown else None
    return Neighbour(node, frozenset(name.casefold() for name in categories if name), edge)


def _chosen(found: Sequence[Neighbour]) -> list[Neighbour]:
    shown = sorted(
        (near for near in found if near.edge), key=lambda near: (-(near.node.people.v or 0), near.node.id)
    )
    hidden = [near for near in found if not near.edge and (near.node.scene or near.categories)]
    return [*shown[:MOST], *hidden[: max(0, FILLED - len(shown))]]
