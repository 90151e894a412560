"""What happens before and after every request: its id, the caller's key, security headers, one log line."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from flask import Flask, Response, current_app, g, request

from api.auth import Caller, Role
from api.context import Context
from api.errors import Problem

log = logging.getLogger("api.requests")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
EVERYBODY: frozenset[Role] = frozenset(Role)

View = TypeVar("View", bound=Callable[..., Any])


def allow(*roles: Role) -> Callable[[View], View]:
    """Say which keys a route lets in; without arguments it needs none. A route that says nothing is shut."""

    def mark(view: View) -> View:
        view.roles = frozenset(roles) or None  # type: ignore[attr-defined]
        return view

    return mark


def context() -> Context:
    """The context of the application that answers."""
    wired = current_app.extensions["circles"]
    assert isinstance(wired, Context)
    return wired


def caller() -> Caller:
    """Who asks; only on routes that need a key."""
    assert isinstance(g.caller, Caller)
    return g.caller


def owner() -> str | None:
    """The merchant whose key it is; None for the operator, who may act on every circle."""
    return caller().subject if caller().role is Role.MERCHANT else None


def person(user_id: str) -> str:
    """The pseudonym of an account that the caller named, if the caller may ask about it.

    Raises:
        NotFound: a member asks about somebody else.
    """
    pseudonym = context().pseudonyms.of(user_id)
    caller().require_user(pseudonym)
    return pseudonym


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.before_request(_check_key)
    app.after_request(_end)


def roles_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """Roles that an endpoint lets in; None when it needs no key."""
    roles: frozenset[Role] | None = getattr(app.view_functions[endpoint], "roles", frozenset())
    return roles


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _check_key() -> None:
    if request.endpoint is None:
        return  # nothing lies there; routing says so
    roles = roles_of(current_app, request.endpoint)
    if roles is None:
        return
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    found = context().keys.check(key.strip(), now=context().now()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Problem(
            401,
            "send `Authorization: Bearer <key>` with a valid key; `circles keys create` makes one",
            headers={"WWW-Authenticate": 'Bearer realm="circles"'},
        )
    if found.role not in roles:
        raise Problem(403, f"a key of role {found.role} may not do this; it takes {', '.join(sorted(roles))}")
    g.caller = found


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", NO_PAGE)
    response.headers.setdefault("Cache-Control", "no-store")
    if log.isEnabledFor(logging.INFO):
        log.info(_line(response))
    return response


def _line(response: Response) -> str:
    """One log line as JSON; the route's pattern, never its ids."""
    line = {
        "request_id": g.request_id,
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else "-",
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.started) * 1000, 2),
    }
    return orjson.dumps(line).decode()
