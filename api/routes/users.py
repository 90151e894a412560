"""`/v1/users/{u}`: accounts, consents, erasure."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response

from api.auth import Role
from api.errors import Problem
from api.guard import allow, caller, context, person
from api.routes.shared import BASE, answer, blueprint, problems
from api.schemas.card import CardOut, CardQuery
from api.schemas.general import (
    ConsentOut,
    ConsentPath,
    ConsentsOut,
    Granted,
    JobOut,
    UserBody,
    UserOut,
    UserPath,
)
from api.schemas.own_circles import RevisionHead
from api.services import card as services
from api.services import erasure, people, work
from api.services.conditions import Stale, etag_of

api = blueprint("users", "Accounts, consents and erasure")
WRITING = problems(400, 404, 409, 412, 413, 415, 422, 503)


@api.put("/users/<user_id>", responses={200: UserOut, **WRITING})
@allow(Role.SERVICE)
def put(path: UserPath, header: RevisionHead, body: UserBody) -> Response:
    """Create an account, or change what is said of it; with `If-Match` only the account that was seen."""
    user, wired = person(path.user_id), context()
    with _or_stale():
        found = people.put_user(wired, user, **body.model_dump(), if_match=header.if_match)
    return _shown(path.user_id, found)


@api.get("/users/<user_id>", responses={200: UserOut, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def get(path: UserPath) -> Response:
    """What is kept of an account; never its payments."""
    return _shown(path.user_id, people.get_user(context(), person(path.user_id)))


@api.get("/users/<user_id>/consents", responses={200: ConsentsOut, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def consents(path: UserPath) -> Response:
    """What a person agreed to, purpose by purpose: how it stands, and when and by which door that came."""
    return answer({"user_id": path.user_id, "items": people.consents(context(), person(path.user_id))})


@api.get("/users/<user_id>/card", responses={200: CardOut, **problems(404, 409, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def card(path: UserPath, query: CardQuery) -> Response:
    """What is known and inferred of a person, from which data, what for, who asked, and what is muted.

    For the person alone: it names their own shops, and of others only owners whose invitations they got.
    """
    wired = context()
    found = services.card(wired, person(path.user_id), now=wired.now(), days=query.days)
    return answer({"user_id": path.user_id, **found})


@api.put("/users/<user_id>/consents/<purpose>", responses={200: ConsentOut, **WRITING})
@allow(Role.SERVICE, Role.MEMBER)
def put_consent(path: ConsentPath, header: RevisionHead, body: Granted) -> Response:
    """Grant or withdraw one purpose; counts from the next request on.

    `If-Match` with the ETag of the account makes a grant hold only for what was seen; a withdrawal always
    holds.
    """
    user, wired = person(path.user_id), context()
    with _or_stale():
        people.put_consent(wired, user, path.purpose, body.granted, if_match=header.if_match)
    return answer({"user_id": path.user_id, "purpose": path.purpose.value, "granted": body.granted})


@api.delete("/users/<user_id>", responses={202: JobOut, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def delete(path: UserPath) -> Response:
    """Erase a person. Gone from every answer at once; the job cleans the log, versions and snapshots.

    Its result counts what was removed, and has the signed receipt for the person.
    """
    job = erasure.begin(context(), person(path.user_id), owner=caller().owner)
    return answer(work.shown(job), 202, {"Location": f"{BASE}/jobs/{job.job_id}"})


def _shown(user_id: str, found: dict[str, Any]) -> Response:
    return answer({"user_id": user_id, **found}, 200, {"ETag": etag_of(found)})


@contextmanager
def _or_stale() -> Iterator[None]:
    try:
        yield
    except Stale:
        raise Problem(412, "the account was changed since, or is not there; read it again") from None
