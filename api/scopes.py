"""Scopes narrow a key below its role: `<area>:read` or `<area>:write`, such as `circles:read`.

An area is the stable name of a group of routes. Reading is GET, HEAD, and whatever only looks ahead
(`:preview`); all else is writing, and who may write may not thereby read. A key without scopes may do what
its role may.
"""

from collections.abc import Iterable

from graph.errors import InputError

READ, WRITE = "read", "write"
# blueprint -> area, where the two differ; scopes are kept in keys and must outlive a blueprint's name
AREA_OF_BLUEPRINT = {
    "own circles": "circles",
    "circles without a page": "circles",
    "between circles": "circle-links",
    "messages between circles": "relays",
    "operation": "metrics",
}
AREAS = (
    "audiences",
    "catalogue",
    "circle-links",
    "circles",
    "events",
    "invitations",
    "jobs",
    "links",
    "merchants",
    "metrics",
    "models",
    "moderation",
    "payments",
    "recommendations",
    "relays",
    "users",
)
SCOPES = tuple(f"{area}:{deed}" for area in AREAS for deed in (READ, WRITE))
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def scope_of_route(blueprint: str, rule: str, methods: Iterable[str]) -> str:
    """The scope that a route asks for, such as `circles:read`."""
    area = AREA_OF_BLUEPRINT.get(blueprint, blueprint)
    reads = rule.endswith(":preview") or _READING.issuperset(methods)
    return f"{area}:{READ if reads else WRITE}"


def checked_scopes(given: Iterable[str]) -> tuple[str, ...]:
    """Scopes in order, each once.

    Raises:
        InputError: one is not known.
    """
    wanted = set(given)
    for scope in sorted(wanted - set(SCOPES)):
        raise InputError(f"scope is {scope!r}; known are {', '.join(SCOPES)}")
    return tuple(sorted(wanted))
