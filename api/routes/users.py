"""`/v1/users/{u}`: accounts, consents, erasure."""

from flask import Response

from api.auth import Role
from api.guard import allow, caller, context, person
from api.routes.shared import BASE, answer, blueprint, problems
from api.schemas.general import ConsentOut, ConsentPath, Granted, JobOut, UserBody, UserOut, UserPath
from api.services import erasure, people, work

api = blueprint("users", "Accounts, consents and erasure")
WRITING = problems(400, 404, 413, 415, 422, 503)


@api.put("/users/<user_id>", responses={200: UserOut, **WRITING})
@allow(Role.SERVICE)
def put(path: UserPath, body: UserBody) -> Response:
    """Create an account, or change what is said of it."""
    user = person(path.user_id)
    found = people.put_user(context(), user, verified=body.verified, adult=body.adult, city=body.city)
    return answer({"user_id": path.user_id, **found})


@api.get("/users/<user_id>", responses={200: UserOut, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def get(path: UserPath) -> Response:
    """What is kept of an account; never its payments."""
    return answer({"user_id": path.user_id, **people.get_user(context(), person(path.user_id))})


@api.put("/users/<user_id>/consents/<purpose>", responses={200: ConsentOut, **WRITING})
@allow(Role.SERVICE, Role.MEMBER)
def put_consent(path: ConsentPath, body: Granted) -> Response:
    """Grant or withdraw one purpose; counts from the next request on."""
    people.put_consent(context(), person(path.user_id), path.purpose, body.granted)
    return answer({"user_id": path.user_id, "purpose": path.purpose.value, "granted": body.granted})


@api.delete("/users/<user_id>", responses={202: JobOut, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def delete(path: UserPath) -> Response:
    """Erase a person. Gone from every answer at once; the job cleans the log, versions and snapshots."""
    job = erasure.begin(context(), person(path.user_id), owner=caller().key_id)
    return answer(work.shown(job), 202, {"Location": f"{BASE}/jobs/{job.job_id}"})
