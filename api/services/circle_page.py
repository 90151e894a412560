"""What a page tells a merchant of a circle: what costs nothing at once, the rest when it is paid for.

Months and flows carry noise and cost budget the first time they are asked for. So a page says what they would
cost before anything is asked, and shows at once what was paid for already.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from api.context import Context
from api.services import catalogue, circle_health, circle_links, flows, own_circles
from api.services.disclosed import price
from api.services.inviting import moment
from api.services.owners import owned
from api.services.words import plain
from graph.policy.circle_links import LinkState
from graph.policy.disclosure import Cell, difference
from graph.policy.months import newest_ended

SHADES = 5  # steps of a share that are told apart by eye


def overview(context: Context, merchant_id: str, circle_id: str, *, now: int) -> dict[str, Any]:
    """How a circle stands, its links, and what its months and flows would cost; itself free.

    Raises:
        NotFound: unknown, or another merchant's.
    """
    view = own_circles.view(context, merchant_id, circle_id, now=now)
    found = circle_links.listed(context, merchant_id, circle_id)["items"]
    links = [_link(context, link, circle_id) for link in found if link["state"] != LinkState.CLOSED]
    months = circle_health.months_of(context, owned(context, merchant_id, circle_id), now=now)
    asked = [f"{month} {circle_health.question(circle_id)}" for month in months]
    newest = newest_ended(now)
    told = [f"{newest} {flows.question(circle_id, other)}" for other in _carrying(links)]
    return view | {
        "name": plain(view["name"] or circle_id),
        "recommended_from": moment(view["owner"]["recommended_from"]),
        "links": [link for link in links if link["is_open"]],
        "proposals": [link for link in links if not link["is_open"]],
        "months_price": price(context, merchant_id, asked, now=now) | {"questions": len(asked)},
        "flows_price": price(context, merchant_id, told, now=now) if told else None,
        "newest": first_day(newest),
    }


def months(context: Context, merchant_id: str, circle_id: str, *, now: int) -> dict[str, Any]:
    """Months and retention, ready to be drawn; costs what `overview` says.

    `height` is a share of the tallest bar that is shown; None where the value is hidden. `deepest` is the
    largest of leaves.
    """
    health = circle_health.health(context, merchant_id, circle_id, now=now)
    rows = [_month(row) for row in health["months"]]
    tallest = max(
        (row[name]["v"] for row in rows for name in ("joins", "leaves") if "v" in row[name]), default=0
    )
    for row in rows:
        row["height"] = {name: _height(row[name], tallest) for name in ("joins", "leaves", "net")}
    kept = [
        {"joined": first_day(row["joined"]), "stayed": [_shaded(cell) for cell in row["stayed"]]}
        for row in health["retention"]
    ]
    deepest = max((row["height"]["leaves"] or 0 for row in rows), default=0)
    return {"rows": rows, "retention": kept, "has_values": tallest > 0, "deepest": deepest}


def flows_between(context: Context, merchant_id: str, circle_id: str, *, now: int) -> list[dict[str, Any]]:
    """Who came from and went to linked circles in the newest month; costs what `overview` says."""

    def told(direction: str) -> dict[str, Any]:
        found = flows.flows(context, merchant_id, circle_id, direction=direction, window=None, now=now)
        return {item["circle_id"]: item["people"] for item in found["items"]}

    came, went, net = told("in"), told("out"), told("net")
    return [
        {"circle_id": id_, "name": _name(context, id_), "came": came[id_], "went": went[id_], "net": net[id_]}
        for id_ in came
    ]


def first_day(month: str) -> date:
    """The first day of a month such as `2026-10`."""
    return date.fromisoformat(f"{month}-01")


def _month(row: Mapping[str, Any]) -> dict[str, Any]:
    net = difference(Cell.read(row["joins"]), Cell.read(row["leaves"])).out()
    return {**row, "month": first_day(row["month"]), "net": net}


def _height(cell: Mapping[str, Any], tallest: int) -> float | None:
    return round(cell["v"] / tallest, 4) if "v" in cell and tallest else None


def _shaded(cell: Mapping[str, Any]) -> dict[str, Any]:
    shade = min(int(cell["v"] * SHADES), SHADES - 1) if "v" in cell else None
    return {**cell, "shade": shade}


def _link(context: Context, link: Mapping[str, Any], circle_id: str) -> dict[str, Any]:
    """A link as the owner of one of its two ends reads it."""
    ours = "from" if link["from"] == circle_id else "to"
    theirs = "to" if ours == "from" else "from"
    return {
        "link_id": link["link_id"],
        "direction": "out" if ours == "from" else "in",
        "other_id": link[theirs],
        "other": _name(context, link[theirs]),
        "topics": link["topics"],
        "rate": link["rate"],
        "is_open": link["state"] == LinkState.OPEN,
        "carries": link["carries"],
        "can_accept": link["state"] == LinkState.PROPOSED and not link["accepted"][ours],
        "opened_at": moment(link["opened_at"]),
    }


def _carrying(links: list[dict[str, Any]]) -> list[str]:
    """Circles that flows are told with."""
    return sorted({link["other_id"] for link in links if link["carries"]})


def _name(context: Context, circle_id: str) -> str:
    return plain(catalogue.describe(context, circle_id)["name"] or circle_id)
