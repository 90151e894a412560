"""Circles like a circle: the same members, the same theme, near each other in the published version.

Everybody who may see the answer sees only what is told of each part: shares in coarse steps. The order comes
from these alone, so that it says nothing finer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from api.context import Context
from api.services.flows import consenting
from api.services.likeness import behaviour_likeness, theme_likeness
from api.services.owners import owned
from api.services.shelf import may_be_shown
from api.services.walls import is_walled
from api.versions import Served
from graph.policy.disclosure import SHARE_STEPS, Cell, DisclosureRules, release_share
from graph.policy.flows import members_at
from graph.policy.months import bounds, newest_ended
from graph.stores.base import Circle

NUM_LOOKED_AT = 50  # nearest by theme and version, whose members are compared; more cost a read each


@dataclass(frozen=True)
class _Near:
    """What is public of another circle: likeness of theme and of vectors, each in steps, None unknown."""

    circle: Circle
    theme: float
    behaviour: float | None

    @property
    def rank(self) -> tuple[float, int]:
        return -(self.theme + (self.behaviour or 0.0)), self.circle.index


def related(
    context: Context, owner: str | None, circle_id: str, *, limit: int | None, now: int
) -> dict[str, Any]:
    """Circles like one, the most alike first.

    Args:
        owner: the merchant who asks; None: the operator.

    Raises:
        NotFound: the circle is unknown or another merchant's. InputError: the limit is over the maximum.
        NoPublishedVersion: there is none to compare in.
    """
    limit = context.policy.checked_limit(limit)
    circle, served = owned(context, owner, circle_id), context.versions.current()
    shelf = context.shelves.live(served, context.store.get(), context.policy, now)
    shown = [other for other in shelf.by_index.values() if may_be_shown(other, context.policy, now)]
    near = sorted(_near(served, shown, circle), key=lambda found: found.rank)[:NUM_LOOKED_AT]
    near = [found for found in near if not is_walled(context, found.circle)]
    shares = _shares(context, circle, [found.circle.index for found in near], now)
    items = [_item(found, cell) for found, cell in zip(near, shares, strict=True)]
    items = [item for item in items if item["score"] > 0]
    items.sort(key=lambda item: (-item["score"], item["circle_id"]))
    return {"circle_id": circle_id, "version": served.version.name, "items": items[:limit]}


def _near(served: Served, others: Sequence[Circle], circle: Circle) -> list[_Near]:
    """A theme is as it is now, or as the version has it in categories, whichever is nearer."""
    behaviour = behaviour_likeness(served, circle.index)
    published, own = theme_likeness(served, circle.index), _theme(circle)
    return [
        _Near(
            other,
            _in_steps(max(_cosine(own, _theme(other)), published.get(other.index, 0.0))),
            _in_steps(behaviour[other.index]) if other.index in behaviour else None,
        )
        for other in others
        if other.index != circle.index
    ]


def _shares(context: Context, circle: Circle, others: Sequence[int], now: int) -> list[Cell]:
    """Of this circle's members, the share that each other circle has too; as the newest month ended."""
    rules, (_, moment) = context.policy.disclosure, bounds(newest_ended(now))
    columns = consenting(context.store.get(), [circle.index, *others])

    def members(index: int) -> npt.NDArray[np.int64]:
        rows = columns["circle"] == index
        return members_at({name: values[rows] for name, values in columns.items()}, moment)

    own = members(circle.index)
    return [_share(own, members(other), rules) for other in others]


def _share(own: npt.NDArray[np.int64], other: npt.NDArray[np.int64], rules: DisclosureRules) -> Cell:
    """Hidden where either circle is small: a share of a small one tells of its few members."""
    if len(other) < rules.min_group_size:
        return release_share(0, 0, rules)
    return release_share(len(np.intersect1d(own, other, assume_unique=True)), len(own), rules)


def _item(near: _Near, share: Cell) -> dict[str, Any]:
    parts = [near.theme, near.behaviour, share.v]
    known = [float(part) for part in parts if part is not None]
    item = {
        "circle_id": near.circle.circle_id,
        "name": near.circle.name,
        "scene": near.circle.scene,
        "score": round(sum(known) / len(known), 3),
        "members": share.out(),
        "theme": near.theme,
    }
    return item if near.behaviour is None else item | {"behaviour": near.behaviour}


def _theme(circle: Circle) -> Mapping[tuple[str, str], float]:
    return {(target.kind, target.target_id): target.weight for target in circle.theme}


def _cosine(one: Mapping[tuple[str, str], float], other: Mapping[tuple[str, str], float]) -> float:
    dot = sum(weight * other.get(target, 0.0) for target, weight in one.items())
    if dot <= 0:
        return 0.0
    lengths = (sum(weight * weight for weight in theme.values()) for theme in (one, other))
    return float(dot / np.sqrt(np.prod(list(lengths))))


def _in_steps(value: float) -> float:
    """A likeness from 0 to 1 in five steps, each by its lower edge; nearly 1 is 1."""
    return 1.0 if value > 1 - 1e-6 else int(max(value, 0.0) * SHARE_STEPS) / SHARE_STEPS
