"""What is known of the request that is being answered, for whoever counts it or writes a log line about it.

One small object a request in a context variable: services and jobs can read the request's id without Flask.
"""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Seen:
    """One request: its id, and what its answer turned out to be."""

    request_id: str
    degraded: bool = False
    version: str | None = None


_NOTHING = Seen("")
_current: ContextVar[Seen] = ContextVar("seen", default=_NOTHING)


def begin(request_id: str) -> Seen:
    """From now on this thread answers another request."""
    seen = Seen(request_id)
    _current.set(seen)
    return seen


def end() -> None:
    """This thread answers nobody."""
    _current.set(_NOTHING)


def request_id() -> str:
    """The id of the request that is being answered; empty outside of one."""
    return _current.get().request_id


def answered(version: str, *, degraded: bool) -> None:
    """Note from which version the answer came, and whether the store was away."""
    seen = _current.get()
    if seen is not _NOTHING:
        seen.version, seen.degraded = version, degraded
