"""`/v1/users/{u}/links` and `/v1/links/{l}`."""

from flask import Response

from api import idempotency
from api.auth import Role
from api.errors import field_problem
from api.guard import allow, caller, context, person
from api.routes.shared import answer, blueprint, problems
from api.schemas.general import (
    LinkAnswer,
    LinkItem,
    LinkPath,
    LinkQuery,
    LinkResponse,
    LinksAnswer,
    LinksQuery,
    UserPath,
)
from api.services import links
from graph.errors import NotFound
from graph.policy.meeting import Answer

api = blueprint("links", "Links between people who both agreed")


@api.get("/users/<user_id>/links", responses={200: LinksAnswer, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def for_user(path: UserPath, query: LinksQuery) -> Response:
    """People suggested to a user this week, or those they are linked with; both sides are shown, or neither.

    The other one is a handle until both accept. Weights are for service keys; others see a band.
    """
    wired = context()
    user = person(path.user_id)
    if query.limit is not None and query.limit > wired.policy.max_limit:
        raise field_problem("limit", query.limit, f"1 to {wired.policy.max_limit}")
    found = links.listed(
        wired,
        user,
        now=wired.now(),
        limit=query.limit,
        cursor=query.cursor,
        state=query.state,
        exact=_is_service(),
    )
    return answer({"user_id": path.user_id, **found})


@api.get("/links/<link_id>", responses={200: LinkItem, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def get(path: LinkPath, query: LinkQuery) -> Response:
    """One suggestion or link, by the handle that this user was given; all else is 404, the same bytes."""
    wired = context()
    viewer = _viewer(query.user_id)
    return answer(links.one(wired, viewer, path.link_id, now=wired.now(), exact=_is_service()))


@api.post("/links/<link_id>/responses", responses={200: LinkAnswer, **problems(400, 404, 413, 415, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def respond(path: LinkPath, body: LinkResponse) -> Response:
    """Accept, decline, block or report; sending it again gives the same answer.

    A handle that is not there (any more) is 404, whatever the reason. A decline, block or report of somebody
    who was shown to the user is kept even then.
    """
    wired = context()
    viewer = _viewer(body.user_id)
    told = links.respond(wired, viewer, path.link_id, Answer(body.response), now=wired.now())
    if "other" in told:  # who may leave, block or be erased: sent again, it is answered as of then
        idempotency.keep_nothing()
    return answer(told)


def _is_service() -> bool:
    return caller().role is Role.SERVICE


def _viewer(user_id: str | None) -> str:
    """The pseudonym of whoever looks: a member themself, or whom the app names.

    Raises:
        NotFound: a member names somebody else. Problem: the app names nobody.
    """
    subject = caller().subject
    if user_id is None:
        if subject is None:
            raise field_problem("user_id", None, "the account that the handle was made for")
        return subject
    viewer = context().pseudonyms.of(user_id)
    if subject is not None and subject != viewer:
        raise NotFound(links.UNKNOWN_LINK)
    idempotency.about(viewer)
    return viewer
