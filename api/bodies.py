"""Bodies of requests, against those who send them slowly, half, or packed.

granian hands a request to one of a few threads as soon as its head is there, and the thread waits for the
body for as long as that takes (emmett-framework/granian issue 728: no timeout). Whoever opens a handful of
requests and sends half of each would stop everybody. So only some of the threads may wait for bodies, and the
others answer; a proxy that reads whole requests first keeps such clients away (see `api/README.md`).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge

from api.errors import Problem

WAITING = 2  # threads of a worker's four that may wait for bodies at the same time
# Bodies that are there are read in microseconds: more than two at once is chance, and over at once.
PATIENCE_S = 0.05

_places = threading.BoundedSemaphore(WAITING)


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class WaitedFor:
    """The body of one request, up to a limit; whoever reads takes a place among those who wait."""

    def __init__(self, body: Readable, limit: int) -> None:
        self._body = body
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        """
        Raises:
            Problem: too many wait for bodies already. RequestEntityTooLarge: there is more than the limit.
        """
        with _place():
            found = self._body.read(size)
            self._left -= len(found)
            # Werkzeug stops at the limit of a body without a length, and takes that for all there is.
            if self._left < 0 or (self._left == 0 and found and self._body.read(1)):
                raise RequestEntityTooLarge
        return found


def init_app(app: Flask) -> None:
    app.before_request(_refuse_packed)


def watch(environ: dict[str, Any], limit: int) -> None:
    """Have the body of a request waited for in bounds, and refused when it is cut short or too long.

    Args:
        limit: bytes.
    """
    length = environ.get("CONTENT_LENGTH")
    if length in (None, "", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
        return
    environ["wsgi.input"] = WaitedFor(environ["wsgi.input"], limit)
    if length:
        # Then Werkzeug counts, and a connection that ends early is no shorter batch but a 400.
        environ.pop("wsgi.input_terminated", None)


def _refuse_packed() -> None:
    """A body that unpacks to a thousand times its size is not read, and no other packed one either."""
    given = request.environ.get("HTTP_CONTENT_ENCODING", "")
    if given and given.lower() != "identity":
        raise Problem(415, "the body has a Content-Encoding; send it as it is, up to 2 MB")


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=PATIENCE_S):
        raise Problem(
            503,
            "too many requests whose bodies do not arrive; nothing was kept, send it again",
            code="busy",
        )
    try:
        yield
    finally:
        _places.release()
