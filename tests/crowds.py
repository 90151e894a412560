"""Many people at once, in a store: who they are, what they agreed to, what they joined and when."""

from collections.abc import Mapping
from typing import Any

from api.context import Context
from graph.schema import Purpose


def add_crowd(
    context: Context,
    prefix: str,
    number: int,
    joined: Mapping[str, int],
    *,
    left: Mapping[str, int] | None = None,
    purposes: tuple[str, ...] = tuple(Purpose),
) -> list[int]:
    """People `prefix0`, `prefix1`, ... who joined circles at moments, and left some; their indices."""
    store = context.store.get()
    accounts = context.pseudonyms.of_many([f"{prefix}{i}" for i in range(number)])
    people = store.intern("User", accounts).tolist()
    for purpose in purposes:
        store.set_consents(
            {"user": people, "purpose": [purpose] * number, "granted": [True] * number, "at": [1] * number}
        )
    for circle, at in joined.items():
        index = int(store.indices("Circle", [circle])[0])
        gone = (left or {}).get(circle)
        times = {"joined_at": [at] * number, "left_at": [gone] * number}
        store.add_memberships({"user": people, "circle": [index] * number, **times})
    return people


def open_link(service: Any, source: str = "drinkers", target: str = "climbers", rate: int = 2) -> str:
    """A link from the drinkers (key `merchant`) to the climbers (key `climb`) that both accepted; its id."""
    body = {"from": source, "to": target, "topics": ["tea", "brewing"], "rate": rate}
    link = str(service.ask("POST", "/v1/circle-links", body, key="merchant").json["link_id"])
    service.ask("POST", f"/v1/circle-links/{link}/acceptance", key="climb")
    return link


def add_climbers(context: Context, early: int, late: int) -> None:
    """300 joined the climbers early; late, 100 of them left and 200 more came."""
    add_crowd(context, "stays", 200, {"climbers": early})
    add_crowd(context, "goes", 100, {"climbers": early}, left={"climbers": late})
    add_crowd(context, "new", 200, {"climbers": late})
