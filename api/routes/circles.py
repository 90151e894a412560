"""`/v1/users/{u}/circles` and `/v1/circles/{c}`."""

from flask import Response

from api.auth import Role
from api.errors import field_problem
from api.guard import allow, caller, context, person
from api.routes.shared import answer, blueprint, problems
from api.schemas.general import CircleOut, CirclePath, CirclesAnswer, CirclesQuery, UserPath
from api.services import catalogue
from api.services.circles import recommend
from api.services.ranking import Question

api = blueprint("circles", "Circles for a person, and what a circle is about")


@api.get("/users/<user_id>/circles", responses={200: CirclesAnswer, **problems(404, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
def for_user(path: UserPath, query: CirclesQuery) -> Response:
    """Circles for a user, each with the reasons for it.

    Personal with the person's consent to `circles`, else popular circles and `reason`. Joined, dismissed and
    left circles never come back. The `rec_id` names the receipt of this answer.
    """
    wired = context()
    user = person(path.user_id)
    maximum = wired.policy.max_limit
    if query.limit is not None and query.limit > maximum:
        raise field_problem("limit", query.limit, f"1 to {maximum}")
    question = Question(
        user=user,
        limit=query.limit,
        scene=query.scene,
        exclude=query.exclude,
        explain=query.explain,
        personal=query.mode == "personal",
    )
    return answer({"user_id": path.user_id, **recommend(wired, question, now=wired.now())})


@api.get("/circles/<circle_id>", responses={200: CircleOut, **problems(404, 503)})
@allow(Role.SERVICE, Role.MEMBER, Role.MERCHANT, Role.OPERATOR, Role.SCIENTIST)
def describe(path: CirclePath) -> Response:
    """What a circle is about; a merchant's key sees the circles that this merchant runs.

    The number of members is rounded to two significant digits, and hidden below the smallest group.
    """
    owner = caller().subject if caller().role is Role.MERCHANT else None
    return answer(catalogue.describe(context(), path.circle_id, owner))
