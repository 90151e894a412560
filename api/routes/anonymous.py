"""`/v1/circle-recommendations`: payments without a person, and many people by a job."""

from datetime import UTC, datetime

from flask import Response

from api import idempotency
from api.auth import Role
from api.errors import field_problem
from api.guard import allow, caller, context
from api.routes.shared import BASE, answer, blueprint, problems
from api.schemas.anonymous import (
    MOST_LINES,
    AnonymousAnswer,
    RecentPayment,
    RecommendBody,
    ResultQuery,
)
from api.schemas.general import JobOut, JobPath
from api.services import anonymous, batch_lists, work
from api.services.batches import NDJSON
from api.services.moments import epoch_of
from api.services.payment_records import Payment
from api.services.ranking import Question

api = blueprint(
    "circles without a page", "Circles for payments without a person, and for many people at once"
)
DAY_S = 86_400


@api.post(
    "/circle-recommendations",
    responses={200: AnonymousAnswer, 202: JobOut, **problems(400, 413, 415, 422, 503)},
)
@allow(Role.SERVICE)
def recommend(body: RecommendBody) -> Response:
    """Circles for recent `payments` of somebody who stays unknown: nothing is kept, not even a receipt.

    With `users` instead, up to 10,000 accounts, it is 202: a job, whose lists are at `/jobs/{job_id}/result`.
    """
    wired = context()
    if body.limit is not None and body.limit > wired.policy.max_limit:
        raise field_problem("limit", body.limit, f"1 to {wired.policy.max_limit}")
    question = Question(
        anonymous.NOBODY, limit=body.limit, scene=body.scene, exclude=body.exclude, explain=body.explain
    )
    if body.payments is not None:
        idempotency.keep_nothing()
        paid = [_payment(one, i, wired.now()) for i, one in enumerate(body.payments)]
        return answer(anonymous.recommend_anonymous(wired, paid, question, now=wired.now()))
    users = wired.pseudonyms.of_many(body.users or [])
    job = batch_lists.begin(wired, users, question, owner=caller().owner, token=idempotency.token())
    return answer(work.shown(job), 202, {"Location": f"{BASE}/jobs/{job.job_id}"})


@api.get(
    "/jobs/<job_id>/result",
    responses={
        200: {
            "description": "one list a line, in the order of the request",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        },
        **problems(404, 409, 410, 422, 503),
    },
)
@allow(Role.SERVICE)
def result(path: JobPath, query: ResultQuery) -> Response:
    """The lists of a batch, one a line: `index` is the account's place in the request.

    What may be shown changed since they were made: consents, dismissals and states of circles of now hold.
    """
    if query.limit > MOST_LINES:
        raise field_problem("limit", query.limit, f"1 to {MOST_LINES}")
    wired = context()
    job = work.find(wired, path.job_id, caller().owner)
    lines = batch_lists.result(wired, job, start=query.start, limit=query.limit, now=wired.now())
    return Response(lines, mimetype=NDJSON)


def _payment(one: RecentPayment, place: int, now: int) -> Payment:
    at = now if one.paid_at is None else epoch_of(one.paid_at)
    if not 0 <= at <= now + DAY_S:
        given = one.paid_at or datetime.fromtimestamp(now, UTC)
        raise field_problem(f"payments.{place}.paid_at", given.isoformat(), "a moment from 1970 until now")
    return Payment(0, anonymous.NOBODY, one.merchant_id, one.product_id, one.quantity, None, one.scene, at)
