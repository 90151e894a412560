"""Who later joined where, between circles whose owners both agreed to know; groups only.

Counted are people who granted `portraits`, in one month that has ended. An owner gets noise, once for good,
which the budget of their repeated questions pays for; the operator gets rounded counts. An owner learns of a
flow between a circle of theirs and one at the other end of an open link, and of no other.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from api.context import Context
from api.services.disclosed import repeated
from api.services.owners import owned
from graph.policy.disclosure import Cell, DisclosureRules, difference, release_parts
from graph.policy.flows import Int64, first_joins, flow_matrix, num_joined, of_people
from graph.policy.months import bounds, checked_month
from graph.schema import Purpose
from graph.stores.base import Circle, GraphStore

NOBODY = -1  # a viewer who is nobody: nobody blocked them
_CAME = "came"
NO_LINK = (
    "no link is open: a flow is told between circles whose owners both accepted a link; propose one first"
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
    month = checked_month(window, now)
    others = _linked(store, circle)
    answer: dict[str, Any] = {"circle_id": circle_id, "direction": direction, "window": month, "items": []}
    if not others:
        return answer | {"why_empty": NO_LINK}
    first = first_joins(consenting(store, [circle.index, *others]), [circle.index, *others])
    ids = store.ids("Circle", others)
    told = _told(context, owner, circle_id, ids, first, month, now)
    cells = [{"in": came, "out": went, "net": difference(came, went)}[direction] for came, went in told]
    items = [{"circle_id": id_, "people": cell.out()} for id_, cell in zip(ids, cells, strict=True)]
    return answer | {"items": sorted(items, key=lambda item: str(item["circle_id"]))}


def question(circle_id: str, other: str) -> str:
    """What an owner asks of a month and two circles, as it is written into the ledger."""
    return "flow between " + " and ".join(sorted((circle_id, other)))


def consenting(store: GraphStore, circles: list[int]) -> dict[str, Int64]:
    """Memberships in these circles, past and present, of people who granted `portraits`."""
    columns = store.memberships_in(circles)
    people = np.unique(columns["user"])
    return of_people(columns, people[store.visible(NOBODY, people.tolist(), Purpose.PORTRAITS)])


def _linked(store: GraphStore, circle: Circle) -> list[int]:
    """Circles at the other end of a link that carries now, in either direction; increasing."""
    found = [now.link for now in store.circle_links([circle.index]) if now.carries]
    return sorted({link.source + link.target - circle.index for link in found})


def _told(
    context: Context, owner: str | None, circle_id: str, others: list[str], first: Int64, month: str, now: int
) -> list[tuple[Cell, Cell]]:
    """How many came from each other circle, and how many went there; the own circle is the first column.

    A person can flow only one way between two circles in a month.
    """
    start, end = bounds(month)
    flow, joined = flow_matrix(first, start, end), num_joined(first, start, end)
    told = []
    for place, other in enumerate(others, start=1):
        counts = {
            f"{other} > {circle_id}": int(flow[place, 0]),
            f"{circle_id} > {other}": int(flow[0, place]),
        }
        if owner is None:
            came, went = _whole(counts, (int(joined[0]), int(joined[place])), context.policy.disclosure)
        else:
            asked, labels = question(circle_id, other), dict(sorted(counts.items()))
            cells = repeated(context, owner, asked, labels, now=now, window=month, each_once=True)
            came, went = (cells[label] for label in counts)
        told.append((came, went))
    return told


def _whole(counts: Mapping[str, int], joined: tuple[int, int], rules: DisclosureRules) -> list[Cell]:
    """For the operator: without noise, as a part of all who joined.

    Else nearly everybody coming from one circle would tell of the few who did not.
    """
    return [
        release_parts({_CAME: number, "others": whole - number}, rules)[0][_CAME]
        for number, whole in zip(counts.values(), joined, strict=True)
    ]
