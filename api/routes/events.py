"""POST `/v1/events`."""

from flask import Response

from api import idempotency
from api.auth import Role
from api.guard import allow, caller, context
from api.routes.shared import answer, batch_of, blueprint, given_records, problems
from api.schemas.general import BatchAnswer, EventRecord
from api.services import events

api = blueprint("events", "What people do with circles")


@api.post(
    "/events",
    responses={200: BatchAnswer, **problems(400, 413, 415, 422, 503)},
    openapi_extensions=batch_of(api, EventRecord),
)
@allow(Role.SERVICE, Role.MEMBER)
def take() -> Response:
    """Take up to 1,000 events. Joins, leaves and dismissals act at once.

    Each `event_id` counts once: of the app's among all of the app's, of a member's among their own.
    """
    sender = events.Sender(caller().require_user, is_member=caller().role is Role.MEMBER)
    return answer(events.take(context(), given_records(), sender, token=idempotency.token()))
