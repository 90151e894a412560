"""Send the invitations of an audience, by reference: the owner names a message and never sees the list.

Each part of the people is one transaction that asks about every one of them. Stopped at any point, or with
the store gone, nothing is lost and nothing is sent twice: sending again goes on where it ended.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from api.audit import Action, record
from api.context import Context
from api.services.audiences import check_open
from api.services.moments import written
from graph.errors import ForbiddenRule, InputError, StoreConflict, WrongState
from graph.policy.disclosure import Hidden, release_count
from graph.stores.base import GraphStore
from graph.stores.invitations import Arm, Audience, AudienceState, Sent, is_chosen_by

PART = 500  # people of one transaction: other writers wait for it
_SENDABLE = (AudienceState.READY, AudienceState.SENDING, AudienceState.SENT)


def send(
    context: Context, audience: Audience, message_ref: str, *, now: int, send_at: int | None = None
) -> dict[str, Any]:
    """Invite the people of an audience now, or at a later moment by `send_due`.

    Returns:
        How it stands; people only as a rounded count. `not_before` says when the quiet hours end.

    Raises:
        InputError: there is nobody to send to, or another message was sent. StoreConflict: still being
        chosen. WrongState: the circle takes nobody any more.
    """
    _check(audience, message_ref)
    record(context, Action.AUDIENCE_SENT, object=audience.audience_id)
    sending = {"message_ref": message_ref, "send_at": written(now if send_at is None else send_at)}
    due = now if send_at is None else send_at
    if due > now:
        later = context.store.get().set_audience(
            audience.audience_id,
            AudienceState.READY,
            after=[AudienceState.READY],
            sending=json.dumps(sending | {"due": due}),
        )
        return _shown(context, later or audience, Sent(not_before=due))
    begun = context.store.get().set_audience(
        audience.audience_id,
        AudienceState.SENDING,
        after=_SENDABLE,
        sending=json.dumps(sending | {"due": due}),
    )
    if begun is None:
        raise StoreConflict("the audience changed while it was to be sent; look at it and try again")
    return _shown(context, begun, deliver(context, begun, now=now))


def send_due(context: Context, *, now: int) -> list[dict[str, Any]]:
    """Send whatever is due, and try again for people who waited; to be run a few times a day.

    All that is due begins before anything is sent, so that people whom many circles want get those that fit
    them best.
    """
    store, due = context.store.get(), []
    for audience in store.audiences():
        told = json.loads(audience.sending or "{}")
        waits = audience.state in (AudienceState.READY, AudienceState.SENDING)
        if waits and told and told["due"] <= now < audience.valid_until:
            begun = store.set_audience(
                audience.audience_id,
                AudienceState.SENDING,
                after=[AudienceState.READY, AudienceState.SENDING],
            )
            due += [begun] if begun is not None else []
    done = [(audience, deliver(context, audience, now=now)) for audience in due]
    # One that is over, as of a circle that is kept apart, does not keep others from sending.
    return [_shown(context, audience, sent) for audience, sent in done if not sent.is_over]


def deliver(context: Context, audience: Audience, *, now: int) -> Sent:
    """Send part after part; an audience of which nobody waits any more is `sent`."""
    store, total = context.store.get(), 0
    if not _is_asked_for(context, audience):
        return Sent(is_over=True)
    for part in _parts(store, audience):
        done = store.send_invitations(audience.audience_id, part, context.policy.invitations, now)
        total += done.sent
        if done.is_over or done.not_before is not None:
            return Sent(total, not_before=done.not_before, is_over=done.is_over)
    if not any(True for _ in _parts(store, audience)):
        store.set_audience(audience.audience_id, AudienceState.SENT, after=[AudienceState.SENDING])
    return Sent(total)


def _is_asked_for(context: Context, audience: Audience) -> bool:
    """Whether the circle is about what its people were chosen for, and may still invite."""
    store = context.store.get()
    circle = store.circle(store.ids("Circle", [audience.circle])[0])
    if circle is None or not is_chosen_by(audience, circle):
        return False
    try:
        check_open(context, circle)
    except (ForbiddenRule, InputError):
        return False
    return True


def _parts(store: GraphStore, audience: Audience) -> Iterator[Sequence[int]]:
    people = store.audience_people(audience.audience_id)
    users = [p.user for p in people if p.state == "waiting" and p.arm is not Arm.HOLDOUT]
    for start in range(0, len(users), PART):
        yield users[start : start + PART]


def _check(audience: Audience, message_ref: str) -> None:
    if audience.state is AudienceState.RUNNING:
        raise StoreConflict("the audience is still being chosen; send when it is ready")
    if audience.state not in _SENDABLE:
        why = audience.problem or f"it is {audience.state.value}"
        raise InputError(f"this audience has nobody to send to: {why}")
    told = json.loads(audience.sending or "{}")
    begun = audience.state is not AudienceState.READY
    if begun and told and told["message_ref"] != message_ref:
        raise InputError("this audience was sent with another message; ask for a new audience")


def _shown(context: Context, audience: Audience, done: Sent) -> dict[str, Any]:
    if done.is_over:
        raise WrongState(
            "nothing more can be sent: the audience's time is over, or its circle was closed, quarantined, "
            "handed over or given another theme or rule; ask for a new audience"
        )
    store, rules = context.store.get(), context.policy.disclosure
    now = store.audience(audience.audience_id) or audience
    arms = store.audience_outcomes(audience.audience_id)
    invited = sum(outcome.sent for arm, outcome in arms.items() if arm is not Arm.HOLDOUT)
    people = sum(outcome.people for arm, outcome in arms.items() if arm is not Arm.HOLDOUT)
    cell = release_count(invited, rules)
    if 0 < people - invited < rules.min_group_size:  # else who was kept back could be computed
        cell = type(cell)(hidden=Hidden.COMPLEMENT)
    value = {
        "audience_id": audience.audience_id,
        "state": now.state.value,
        "invited": cell.out(),
        "not_before": written(done.not_before),
    }
    return {name: part for name, part in value.items() if part is not None}
