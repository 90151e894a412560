"""Changes that hold only for what the caller saw: ETags of values, and one change at a time."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import orjson

from graph.errors import StoreConflict
from graph.home import Home

ANY = "*"
PATIENCE_S = 5.0  # a change waits this long for another one that is being written


class Stale(Exception):
    """It was changed since it was seen, or is there already."""


def etag_of(value: Any) -> str:
    """The ETag of what can be read: another one after every change of it."""
    packed = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return f'"{hashlib.sha256(packed).hexdigest()[:20]}"'


def matches(if_match: str, etag: str) -> bool:
    """Whether an `If-Match` names this ETag; `*` names any."""
    return if_match.strip() in (ANY, etag)


@contextmanager
def alone(home: Home, name: str) -> Iterator[None]:
    """One change of a kind at a time over all workers: what is read, compared and written is one thing.

    Raises:
        StoreConflict: another one takes too long.
    """
    until = time.monotonic() + PATIENCE_S
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(home.lock(name))
                break
            except StoreConflict:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
        yield
