"""`/v1/circles/{c}/audiences` and `/v1/audiences/{a}`: whom an owner may invite, never who they are."""

from flask import Response

from api import idempotency
from api.auth import Role
from api.guard import allow, caller, context, owner
from api.routes.shared import BASE, answer, blueprint, problems
from api.schemas.audiences import (
    AudienceOut,
    AudiencePath,
    AudienceWish,
    ResultsOut,
    SendBody,
    SentOut,
)
from api.schemas.general import CirclePath
from api.services import audience_results, audiences, sending
from api.services.moments import epoch_of
from graph.policy.audiences import Wish, checked_wish
from graph.stores.invitations import Audience, AudienceState

api = blueprint("audiences", "Audiences of a circle")

WAIT_S = 20.0  # that a preview is waited for before its address is the answer


@api.post(
    "/circles/<string:circle_id>/audiences:preview",
    responses={200: AudienceOut, 202: AudienceOut, **problems(400, 404, 409, 413, 415, 422, 429, 503)},
)
@allow(Role.MERCHANT, Role.OPERATOR)
def preview(path: CirclePath, body: AudienceWish) -> Response:
    """What could be promised of an audience, its size as a band, and what keeps others out.

    Keeps nobody. The same question in the same week has the same answer. Where it takes longer, 202 and its
    address.
    """
    wired = context()
    asked = audiences.ask(wired, owner(), path.circle_id, _wish(body), now=wired.now(), preview=True)
    audiences.start(wired, asked, owner=caller().owner)
    done = audiences.waited(wired, asked.audience_id, WAIT_S)
    return _shown(done, 202 if done.state is AudienceState.RUNNING else 200)


@api.post(
    "/circles/<circle_id>/audiences",
    responses={202: AudienceOut, **problems(400, 404, 409, 413, 415, 422, 429, 503)},
)
@allow(Role.MERCHANT, Role.OPERATOR)
def create(path: CirclePath, body: AudienceWish) -> Response:
    """Have an audience chosen by a process of its own: ask its address until `state` is not `running`."""
    wired = context()
    asked = audiences.ask(wired, owner(), path.circle_id, _wish(body), now=wired.now(), key=idempotency.key())
    audiences.start(wired, asked, owner=caller().owner)
    return _shown(asked, 202)


@api.get("/audiences/<audience_id>", responses={200: AudienceOut, **problems(404, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def get(path: AudiencePath) -> Response:
    """One audience: its promise or why there is none, its size as a band, and what keeps others out."""
    wired = context()
    audience = audiences.found(wired, owner(), path.audience_id)
    audiences.start(wired, audience, owner=caller().owner)
    return _shown(audience, 200)


@api.delete("/audiences/<audience_id>", responses={200: AudienceOut, **problems(404, 409, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def close(path: AudiencePath) -> Response:
    """End an audience for good: nothing more is sent. Its hold-out is kept back until its time is over."""
    wired = context()
    audience = audiences.found(wired, owner(), path.audience_id)
    return _shown(audiences.close(wired, audience), 200)


@api.post(
    "/audiences/<audience_id>/invitations",
    responses={200: SentOut, **problems(400, 404, 409, 413, 415, 422, 503)},
)
@allow(Role.MERCHANT, Role.OPERATOR)
def send(path: AudiencePath, body: SendBody) -> Response:
    """Invite the people of an audience, by reference to a message of the app.

    Everybody is asked about once more: consent, age, refusals, the hold-out, and two invitations a week from
    all merchants together. Sending again sends nothing twice, and reaches those who had to wait.
    """
    wired = context()
    audience = audiences.found(wired, owner(), path.audience_id)
    at = None if body.send_at is None else epoch_of(body.send_at)
    return answer(sending.send(wired, audience, body.message_ref, now=wired.now(), send_at=at))


@api.get("/audiences/<audience_id>/results", responses={200: ResultsOut, **problems(404, 409, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def results(path: AudiencePath) -> Response:
    """Who joined, beside people kept back by lot; counts with noise, the same for a week."""
    wired = context()
    audience = audiences.found(wired, owner(), path.audience_id)
    return answer(audience_results.results(wired, audience, now=wired.now()))


def _wish(body: AudienceWish) -> Wish:
    return checked_wish(context().policy.audiences, **body.model_dump())


def _shown(audience: Audience, status: int) -> Response:
    wired = context()
    location = {"Location": f"{BASE}/audiences/{audience.audience_id}"} if status == 202 else None
    return answer(audiences.shown(wired, audience, now=wired.now()), status, location)
