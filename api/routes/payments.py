"""POST `/v1/payments`."""

from flask import Response

from api import idempotency
from api.auth import Role
from api.guard import allow, context
from api.routes.shared import answer, batch_of, blueprint, given_records, problems
from api.schemas.general import BatchAnswer, PaymentRecord
from api.services import payments

api = blueprint("payments", "Payments as they happen")


@api.post(
    "/payments",
    responses={200: BatchAnswer, **problems(400, 413, 415, 422, 503)},
    openapi_extensions=batch_of(api, PaymentRecord),
)
@allow(Role.SERVICE)
def take() -> Response:
    """Take up to 1,000 payments; each `payment_id` counts once, however often it is sent.

    Checked by the rules of files. Answered after they are durable; the next list of circles knows them.
    """
    return answer(payments.take(context(), given_records(), token=idempotency.token()))
