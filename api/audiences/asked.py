"""What an owner asked for, and what makes two questions one."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from graph.errors import StoreConflict
from graph.home import Home
from graph.policy.audiences import ASKS_S, Wish, month_of
from graph.policy.values import Policy
from graph.schema import CircleState
from graph.stores.base import Circle, GraphStore
from graph.stores.invitations import Audience, is_chosen_by


@dataclass(frozen=True)
class House:
    """What the work needs of a service."""

    home: Home
    store: GraphStore
    policy: Policy


def wish_of(audience: Audience) -> Wish:
    asked = json.loads(audience.asked)
    return Wish(**{name: asked[name] for name in Wish.__dataclass_fields__})


def is_preview(audience: Audience) -> bool:
    return bool(json.loads(audience.asked).get("preview"))


def open_circle(store: GraphStore, audience: Audience) -> Circle:
    """The circle of an audience. Raises StoreConflict when it takes nobody any more."""
    (circle_id,) = store.ids("Circle", [audience.circle])
    circle = store.circle(circle_id)
    if circle is None or circle.state not in (CircleState.OPEN, CircleState.PROPOSED):
        raise StoreConflict(
            "the circle was closed or quarantined while its audience was being chosen; nobody is in it. "
            "A closed circle stays closed; of a quarantined one ask again when it is given back"
        )
    if circle.owner_id != audience.owner:
        raise StoreConflict(
            "the circle has another owner than when its audience was asked for; nobody is in it. Ask again"
        )
    if not is_chosen_by(audience, circle):
        raise StoreConflict(
            "the circle's theme or rule was changed since its audience was asked for; nobody is in it. "
            "Ask again"
        )
    return circle


def place_of(store: GraphStore, audience: Audience) -> int:
    """Which question of this month this is, by when each was first asked; from 1 on.

    An owner who changes a circle or what is asked of it, until a promise comes out, has asked as often. Of
    two in one second each counts the other as earlier: neither knows who was.
    """
    month = month_of(audience.created_at)
    first: dict[tuple[Any, ...], int] = {}
    for asked in store.audiences():  # oldest first
        if month_of(asked.created_at) == month:
            first.setdefault(_question(asked), asked.created_at)
    return sum(at <= first[_question(audience)] for at in first.values())


def _question(audience: Audience) -> tuple[Any, ...]:
    """What is tested: a theme and a rule, in a week's data, at a target and a confidence."""
    asked = json.loads(audience.asked)
    return *data_of(audience), asked["target_fit"], asked["confidence"]


def data_of(audience: Audience) -> tuple[int, str | None, int]:
    return audience.circle, json.loads(audience.asked).get("theme"), audience.created_at // ASKS_S


def seed_of(circle_id: str, month: str) -> int:
    """The lot that parts learning from proof: one for a circle in a month, whoever asks and however often.

    A fresh lot for each question would let an owner ask until a lucky one proved the promise, and would make
    the audience another one than its preview.
    """
    digest = hashlib.sha256(f"split {month}\n{circle_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
