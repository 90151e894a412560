"""GET `/v1/recommendations/{rec_id}`."""

from flask import Response

from api.auth import Role
from api.guard import allow, context
from api.routes.shared import answer, blueprint, problems
from api.schemas.general import RecommendationOut, RecommendationPath
from api.services import replays

api = blueprint("recommendations", "Receipts of answers")


@api.get("/recommendations/<rec_id>", responses={200: RecommendationOut, **problems(404, 422)})
@allow(Role.SERVICE, Role.OPERATOR)
def get(path: RecommendationPath) -> Response:
    """The receipt of an answer: version, snapshot, policy, list with scores, candidates by source."""
    return answer(replays.find(context(), path.rec_id))
