"""What people can decide, and what is refused; for every store."""

from graph.errors import InputError
from graph.schema import Purpose

EVENT_KINDS = ("exposure", "click", "join", "leave", "dismiss", "report")
DECISIONS = ("join", "leave", "dismiss")
_PURPOSES = frozenset(purpose.value for purpose in Purpose)


def purpose_of(value: str) -> str:
    if value not in _PURPOSES:
        raise InputError(f"purpose is {value!r}; expected one of {', '.join(Purpose)}")
    return str(value)
