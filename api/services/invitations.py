"""A member's invitations, and what they answer.

An invitation that is somebody else's, unknown, of a circle that closed, or of a person who withdrew their
consent looks the same: not there. A refusal is kept in all but the first two of these cases.
"""

import json
from typing import Any

from api.context import Context
from api.services.marks import keep_marks
from api.services.moments import written
from api.services.people import UNKNOWN
from graph.errors import NotFound
from graph.policy.consent import permits
from graph.policy.invitations import DAY_S, Reply
from graph.schema import CircleState, Purpose
from graph.stores.base import GraphStore
from graph.stores.invitations import Invitation

UNKNOWN_INVITATION = "unknown invitation, or not visible with this key"


def listed(context: Context, user: str, *, now: int) -> dict[str, Any]:
    """Invitations that a person can still answer, newest first.

    Args:
        user: pseudonym.

    Raises:
        NotFound: the user is unknown.
    """
    state = context.store.get().user_state(user)
    if state is None:
        raise NotFound(UNKNOWN)
    items = open_items(context, user, now=now)
    handles = [item["invitation_id"] for item in items]
    answer = {"rec_id": keep_marks(context, user, "invitations", handles, now=now), "items": items}
    if not permits(state.consents, Purpose.PORTRAITS):
        answer["why_empty"] = "the person has not granted `portraits`, which invitations need"
    elif not items:
        answer["why_empty"] = "nobody invites the person now"
    return answer


def open_items(context: Context, user: str, *, now: int) -> list[dict[str, Any]]:
    """What a person can answer now; nothing without consent to `portraits`."""
    store = context.store.get()
    state = store.user_state(user)
    if state is None or not permits(state.consents, Purpose.PORTRAITS):
        return []
    open_s = context.policy.invitations.open_days * DAY_S
    waiting = [
        i for i in store.invitations_of(state.user.index) if i.answer is None and now < i.sent_at + open_s
    ]
    return [item for one in reversed(waiting) if (item := _item(store, one, open_s)) is not None]


def invited(context: Context, invitation_id: str) -> str | None:
    """Pseudonym of who was invited; None for an unknown invitation."""
    store = context.store.get()
    one = store.invitation(invitation_id)
    return None if one is None else store.ids("User", [one.user])[0]


def respond(
    context: Context, user: str | None, invitation_id: str, reply: Reply, *, now: int
) -> dict[str, Any]:
    """Join the circle, or turn it down for good. The same answer again gives the same result.

    Args:
        user: pseudonym of the member who answers; None where the app answers for whoever was invited.

    Raises:
        NotFound: for every reason alike.
    """
    store = context.store.get()
    one = store.invitation(invitation_id)
    if one is None or (user is not None and store.ids("User", [one.user]) != [user]):
        raise NotFound(UNKNOWN_INVITATION)
    rules = context.policy.invitations
    told = store.answer_invitation(invitation_id, one.user, reply, rules, now).told
    if told is None:
        raise NotFound(UNKNOWN_INVITATION)
    (circle_id,) = store.ids("Circle", [one.circle])
    state = {Reply.ACCEPT: "accepted", Reply.DECLINE: "declined"}[told]
    return {"invitation_id": invitation_id, "circle_id": circle_id, "state": state}


def _item(store: GraphStore, one: Invitation, open_s: int) -> dict[str, Any] | None:
    """None where the circle takes nobody now."""
    (circle_id,) = store.ids("Circle", [one.circle])
    circle, audience = store.circle(circle_id), store.audience(one.audience_id)
    if circle is None or circle.state not in (CircleState.OPEN, CircleState.PROPOSED):
        return None
    sending = json.loads((audience.sending if audience else None) or "{}")
    return {
        "invitation_id": one.invitation_id,
        "circle_id": circle_id,
        "name": circle.name,
        "message_ref": sending.get("message_ref"),
        "sent_at": written(one.sent_at),
        "expires_at": written(one.sent_at + open_s),
        "state": "open",
    }
