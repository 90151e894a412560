"""`/v1/training-jobs` and `/v1/jobs/{j}`."""

from flask import Response

from api import idempotency
from api.auth import Role
from api.guard import allow, caller, context
from api.routes.shared import BASE, answer, blueprint, problems
from api.schemas.general import JobOut, JobPath, TrainingBody
from api.services import work

api = blueprint("jobs", "Long work")


@api.post("/training-jobs", responses={202: JobOut, **problems(400, 409, 413, 415, 422)})
@allow(Role.OPERATOR, Role.SCIENTIST)
def train(body: TrainingBody) -> Response:
    """Train on what is known now, in a process of its own; the new version is served when it is published."""
    job = work.train(context(), body.model_dump(), owner=caller().owner, token=idempotency.token())
    return answer(work.shown(job), 202, {"Location": f"{BASE}/jobs/{job.job_id}"})


@api.get("/jobs/<job_id>", responses={200: JobOut, **problems(404, 422)})
@allow(Role.SERVICE, Role.MEMBER, Role.OPERATOR, Role.SCIENTIST)
def get(path: JobPath) -> Response:
    """How a job is getting on; visible with the key that asked for it, and to operators.

    An erasure, with its receipt, is visible to the app whoever asked for it: the person's own keys are gone.
    """
    anybodys = ("forget",) if caller().role is Role.SERVICE else ()
    return answer(work.shown(work.find(context(), path.job_id, _asker(), anybodys)))


@api.delete("/jobs/<job_id>", responses={200: JobOut, **problems(404, 409, 422)})
@allow(Role.SERVICE, Role.OPERATOR, Role.SCIENTIST)
def cancel(path: JobPath) -> Response:
    """Cancel a training, a promotion or a batch of lists; its process ends before this is answered.

    An erasure, an audience and a catalogue that payments follow are 409 with the reason, and so is what has
    ended. Repeating it changes nothing.
    """
    return answer(work.shown(work.cancel(context(), path.job_id, _asker())))


def _asker() -> str | None:
    """Whose jobs are visible; None: everybody's."""
    return None if caller().role is Role.OPERATOR else caller().owner
