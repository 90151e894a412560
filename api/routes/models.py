"""GET `/v1/models`."""

from flask import Response

from api.auth import Role
from api.guard import allow, context
from api.routes.shared import answer, blueprint
from api.schemas import ModelsOut
from api.services import models

api = blueprint("models", "Published versions")


@api.get("/models", responses={200: ModelsOut})
@allow(Role.SERVICE, Role.OPERATOR, Role.SCIENTIST)
def list_() -> Response:
    """Published versions, oldest first, with their metrics beside those of the baselines."""
    return answer({"items": models.listed(context())})
