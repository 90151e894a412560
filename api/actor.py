"""Who acts: set at the door of a request or of a command, read where a deed is written down.

A context variable, so that services need not pass it on; every request sets it anew before anything else.
"""

from contextvars import ContextVar
from dataclasses import dataclass

NOBODY = "nobody"
COMMAND_LINE = "command line"


@dataclass(frozen=True)
class Actor:
    """`who`: id of a key, or one of the words here. `member`: pseudonym, when it is a person who acts."""

    who: str
    role: str | None = None
    request_id: str | None = None
    member: str | None = None


AT_A_TERMINAL = Actor(COMMAND_LINE)
ACTOR: ContextVar[Actor] = ContextVar("actor", default=AT_A_TERMINAL)
