"""Nodes as rows: what properties they have, what is refused, and how they are shown; for every store."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from sys import intern
from typing import Any

from graph.errors import InputError
from graph.schema import SCENES, THEME_KINDS, CircleState
from graph.stores.base import Circle, Columns, ThemeTarget

PROPERTIES = {
    "user": ("verified", "adult", "city"),
    "merchant": ("name", "kind", "category", "scene", "city", "sensitive"),
    "product": ("name", "category", "merchant_id", "sensitive"),
    "circle": ("name", "description", "owner_id", "scene", "created_at", "state"),
}
MERCHANT_NAMED_BY = {"product": "merchant_id", "circle": "owner_id"}
BOOLEANS = ("verified", "adult", "sensitive")


def merged(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """One row for each id, the last known value of each property."""
    row_of: dict[Any, tuple[Any, ...]] = {}
    for row in rows:
        if (known := row_of.get(row[0])) is not None:
            row = tuple(old if new is None else new for old, new in zip(known, row, strict=True))
        row_of[row[0]] = row
    return list(row_of.values())


def check_ids(table: str, ids: Sequence[Any]) -> None:
    if not all(issubclass(kind, str) for kind in set(map(type, ids))) or "" in ids:
        raise InputError(f"an id of a {table} is empty or not text")


def refuse_unknown(columns: Columns, table: str) -> None:
    for name in columns:
        if name != "id" and name not in PROPERTIES[table]:
            raise InputError(f"a {table} has no {name!r}; it has id, {', '.join(PROPERTIES[table])}")


def check_states(states: Iterable[str | None]) -> None:
    for state in set(states) - {None, *CircleState}:
        raise InputError(f"circle state is {state!r}; expected one of {', '.join(CircleState)}")


def shown(table: str, rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    names = ("index", "id", *PROPERTIES[table])
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    shown = {name: list(values) for name, values in zip(names, columns, strict=True)}
    for name in shown.keys() & set(BOOLEANS):
        shown[name] = [None if value is None else bool(value) for value in shown[name]]
    return shown


def theme_rows(targets: Sequence[ThemeTarget]) -> list[tuple[str, str, float]]:
    """Targets in the order of the store; of two alike the last one holds."""
    for target in targets:
        if target.kind not in THEME_KINDS or (target.kind == "scene" and target.target_id not in SCENES):
            raise InputError(f"theme target {target.kind} {target.target_id!r} is of no known kind or scene")
        if not (math.isfinite(target.weight) and target.weight > 0):
            raise InputError(f"theme target {target.target_id!r}: weight is {target.weight}; expected > 0")
    by_target = {(target.kind, target.target_id): float(target.weight) for target in targets}
    return sorted((kind, target_id, weight) for (kind, target_id), weight in by_target.items())


def grouped(rows: Iterable[tuple[int, str, str, float]]) -> dict[int, tuple[ThemeTarget, ...]]:
    groups: dict[int, list[ThemeTarget]] = defaultdict(list)
    same: dict[float, float] = {}  # a hundred thousand targets have few weights: each is held once
    for circle, kind, target_id, weight in rows:
        groups[circle].append(ThemeTarget(intern(kind), target_id, same.setdefault(weight, weight)))
    return {circle: tuple(targets) for circle, targets in groups.items()}


def circle_of(
    row: tuple[Any, ...], themes: Mapping[int, tuple[ThemeTarget, ...]], num_members: Mapping[int, int]
) -> Circle:
    index, circle_id, name, description, owner_id, scene, created_at, state, revision, eligibility, words = (
        row
    )
    return Circle(
        index=index,
        circle_id=circle_id,
        name=name,
        description=description,
        owner_id=owner_id,
        scene=scene,
        created_at=created_at,
        state=state,
        theme=themes.get(index, ()),
        num_members=num_members.get(index, 0),
        revision=revision or 0,
        eligibility=eligibility,
        words=tuple(json.loads(words)) if words else (),
    )
