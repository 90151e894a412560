"""Who later joined where, between circles whose owners both agreed to know; groups only.

Counted are people who granted `portraits`, in one calendar month that has ended. An owner learns of a flow
between a circle of theirs and one at the other end of an open link, and of no other.
"""

from typing import Any

import numpy as np

from api.context import Context
from api.services.owners import owned
from graph.policy.disclosure import Cell, DisclosureRules, release_parts
from graph.policy.flows import Int64, first_joins, flow_matrix, num_joined, of_people
from graph.policy.months import bounds, checked_month
from graph.schema import Purpose
from graph.stores.base import Circle, GraphStore

DIRECTIONS = ("in", "out", "net")
NOBODY = -1  # a viewer who is nobody: nobody blocked them
_CAME = "came"
NO_LINK = (
    "no link is open: a flow is told between circles whose owners both accepted a link; "
    "propose one with POST /v1/circle-links"
)


def flows(
    context: Context, owner: str | None, circle_id: str, *, direction: str, window: str | None, now: int
) -> dict[str, Any]:
    """Flows between a circle and those that it has an open link with, in the order of their ids.

    Args:
        owner: the merchant who asks; None: the operator.
        direction: `in` (joined this circle after the other), `out`, or `net` (in less out).
        window: a month such as `2026-10` that has ended; None: the newest.

    Raises:
        NotFound: the circle is unknown or another merchant's. InputError: the window cannot be told.
    """
    circle, store = owned(context, owner, circle_id), context.store.get()
    month = checked_month(window, now, oldest=context.policy.between.flow_months)
    others = _linked(store, circle)
    answer: dict[str, Any] = {"circle_id": circle_id, "direction": direction, "window": month, "items": []}
    if not others:
        return answer | {"why_empty": NO_LINK}
    first = first_joins(consenting(store, [circle.index, *others]), [circle.index, *others])
    told = {way: _told(first, way, month, context.policy.disclosure) for way in ("in", "out")}
    ids = store.ids("Circle", others)
    cells = _net(told["in"], told["out"]) if direction == "net" else told[direction]
    items = [{"circle_id": id_, "people": cell.out()} for id_, cell in zip(ids, cells, strict=True)]
    return answer | {"items": sorted(items, key=lambda item: str(item["circle_id"]))}


def consenting(store: GraphStore, circles: list[int]) -> dict[str, Int64]:
    """Memberships in these circles, past and present, of people who granted `portraits`."""
    columns = store.memberships_in(circles)
    people = np.unique(columns["user"])
    return of_people(columns, people[store.visible(NOBODY, people.tolist(), Purpose.PORTRAITS)])


def _linked(store: GraphStore, circle: Circle) -> list[int]:
    """Circles at the other end of a link that carries now, in either direction; increasing."""
    found = [now.link for now in store.circle_links([circle.index]) if now.carries]
    return sorted({link.source + link.target - circle.index for link in found})


def _told(first: Int64, way: str, month: str, rules: DisclosureRules) -> list[Cell]:
    """One cell for each other circle; the own circle is the first column.

    A flow and the rest of those who joined are the parts of a whole: else nearly everybody coming from one
    circle would tell of the few who did not.
    """
    start, end = bounds(month)
    flow, joined = flow_matrix(first, start, end), num_joined(first, start, end)
    pairs = [(0, other)[:: 1 if way == "out" else -1] for other in range(1, first.shape[1])]
    return [
        release_parts({_CAME: int(flow[a, b]), "others": int(joined[b] - flow[a, b])}, rules)[0][_CAME]
        for a, b in pairs
    ]


def _net(came: list[Cell], went: list[Cell]) -> list[Cell]:
    """What came less what went, from what is told of each: it says nothing that they do not say."""
    return [
        Cell(a.v - b.v) if a.v is not None and b.v is not None else Cell(hidden=a.hidden or b.hidden)
        for a, b in zip(came, went, strict=True)
    ]
