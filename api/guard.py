"""What happens before every request: the caller's key."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from api.actor import ACTOR, AT_A_TERMINAL, NOBODY, Actor
from api.auth import Caller, Role
from api.context import Context
from api.errors import Problem
from api.rates import Kind, place_of
from api.scopes import scope_of_route
from api.tokens import is_token

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Whoever watches the service must always hear from it; assets are small, many to a page, kept by browsers.
UNLIMITED = frozenset({"health", "assets"})

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
    app.before_request(_check_key)
    app.teardown_request(_leave)


def roles_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """Roles that an endpoint lets in; None when it needs no key."""
    roles: frozenset[Role] | None = getattr(app.view_functions[endpoint], "roles", frozenset())
    return roles


def scope_of(app: Flask, endpoint: str) -> str | None:
    """Scope that a narrowed key needs for an endpoint, such as `circles:read`; None where none is needed."""
    if roles_of(app, endpoint) is None:
        return None
    (rule, *_) = app.url_map.iter_rules(endpoint)
    return scope_of_route(endpoint.partition(".")[0], rule.rule, rule.methods or ())


def _check_key() -> None:
    ACTOR.set(Actor(NOBODY, request_id=g.request_id))
    if request.endpoint is None:
        return  # nothing lies there; routing says so
    roles = roles_of(current_app, request.endpoint)
    if roles is None:
        if request.blueprint not in UNLIMITED:
            spend(Kind.PUBLIC, place_of(request.remote_addr or ""))
        return
    found = _holder()
    if found is None:
        count_failure()
        raise Problem(
            401,
            "send `Authorization: Bearer` with a valid key, as `circles keys create` makes one, or with a "
            "member's token that has not ended",
            headers={"WWW-Authenticate": 'Bearer realm="circles"'},
        )
    if found.role not in roles:
        raise Problem(403, f"a key of role {found.role} may not do this; it takes {', '.join(sorted(roles))}")
    if found.scopes is not None and scope_of(current_app, request.endpoint) not in found.scopes:
        needed, given = scope_of(current_app, request.endpoint), ", ".join(sorted(found.scopes))
        raise Problem(403, f"this asks for the scope {needed}; the key has {given}")
    if request.method not in SAFE:
        spend(Kind.WRITES, found.owner)
    g.caller = found
    member = found.subject if found.role is Role.MEMBER else None
    ACTOR.set(Actor(found.key_id, found.role.value, g.request_id, member))


def spend(kind: Kind, who: str) -> None:
    """Count a request. Raises Problem when there were too many."""
    rates = context().rates
    exceeded = rates.spend(kind, who) if rates is not None else None
    if exceeded is not None:
        raise Problem(
            429,
            f"{exceeded.kind}: more than {exceeded.amount} in {exceeded.window_s} seconds; try again in "
            f"{exceeded.retry_after_s} s",
            headers=exceeded.headers(),
        )


def count_failure() -> None:
    """Count a missing or wrong key. Raises Problem when there were too many from one address."""
    spend(Kind.FAILURES, place_of(request.remote_addr or ""))


def _holder() -> Caller | None:
    """Whose key or token came with the request; None without a valid one."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    wired, key = context(), given.strip()
    if wired.tokens is not None and is_token(key):
        return wired.tokens.check(key, now=wired.now())
    return wired.keys.check(key, now=wired.now())


def _leave(error: BaseException | None) -> None:
    ACTOR.set(AT_A_TERMINAL)
