"""`/healthz` and `/readyz`."""

from flask import Response

from api.guard import allow, context
from api.routes.shared import answer, blueprint
from api.schemas.general import Health, Ready
from api.services import readiness

api = blueprint("health", "Is it up, can it answer", prefix="", with_key=False)


@api.get("/healthz", responses={200: Health})
@allow()
def healthz() -> Response:
    """The process is up."""
    return answer({"status": "ok"})


@api.get("/readyz", responses={200: Ready, 503: Ready})
@allow()
def readyz() -> Response:
    """Whether store, version, policy and disk are there; 503 and what is missing otherwise, or `stopping`."""
    found = readiness.look(context())
    return answer(found, 200 if found["status"] == "ready" else 503)
