"""`/metrics`."""

from flask import Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from api.auth import Role
from api.guard import allow, context
from api.observe.facts import Facts
from api.observe.metrics import registry_of_all
from api.routes.shared import blueprint

api = blueprint("operation", "What the service counts about itself", prefix="")

TEXT = {"content": {"text/plain": {"schema": {"type": "string"}}}}


@api.get("/metrics", responses={200: TEXT})
@allow(Role.OPERATOR)
def metrics() -> Response:
    """Counts of all workers, for Prometheus: requests by route, answers by source, problems, jobs."""
    shown = registry_of_all(Facts(context()))
    return Response(generate_latest(shown), content_type=CONTENT_TYPE_LATEST)
