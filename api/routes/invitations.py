"""`/v1/users/{u}/invitations` and `/v1/invitations/{i}`: what a member was invited to, and their answer."""

from flask import Response

from api import idempotency
from api.auth import Role
from api.guard import allow, caller, context, person
from api.routes.shared import answer, blueprint, problems
from api.schemas.audiences import InvitationPath, InvitationsOut, ReplyBody, ReplyOut
from api.schemas.general import UserPath
from api.services import invitations
from graph.errors import NotFound
from graph.policy.invitations import Reply

api = blueprint("invitations", "Invitations to circles")


@api.get("/users/<user_id>/invitations", responses={200: InvitationsOut, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def for_user(path: UserPath) -> Response:
    """Invitations that a user can still answer, newest first; an empty list says why."""
    wired = context()
    found = invitations.listed(wired, person(path.user_id), now=wired.now())
    return answer({"user_id": path.user_id, **found})


@api.post(
    "/invitations/<invitation_id>/responses",
    responses={200: ReplyOut, **problems(400, 404, 413, 415, 422, 503)},
)
@allow(Role.SERVICE, Role.MEMBER)
def respond(path: InvitationPath, body: ReplyBody) -> Response:
    """Accept, which joins the circle, or decline, which is for good; sent again it answers the same."""
    wired, who, reply = context(), _who(body), Reply(body.response)
    if idempotency.key() and (invited := invitations.invited(wired, path.invitation_id)) is not None:
        idempotency.about(invited)
    return answer(invitations.respond(wired, who, path.invitation_id, reply, now=wired.now()))


def _who(body: ReplyBody) -> str | None:
    """Pseudonym of whoever answers: a member themself, or whom the app names; None where it names nobody.

    Raises:
        NotFound: a member names somebody else.
    """
    subject = caller().subject
    if body.user_id is None:
        return subject
    named = context().pseudonyms.of(body.user_id)
    if subject is not None and subject != named:
        raise NotFound(invitations.UNKNOWN_INVITATION)
    return named
