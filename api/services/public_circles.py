"""Circles that owners may hear of beside their own fans: recommended ones, of nothing risky or sensitive.

Kept for a worker and read again when any circle changed. What was found out about the others then stays: of
137 circles with 104,120 targets it takes 1.4 s.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.services.shelf import is_out, is_risky
from graph.policy.scenes import scene_of
from graph.schema import THEME_KINDS
from graph.stores.base import Circle, GraphStore

if TYPE_CHECKING:
    from api.context import Context

JUDGED_S = 3600  # after which what was found out is found out again: shops and products change too
Subjects = tuple[str | None, frozenset[str]]  # scene and categories that a circle is about


@dataclass
class _Kept:
    """Circles of one store at one moment; `barred` and `subjects` fill as they are asked for.

    since: since when they fill, epoch seconds. barred: circle id -> whether it is about something that no
    other owner may hear of.
    """

    mark: tuple[str | None, int]
    circles: dict[str, Circle]
    since: int
    barred: dict[str, bool] = field(default_factory=dict)
    subjects: dict[str, Subjects] = field(default_factory=dict)


class PublicCircles:
    """The circles of a store by id, as they are now."""

    def __init__(self) -> None:
        self._kept: _Kept | None = None

    def all(self, context: "Context") -> Mapping[str, Circle]:
        """Every circle, also those that may not be named."""
        return self._live(context).circles

    def named(self, context: "Context", circle_ids: Iterable[str], *, now: int) -> dict[str, Circle]:
        """Those of these that may be named: none that is unknown, waits, is kept apart, closed or barred."""
        kept = self._live(context)
        found = ((id_, kept.circles.get(id_)) for id_ in circle_ids)
        return {
            id_: circle
            for id_, circle in found
            if circle is not None
            and is_out(circle, context.policy, now)
            and not _is_barred(context, kept, circle)
        }

    def subjects(self, context: "Context", circle: Circle) -> Subjects:
        """The scene of a circle, and all categories of its theme: its own, and those of what it names."""
        kept = self._live(context).subjects
        if circle.circle_id not in kept:
            kept[circle.circle_id] = _subjects(context, circle)
        return kept[circle.circle_id]

    def _live(self, context: "Context") -> _Kept:
        store: GraphStore = context.store.get()
        mark = (
            context.store.identity(),
            store.circles_seq(),
        )  # before the circles, so that no change is missed
        kept = self._kept
        if kept is None or kept.mark != mark:
            circles = {circle.circle_id: circle for circle in store.circles()}
            self._kept = kept = _renewed(kept, mark, circles, context.now())
        return kept


def _renewed(
    earlier: _Kept | None, mark: tuple[str | None, int], circles: dict[str, Circle], now: int
) -> _Kept:
    """Circles as they are now, with what is still known of those that are about the same."""
    if earlier is None or earlier.mark[0] != mark[0] or not 0 <= now - earlier.since < JUDGED_S:
        return _Kept(mark, circles, now)
    same = {
        id_
        for id_, circle in circles.items()
        if id_ in earlier.circles and _about(circle) == _about(earlier.circles[id_])
    }
    barred = {id_: value for id_, value in earlier.barred.items() if id_ in same}
    subjects = {id_: value for id_, value in earlier.subjects.items() if id_ in same}
    return _Kept(mark, circles, earlier.since, barred, subjects)


def _about(circle: Circle) -> tuple[object, ...]:
    """All of a circle that decides what it is about."""
    return circle.name, circle.description, circle.words, circle.scene, circle.theme


def _is_barred(context: "Context", kept: _Kept, circle: Circle) -> bool:
    from api.services.walls import is_walled  # it imports the context, which holds what is kept here

    if circle.circle_id not in kept.barred:
        barred = is_risky(circle, context.policy) or is_walled(context, circle)
        kept.barred[circle.circle_id] = barred
    return kept.barred[circle.circle_id]


def _subjects(context: "Context", circle: Circle) -> Subjects:
    ids: dict[str, list[str]] = {kind: [] for kind in THEME_KINDS}
    for target in circle.theme:
        ids[target.kind].append(target.target_id)
    categories = set(ids["category"])
    for kind, label in (("merchant", "Merchant"), ("product", "Product")):
        if ids[kind]:
            found = context.store.get().describe(label, ids[kind])["category"]
            categories |= {category for category in found if category}
    scenes = [scene for scene in (circle.scene, *ids["scene"]) if scene]
    if not scenes:  # of most of its categories, the first of the alphabet where several are of as many
        named = sorted(scene for name in categories if (scene := scene_of(context.policy, name)))
        scenes = sorted(named, key=lambda scene: -named.count(scene))
    return (scenes[0] if scenes else None), frozenset(categories)
