"""`/v1/circle-links`, and what an owner learns of other circles: related, flows, health."""

from flask import Response

from api import idempotency
from api.auth import Role
from api.errors import field_problem
from api.guard import allow, caller, context, owner
from api.routes.downloads import asked_form, told
from api.routes.shared import BASE, answer, blueprint, problems
from api.schemas.between import (
    CircleHealthOut,
    CircleLinkBody,
    CircleLinkOut,
    CircleLinkPath,
    CircleLinksOut,
    CircleLinksQuery,
    FlowsOut,
    FlowsQuery,
    HealthQuery,
    LimitQuery,
    RelatedOut,
)
from api.schemas.general import CirclePath
from api.services import circle_health, circle_links
from api.services import flows as flows_service
from api.services import related as related_service

api = blueprint("between circles", "Links between circles, flows, related circles and a circle's health")
WRITING = problems(400, 403, 404, 409, 413, 415, 422, 503)


def merchant() -> str:
    """The merchant whose key it is; for routes that let nobody else in."""
    subject = caller().subject
    assert subject is not None
    return subject


@api.post("/circle-links", responses={201: CircleLinkOut, **WRITING})
@allow(Role.MERCHANT)
def propose(body: CircleLinkBody) -> Response:
    """Propose that messages of `from` reach the members of `to`; one of the two is the caller's.

    The link opens when the owner of the other circle accepts it. Proposing what the other owner proposed, in
    the same words, accepts it; other words are a 409.
    """
    wired = context()
    made = circle_links.propose(
        wired,
        merchant(),
        body.source,
        body.target,
        body.topics,
        body.rate,
        now=wired.now(),
        token=idempotency.token(),
    )
    return answer(made, 201, {"Location": f"{BASE}/circle-links/{made['link_id']}"})


@api.get("/circle-links", responses={200: CircleLinksOut, **problems(404, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def listed(query: CircleLinksQuery) -> Response:
    """Links of the caller's circles, proposed, open and closed; the operator sees all."""
    wired = context()
    limit = wired.policy.checked_limit(query.limit or wired.policy.max_limit)
    found = circle_links.listed(wired, owner(), query.circle_id, limit=limit, cursor=query.cursor)
    return answer(found)


@api.get("/circle-links/<circle_link_id>", responses={200: CircleLinkOut, **problems(404, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def get(path: CircleLinkPath) -> Response:
    """One link; its two owners and the operator see it."""
    return answer(circle_links.one(context(), owner(), path.circle_link_id))


@api.post("/circle-links/<circle_link_id>/acceptance", responses={200: CircleLinkOut, **WRITING})
@allow(Role.MERCHANT)
def accept(path: CircleLinkPath) -> Response:
    """Accept for the caller's circle; the link is open while both owners accept it."""
    wired = context()
    return answer(circle_links.accept(wired, merchant(), path.circle_link_id, now=wired.now()))


@api.delete("/circle-links/<circle_link_id>", responses={200: CircleLinkOut, **problems(404, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def withdraw(path: CircleLinkPath) -> Response:
    """Close a link for good: nothing passes any more, also what was passed on before and not read yet."""
    wired = context()
    return answer(circle_links.withdraw(wired, owner(), path.circle_link_id, now=wired.now()))


@api.get("/circles/<circle_id>/related", responses={200: RelatedOut, **problems(404, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def related(path: CirclePath, query: LimitQuery) -> Response:
    """Circles like this one: by members, theme, and what people do. Coarse steps, never people."""
    wired = context()
    if query.limit is not None and query.limit > wired.policy.max_limit:
        raise field_problem("limit", query.limit, f"1 to {wired.policy.max_limit}")
    found = related_service.related(wired, owner(), path.circle_id, limit=query.limit, now=wired.now())
    return answer(found)


@api.get("/circles/<circle_id>/flows", responses={200: FlowsOut, **problems(404, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def flows(path: CirclePath, query: FlowsQuery) -> Response:
    """How many people joined this circle after another one in a month, or the other way round.

    Only between circles with an open link, only months that have ended, only groups.
    """
    wired = context()
    found = flows_service.flows(
        wired, owner(), path.circle_id, direction=query.direction, window=query.window, now=wired.now()
    )
    return answer(found)


@api.get("/circles/<circle_id>/health", responses={200: CircleHealthOut, **problems(404, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def health(path: CirclePath, query: HealthQuery) -> Response:
    """Joins, leaves, newcomers and who stays, by month; groups only. JSON or CSV, by `format` or `Accept`."""
    form, wired = asked_form("circle-health", query.format), context()
    found = circle_health.health(wired, owner(), path.circle_id, window=query.window, now=wired.now())
    return told("circle-health", found, form, who=caller().key_id)
