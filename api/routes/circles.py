"""`/v1/users/{u}/circles`."""

from flask import Response

from api.auth import Role
from api.errors import field_problem
from api.guard import allow, context, person
from api.routes.shared import answer, blueprint, problems
from api.routes.unasked import quick
from api.schemas.general import CirclesAnswer, CirclesQuery, UserPath
from api.services.paging import paged
from api.services.ranking import Question

api = blueprint("circles", "Circles for a person")


@api.get("/users/<user_id>/circles", responses={200: CirclesAnswer, **problems(404, 410, 422, 503)})
@allow(Role.SERVICE, Role.MEMBER)
@quick
def for_user(path: UserPath, query: CirclesQuery) -> Response:
    """Circles for a user, each with the reasons for it.

    Personal with the person's consent to `circles`, else popular circles and `reason`. Joined, dismissed and
    left circles never come back. The `rec_id` names the receipt of this answer; `cursor` goes on with a list
    from the version that it began with.
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
    found = paged(wired, question, query.cursor, now=wired.now(), as_json=True)
    return answer({"user_id": path.user_id, **found})
