"""The lists of a portrait, attribute by attribute: what is shown, under which name, beside similar merchants.

Lists are whole here, hidden entries too, in the order of their labels; `portraits.py` cuts long ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.context import Context
from api.services.told_meta import Portrayed
from api.services.told_names import DAY_NAMES, SCENE_NAMES, Name, band_names, public
from api.services.told_public import named_circles, named_shops
from graph.policy.disclosed_portraits import enough_or_none, index_of, release_portion
from graph.policy.disclosure import Cell
from graph.policy.values import Policy
from graph.portraits.body import Body
from graph.portraits.groups import places_of
from graph.portraits.growth import expected, is_foreseen
from graph.portraits.pooled import Pooled
from graph.portraits.questions import HOURS
from graph.portraits.told import (
    tell_cells,
    tell_interests,
    tell_rising,
    tell_scenes,
)
from graph.stores.base import Circle


@dataclass(frozen=True)
class Asked:
    """A portrait of some of the fans. whole: how many of this closeness there are, as it is told."""

    about: Portrayed
    policy: Policy
    closeness: str | None
    scene: str | None
    whole: Cell
    pooled: Pooled

    @property
    def body(self) -> Body:
        return self.about.body


def scenes(asked: Asked) -> list[dict[str, Any]]:
    about = asked.about
    cells = tell_scenes(asked.body, asked.policy, about.scenes, asked.closeness)
    told = enough_or_none(list(cells.values()), asked.policy.portraits.min_brackets)
    peers = asked.pooled.grouped(list(places_of(about.scenes).values()), asked.closeness)
    ids = [(scene, SCENE_NAMES[scene]) for scene in cells]
    return _entries(asked, ids, told, peers)


def interests(asked: Asked) -> list[dict[str, Any]]:
    """Leading interests, of the scene alone where one is asked for."""
    about = asked.about
    cells = tell_interests(asked.body, asked.policy, about.scenes, asked.closeness)
    entries = _entries(asked, _categories(about), cells, asked.pooled.shares("interests", asked.closeness))
    pairs = zip(entries, about.scenes, strict=False)  # the cell of no interest has no name, and is no entry
    return [entry for entry, scene in pairs if scene and asked.scene in (None, scene)]


def hours(asked: Asked) -> dict[str, Any]:
    cells = [cell.out() for cell in tell_cells(asked.body, "hours", asked.policy, asked.closeness)]
    rows = [cells[at : at + len(HOURS)] for at in range(0, len(cells), len(HOURS))]
    return {"days": DAY_NAMES, "parts": list(HOURS), "cells": rows}


def spend(asked: Asked) -> list[dict[str, Any]]:
    names = [(str(band), name) for band, name in enumerate(band_names(asked.about.labels.bands))]
    entries = _entries(asked, names, *_told_and_peers(asked, "spend"))
    return [{"band": band} | entry for band, entry in enumerate(entries)]


def products(asked: Asked) -> list[dict[str, Any]]:
    entries = _entries(asked, _categories(asked.about), *_told_and_peers(asked, "goods"))
    return [entry for entry, scene in zip(entries, asked.about.scenes, strict=False) if scene]


def covisits(context: Context, asked: Asked) -> list[dict[str, Any]]:
    shops = named_shops(context, asked.about.labels.shops)
    ids = [(id_, public(shops[id_].name) if id_ in shops else None) for id_ in asked.about.labels.shops]
    entries = _entries(asked, ids, *_told_and_peers(asked, "shops"))
    return [entry for entry in entries if entry["name"] and entry["id"] != asked.about.merchant_id]


def circles(context: Context, asked: Asked, now: int) -> list[dict[str, Any]]:
    circles = named_circles(context, asked.about.labels.circles, now=now)
    ids = [(id_, _circle_name(circles, id_)) for id_ in asked.about.labels.circles]
    entries = _entries(asked, ids, *_told_and_peers(asked, "circles"))
    return [
        {
            "id": entry["id"], "name": entry["name"], "people": entry["people"], "overlap": entry["share"],
            "peer": entry["peer"], "index": entry["index"], "href": None,
        }
        for entry in entries
        if entry["name"]
    ]  # fmt: skip


def _circle_name(circles: Mapping[str, Circle], circle_id: str) -> Name | None:
    return public(circles[circle_id].name or circle_id) if circle_id in circles else None


def rising(asked: Asked) -> list[dict[str, Any]]:
    """What is expected of categories among all fans; nothing where none stands out.

    From noisy counts alone, so that it costs nothing; a change may be told where the number of buyers is not.
    """
    if asked.about.around is None:
        return []
    told = expected(asked.body, asked.about.around)
    cells = tell_rising(asked.body, asked.policy)
    rows = zip(_categories(asked.about), asked.about.scenes, cells, told, strict=True)
    named = [(id_, name, now, trend) for (id_, name), scene, now, trend in rows if scene and trend]
    if not any(is_foreseen(trend) for *_, trend in named):
        return []
    surest = sorted(named, key=lambda row: (-abs(row[3].probability - 0.5), row[0]))
    return [
        {
            "id": id_, "name": name, "now": now.out(),
            **{value: round(getattr(trend, value), 2) for value in ("change", "low", "high", "around")},
            "is_rising": round(trend.low, 2) > 0,
        }
        for id_, name, now, trend in surest
    ]  # fmt: skip


def _categories(about: Portrayed) -> list[tuple[str, Name | None]]:
    return [(category, public(category)) for category in about.labels.categories]


def _told_and_peers(asked: Asked, question: str) -> tuple[list[Cell], list[float | None]]:
    cells = tell_cells(asked.body, question, asked.policy, asked.closeness)
    return cells, asked.pooled.shares(question, asked.closeness)


def _entries(
    asked: Asked,
    names: Sequence[tuple[str, Name | None]],
    cells: Sequence[Cell],
    peers: Sequence[float | None],
) -> list[dict[str, Any]]:
    """One entry for each name; cells after the last name stand for "none of them" and are not told."""
    made = []
    for (id_, name), cell, peer in zip(names, cells, peers, strict=False):
        share = release_portion(cell, asked.whole, asked.policy.portraits.max_share)
        made.append(
            {
                "id": id_, "name": name, "people": cell.out(), "share": share.out(),
                "peer": peer, "index": index_of(share, peer),
            }
        )  # fmt: skip
    return made
