"""Circles as owners change them, as rows: what is checked and what differs; for every store."""

import json
from dataclasses import fields
from typing import Any

from graph.errors import InputError
from graph.schema import SCENES, CircleState
from graph.stores.circle_life import CircleEdit, NewCircle
from graph.stores.node_rows import check_ids

CLOSED, QUARANTINED, OPEN = CircleState.CLOSED.value, CircleState.QUARANTINED.value, CircleState.OPEN.value


def check_new(new: NewCircle) -> None:
    """Raises InputError for an id or a scene that cannot be."""
    check_ids("circle", [new.circle_id])
    check_ids("merchant", [new.owner_id])
    _check_scene(new.scene)


def changed_values(edit: CircleEdit) -> dict[str, Any]:
    """The properties that an edit names, as they are stored; the theme stands apart."""
    _check_scene(edit.scene)
    given = {field.name: getattr(edit, field.name) for field in fields(edit) if field.name != "theme"}
    if edit.words is not None:
        given["words"] = words_text(edit.words)
    return {name: value for name, value in given.items() if value is not None}


def words_text(words: tuple[str, ...]) -> str:
    """Words as one JSON text."""
    return json.dumps(list(words), ensure_ascii=False)


def _check_scene(scene: str | None) -> None:
    if scene is not None and scene not in SCENES:
        raise InputError(f"circle scene is {scene!r}; expected one of {', '.join(SCENES)}")
