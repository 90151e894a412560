"""Around every request: its id, its count, its log line."""

import logging
import os
import re
import secrets
import time
from typing import Any

from flask import Flask, Response, g, request

from api.auth import Role
from api.observe import metrics, seen

log = logging.getLogger("api.requests")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
NOWHERE = "-"  # the route of what lies nowhere


def init_app(app: Flask) -> None:
    """Watch every request; register it before all that may refuse one."""
    app.before_request(_begin)
    app.after_request(_name)
    app.teardown_request(_end)


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.seen = seen.begin(g.request_id)
    metrics.instruments().in_flight.inc()


def _name(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    g.status = response.status_code
    return response


def _end(_: BaseException | None) -> None:
    """Runs whatever became of the request, so that every one is counted, and once."""
    if "started" not in g:
        return
    seconds = time.perf_counter() - g.started
    route = request.url_rule.rule if request.url_rule else NOWHERE
    status = g.get("status", 500)
    counted = metrics.instruments()
    counted.in_flight.dec()
    counted.request(route, request.method, status, seconds)
    if log.isEnabledFor(logging.INFO):
        log.info("answered", extra={"told": _told(route, status, seconds)})
    seen.end()


def _told(route: str, status: int, seconds: float) -> dict[str, Any]:
    """What a log line says of a request; the route's pattern, never its ids."""
    method = request.method if request.method in metrics.METHODS else "other"
    told: dict[str, Any] = {
        "request_id": g.request_id,
        "method": method,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 2),
        "pid": os.getpid(),
    }
    caller = g.get("caller")
    if caller is not None:
        told["role"] = caller.role
        if caller.role is not Role.MEMBER:  # theirs would tell which lines are of one person
            told["key_id"] = caller.key_id
    if g.seen.version is not None:
        told["version"], told["degraded"] = g.seen.version, g.seen.degraded
    return told
