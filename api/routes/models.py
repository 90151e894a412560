"""`/v1/models`: published versions, the gate, and the way back."""

from flask import Response

from api import idempotency
from api.auth import Role
from api.guard import allow, caller, context
from api.routes.shared import BASE, answer, blueprint, problems
from api.schemas.general import (
    JobOut,
    ModelCardOut,
    ModelDiffOut,
    ModelPath,
    ModelsOut,
    ModelsPath,
    PageQuery,
    ServedOut,
)
from api.services import models, work
from api.services.pages import page_of, with_cursor

api = blueprint("models", "Published versions")

# `string:` is spelled out where a verb follows: the documentation takes `<version>:` for a converter.


@api.get("/models", responses={200: ModelsOut, **problems(422)})
@allow(Role.SERVICE, Role.OPERATOR, Role.SCIENTIST)
def list_(query: PageQuery) -> Response:
    """Published versions, oldest first, with their metrics beside those of the baselines."""
    wired = context()
    limit = wired.policy.checked_limit(query.limit or wired.policy.max_limit)
    found = models.listed(wired)
    rows, next_cursor = page_of(found, models.place, limit=limit, cursor=query.cursor)
    return answer(with_cursor({"items": rows}, next_cursor))


@api.get("/models/<version>", responses={200: ModelCardOut, **problems(404, 422)})
@allow(Role.OPERATOR, Role.SCIENTIST)
def get(path: ModelPath) -> Response:
    """One version: its card, its weights, and the report of the gate."""
    return answer(models.described(context(), path.version))


@api.get("/models/<a>/diff/<b>", responses={200: ModelDiffOut, **problems(404, 422)})
@allow(Role.OPERATOR, Role.SCIENTIST)
def diff(path: ModelsPath) -> Response:
    """How version `b` differs from version `a`: data, figures, weights, and what people are shown."""
    return answer(models.compared(context(), path.a, path.b))


@api.post("/models/<string:version>:promote", responses={202: JobOut, **problems(404, 409, 422)})
@allow(Role.OPERATOR, Role.SCIENTIST)
def promote(path: ModelPath) -> Response:
    """Put a version to the gate, in a process of its own; it is promoted and served when it passes.

    The job's `result` is the report: `passed`, `reasons`, every rival with its interval, the guards.
    """
    job = work.promote(context(), path.version, owner=caller().owner, token=idempotency.token())
    return answer(work.shown(job), 202, {"Location": f"{BASE}/jobs/{job.job_id}"})


@api.post("/models/<string:version>:rollback", responses={200: ServedOut, **problems(404, 409, 422, 503)})
@allow(Role.OPERATOR, Role.SCIENTIST)
def rollback(path: ModelPath) -> Response:
    """Go back from the served version to the one before it; every worker follows within a second."""
    return answer({"served": models.rolled_back(context(), path.version, is_again=idempotency.is_again())})
