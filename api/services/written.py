"""Circles of an answer as the outside world reads them: by name, or as JSON put together from what is there.

Of a list in JSON nearly every byte is one that other lists have too: how a circle begins, its sentences. They
are joined and never made again, and a list that is kept holds them without a copy.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson

from api.services.ranking import Picked
from api.services.shelf import Shelf


def shown_score(pick: Picked) -> float:
    """The score of a circle as it is told."""
    return round(pick.score, 4)


def kept_json(value: Any) -> bytes:
    """JSON that will be kept: what orjson gives holds on to kilobytes, however short it is."""
    return bytes(memoryview(orjson.dumps(value)))


def items_of(picked: Sequence[Picked], reasons: Sequence[Any]) -> list[dict[str, Any]]:
    """Circles for people and programs.

    Args:
        reasons: of each circle; empty where none were asked for.
    """
    items = [_item(pick) for pick in picked]
    for item, why in zip(items, reasons, strict=False):
        item["reasons"] = why
    return items


def spelt_of(picked: Sequence[Picked], reasons: Sequence[Sequence[bytes]], shelf: Shelf) -> tuple[bytes, ...]:
    """The same as JSON, in parts.

    Args:
        reasons: of each circle, as `Words.spelt` gives them; empty where none were asked for.
    """
    parts: list[bytes] = []
    for place, pick in enumerate(picked):
        parts += (
            b"},{" if place else b"[{",
            shelf.head(pick.row),
            kept_json(shown_score(pick)),
            _told_state(pick.circle.state, pick.explored),
        )
        if reasons:
            parts += (b',"reasons":', *reasons[place])
    parts.append(b"}]" if picked else b"[]")
    return tuple(parts)


def _item(pick: Picked) -> dict[str, Any]:
    circle = pick.circle
    item: dict[str, Any] = {
        "circle_id": circle.circle_id,
        "name": circle.name,
        "scene": circle.scene,
        "score": shown_score(pick),
        "state": circle.state,
    }
    if pick.explored:
        item["exploration"] = True
    return item


@cache
def _told_state(state: str, explored: bool) -> bytes:
    return b',"state":' + orjson.dumps(state) + (b',"exploration":true' if explored else b"")
