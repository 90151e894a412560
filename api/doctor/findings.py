"""What a check says: how things stand, and what to do where they do not."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from graph.errors import CirclesError

log = logging.getLogger(__name__)


class Level(StrEnum):
    """OK; NOTE: worth knowing, nothing fails; WRONG: something fails, or will."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor.

    what: the part of things. says: how it stands. todo: what to do. mend: does it, where that is safe;
    returns what it did.
    """

    level: Level
    what: str
    says: str
    todo: str = ""
    mend: Callable[[], str] | None = field(default=None, compare=False)

    def as_dict(self) -> dict[str, Any]:
        shown = {name: value for name, value in asdict(self).items() if name != "mend"}
        return shown | {"can_be_mended": self.mend is not None}


Check = Callable[[], Iterator[Finding]]


def ok(what: str, says: str) -> Finding:
    return Finding(Level.OK, what, says)


def note(what: str, says: str, todo: str = "", mend: Callable[[], str] | None = None) -> Finding:
    return Finding(Level.NOTE, what, says, todo, mend)


def wrong(what: str, says: str, todo: str = "", mend: Callable[[], str] | None = None) -> Finding:
    return Finding(Level.WRONG, what, says, todo, mend)


def look(what: str, check: Check) -> list[Finding]:
    """All that a check finds; whatever stops it is a finding too, so that the other checks go on."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except CirclesError as error:
        found.append(wrong(what, str(error)))
    except Exception as error:
        log.debug("the check of %s failed", what, exc_info=True)
        found.append(wrong(what, f"cannot be looked at: {type(error).__name__}: {error}"))
    return found
