"""What people can decide, and what is refused; for every store."""

from typing import TypeAlias

from graph.errors import InputError
from graph.schema import DOORS, Purpose

# event_id, kind, user, circle, rec_id, at, position
EventRow: TypeAlias = tuple[str, str, int, int | None, str | None, int, int | None]

EVENT_KINDS = ("exposure", "click", "join", "leave", "dismiss", "report")
DECISIONS = ("join", "leave", "dismiss")
_PURPOSES = frozenset(purpose.value for purpose in Purpose)


def purpose_of(value: str) -> str:
    if value not in _PURPOSES:
        raise InputError(f"purpose is {value!r}; expected one of {', '.join(Purpose)}")
    return str(value)


def door_of(value: str | None) -> str | None:
    if value is not None and value not in DOORS:
        raise InputError(f"door is {value!r}; expected one of {', '.join(DOORS)}")
    return value


def check_event(row: EventRow) -> None:
    """Raises InputError for a kind that there is not, or one that needs a circle."""
    _, kind, _, circle, *_ = row
    if kind not in EVENT_KINDS:
        raise InputError(f"event kind is {kind!r}; expected one of {', '.join(EVENT_KINDS)}")
    if circle is None and kind in DECISIONS:
        raise InputError(f"an event of kind {kind!r} needs a circle")
