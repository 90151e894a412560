"""Messages passed on between circles: sent by an owner, read by a member, muted by a person."""

from flask import Response

from api import idempotency
from api.auth import Role
from api.errors import field_problem
from api.guard import allow, context, person
from api.routes.between import WRITING, merchant
from api.routes.shared import answer, blueprint, problems
from api.schemas.between import MutePath, MutesOut, RelayBody, RelayOut, RelaysOut
from api.schemas.general import CirclePath, PageQuery, UserPath
from api.services import mutes as services
from api.services import relays

api = blueprint("messages between circles", "Messages that pass over an open link, and who wants none")


@api.post("/circles/<circle_id>/relays", responses={201: RelayOut, 200: RelayOut, **WRITING, **problems(429)})
@allow(Role.MERCHANT)
def send(path: CirclePath, body: RelayBody) -> Response:
    """Pass a message of the caller's circle on, by its id, within the topics and the rate of an open link.

    Without an `Idempotency-Key` the same message over the same link is one message: 200.
    """
    wired, key = context(), idempotency.key()
    made, is_new = relays.send(
        wired,
        merchant(),
        path.circle_id,
        body.link_id,
        topic=body.topic,
        message_ref=body.message_ref,
        key=key,
        now=wired.now(),
    )
    return answer(made, 201 if is_new or key else 200)  # with a key: what the first one was told


@api.get("/users/<user_id>/relays", responses={200: RelaysOut, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def received(path: UserPath, query: PageQuery) -> Response:
    """Messages that were passed on to a person's circles, the newest first, as ids that the app looks up.

    What holds now decides: membership, consent to `circles`, mutes, and that the link still carries.
    """
    wired = context()
    user = person(path.user_id)
    if query.limit is not None and query.limit > wired.policy.max_limit:
        raise field_problem("limit", query.limit, f"1 to {wired.policy.max_limit}")
    found = relays.received(wired, user, limit=query.limit, now=wired.now(), cursor=query.cursor)
    return answer({"user_id": path.user_id, **found})


@api.get("/users/<user_id>/mutes", responses={200: MutesOut, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def mutes(path: UserPath) -> Response:
    """What a person wants no messages of, and which of their payments they want unused."""
    return answer({"user_id": path.user_id, **services.mutes(context(), person(path.user_id))})


@api.put("/users/<user_id>/mutes/<kind>/<path:id>", responses={200: MutesOut, **problems(404, 409, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def mute(path: MutePath) -> Response:
    """Want no messages of a circle (`circles`), or of all that a merchant runs (`owners`); or no answer that
    rests on payments of a merchant, a category or a scene, or on one of them. From the next request on.
    """
    return _mute(path, muted=True)


@api.delete(
    "/users/<user_id>/mutes/<kind>/<path:id>", responses={200: MutesOut, **problems(404, 409, 422, 503)}
)
@allow(Role.SERVICE, Role.MEMBER)
def unmute(path: MutePath) -> Response:
    """Want them again; what was muted comes back as it was."""
    return _mute(path, muted=False)


def _mute(path: MutePath, *, muted: bool) -> Response:
    wired = context()
    user = person(path.user_id)
    services.mute(wired, user, path.kind, path.id, muted=muted, now=wired.now())
    return answer({"user_id": path.user_id, **services.mutes(wired, user)})
