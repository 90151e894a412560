"""GET `/v1/recommendations/{rec_id}`."""

from flask import Response

from api.auth import Role
from api.guard import allow, caller, context
from api.routes.shared import answer, blueprint, problems
from api.schemas.general import RecommendationOut, RecommendationPath
from api.schemas.receipts import ReplayOut
from api.services import replays

api = blueprint("recommendations", "Receipts of answers")


@api.get("/recommendations/<rec_id>", responses={200: RecommendationOut, **problems(404, 422)})
@allow(Role.SERVICE, Role.OPERATOR)
def get(path: RecommendationPath) -> Response:
    """The receipt of an answer: version, snapshot, policy, list with scores, candidates by source, and what
    followed. An operator also sees how many circles each filter kept out.

    A list that rests on payments is `withheld` once its person withdrew consent or muted payments since.
    """
    is_operator = caller().role is Role.OPERATOR
    return answer(replays.find(context(), path.rec_id, is_operator=is_operator))


@api.get("/recommendations/<rec_id>/replay", responses={200: ReplayOut, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.OPERATOR)
def replay(path: RecommendationPath) -> Response:
    """An earlier answer again, from the version that made it, under the consents and rules of today.

    `same` when all of it may be shown today, else `withheld` counts why not. Keeps nothing.
    """
    wired, is_operator = context(), caller().role is Role.OPERATOR
    return answer(replays.replay(wired, path.rec_id, now=wired.now(), is_operator=is_operator))
