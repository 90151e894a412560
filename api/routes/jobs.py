"""`/v1/training-jobs` and `/v1/jobs/{j}`."""

from flask import Response

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
    job = work.train(context(), body.model_dump(), owner=caller().key_id)
    return answer(work.shown(job), 202, {"Location": f"{BASE}/jobs/{job.job_id}"})


@api.get("/jobs/<job_id>", responses={200: JobOut, **problems(404, 422)})
@allow(Role.SERVICE, Role.MEMBER, Role.OPERATOR, Role.SCIENTIST)
def get(path: JobPath) -> Response:
    """How a job is getting on; visible with the key that asked for it, and to operators."""
    owner = None if caller().role is Role.OPERATOR else caller().key_id
    return answer(work.shown(work.find(context(), path.job_id, owner)))
