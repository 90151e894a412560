"""`/v1/circles` for those who run them, and `/v1/themes:preview`."""

import re
from typing import Any

from flask import Response

from api import idempotency
from api.auth import Role
from api.errors import Problem
from api.guard import allow, caller, context, owner
from api.routes.shared import BASE, answer, blueprint, problems
from api.schemas.general import CirclePath
from api.schemas.own_circles import (
    CircleBody,
    CircleDetailOut,
    CircleEditBody,
    OwnCircleOut,
    OwnCirclesOut,
    OwnCirclesQuery,
    RevisionHead,
)
from api.schemas.themes import ThemeBody, ThemePreviewOut
from api.services import alarms, catalogue, own_circles, themes
from graph.errors import KeyReused

api = blueprint("own circles", "Circles as merchants run them")

_ETAG = re.compile(r'"(\d{1,12})"')


@api.post("/themes:preview", responses={200: ThemePreviewOut, **problems(400, 413, 415, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def preview(body: ThemeBody) -> Response:
    """What a theme means in the data: what it includes, what it leaves out, about how many people.

    Keeps nothing of the theme. The band of people carries noise and costs a little of an owner's budget, once
    a theme and week; `people` is null when that is spent.
    """
    wired = context()
    return answer(themes.preview(wired, body.theme(), now=wired.now(), owner=owner()))


@api.post("/circles", responses={201: OwnCircleOut, **problems(400, 409, 413, 415, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def create(body: CircleBody) -> Response:
    """Make a circle; it waits before it is recommended. Its theme must match something.

    A rule by sex, looks, credit, income, spending or age, and a topic that no circle may be about, are 422
    with the reason. The same `Idempotency-Key` and body answer with the circle that they made.
    """
    wired, subject = context(), owner()
    runs = _owner(subject, body.owner_id)
    key = idempotency.key()
    made = own_circles.create(wired, runs, body.wish(), circle_id=body.circle_id, key=key, now=wired.now())
    if made is None and body.circle_id is None:
        raise KeyReused("this Idempotency-Key made another circle; send a new one")
    if made is None:
        raise Problem(409, "circle_id is taken; choose another, or leave it out", code="circle_id_taken")
    return _shown(made, 201, {"Location": f"{BASE}/circles/{made['circle_id']}"})


@api.get("/circles", responses={200: OwnCirclesOut, **problems(422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def list_(query: OwnCirclesQuery) -> Response:
    """Circles that this key may act on, oldest first; for the operator also those with a take-over alarm."""
    wired = context()
    if not query.alarm:
        found = own_circles.listed(wired, owner(), now=wired.now(), limit=query.limit, cursor=query.cursor)
        return answer(found)
    if owner() is not None:
        raise Problem(403, "alarms are for a key of role operator")
    return answer({"items": alarms.alarms(wired, now=wired.now())[: wired.policy.checked_limit(query.limit)]})


@api.get("/circles/<circle_id>", responses={200: CircleDetailOut, **problems(404, 503)})
@allow(Role.SERVICE, Role.MEMBER, Role.MERCHANT, Role.OPERATOR, Role.SCIENTIST)
def describe(path: CirclePath) -> Response:
    """What a circle is about; a merchant's key sees the circles that this merchant runs.

    Members are told in steps (20, 50, 100, 200, 500, ...), and hidden below the smallest group. Its owner
    and the operator also see how it stands (`owner`), with the revision as `ETag`.
    """
    wired = context()
    if caller().role not in (Role.MERCHANT, Role.OPERATOR):
        return answer(catalogue.describe(wired, path.circle_id))
    found = own_circles.view(wired, owner(), path.circle_id, now=wired.now())
    return answer(found, 200, etag(found))


@api.patch(
    "/circles/<circle_id>", responses={200: OwnCircleOut, **problems(400, 404, 412, 413, 415, 422, 428, 503)}
)
@allow(Role.MERCHANT, Role.OPERATOR)
def edit(path: CirclePath, header: RevisionHead, body: CircleEditBody) -> Response:
    """Change a circle. `If-Match` names the `ETag` it is made from: of two changes at once, one is 412."""
    wired = context()
    if header.if_match is None:
        own_circles.view(wired, owner(), path.circle_id, now=wired.now())  # what is not theirs is 404 first
        raise Problem(428, "send `If-Match` with the ETag of the circle that you changed")
    changed = own_circles.edit(
        wired, owner(), path.circle_id, body.wish(), revision=_revision(header.if_match), now=wired.now()
    )
    return _shown(_or_stale(changed))


@api.delete("/circles/<circle_id>", responses={200: OwnCircleOut, **problems(404, 412, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def close(path: CirclePath, header: RevisionHead) -> Response:
    """Close a circle for good: nobody is shown it, joins or is invited. Repeating it changes nothing."""
    wired = context()
    revision = None if header.if_match is None else _revision(header.if_match)
    closed = own_circles.close(wired, owner(), path.circle_id, revision=revision, now=wired.now())
    return _shown(_or_stale(closed))


def etag(shown: dict[str, Any]) -> dict[str, str]:
    """The header that names the revision of an owner's view."""
    return {"ETag": f'"{shown["owner"]["revision"]}"'}


def _shown(value: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return answer(value, status, etag(value) | (headers or {}))


def _owner(subject: str | None, named: str | None) -> str:
    if subject is None:
        return own_circles.operators_owner(context(), named)
    if named not in (None, subject):
        raise Problem(422, "owner_id is not the merchant of this key; leave it out")
    return subject


def _revision(text: str) -> int:
    """The revision that an `If-Match` names; -1, which none has, for an ETag that is not ours."""
    found = _ETAG.fullmatch(text.strip())
    return int(found[1]) if found else -1


def _or_stale(value: dict[str, Any] | None) -> dict[str, Any]:
    if value is None:
        raise Problem(412, "the circle was changed since; read it again and repeat the change")
    return value
