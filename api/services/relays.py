"""Messages that pass from a circle to the members of another one, and who wants none.

A message is passed on by reference: its sender never learns who receives it, nor how many. Who may read it is
decided when they ask, from what holds at that moment.
"""

import hashlib
from typing import Any

from api.context import Context
from api.services.circle_links import merchant_index
from api.services.moments import written
from api.services.owners import UNKNOWN_CIRCLE, owned
from api.services.people import UNKNOWN
from graph.errors import NotFound
from graph.policy.circle_links import UNKNOWN_LINK, Relay
from graph.policy.consent import permits
from graph.schema import Purpose
from graph.stores.base import GraphStore, User

DAY_S = 86_400
MUTABLE = ("circles", "owners")


def send(
    context: Context,
    owner: str,
    circle_id: str,
    link_id: str,
    *,
    topic: str,
    message_ref: str,
    key: str | None,
    now: int,
) -> tuple[dict[str, Any], bool]:
    """Pass a message of one's own circle on.

    Args:
        topic: one of the link's. message_ref: the app's id of the message.
        key: two requests with one key are one message; without it a message passes once a link.

    Returns:
        The relay, and whether it is new.

    Raises:
        NotFound: circle or link unknown or another merchant's, or the link does not begin at the circle.
        GateRefused: the link carries nothing now. InputError: a topic that was not agreed.
        RateExceeded: the rate is used up. KeyReused: the key was used for another message.
    """
    circle, store = owned(context, owner, circle_id), context.store.get()
    link = store.circle_link(link_id)
    if link is None or link.link.source != circle.index:
        raise NotFound(UNKNOWN_LINK)
    relay = Relay(_relay_id(link_id, key or message_ref), link_id, topic.strip().casefold(), message_ref, now)
    is_new = store.add_relay(relay, owner=merchant_index(store, owner))
    return {"relay_id": relay.relay_id, "link_id": link_id, "topic": relay.topic}, is_new


def received(context: Context, user: str, *, limit: int | None, now: int) -> dict[str, Any]:
    """Messages for a person, the newest first, as ids that their app can look up.

    Raises:
        NotFound: the user is unknown. InputError: the limit is over the policy's maximum.
    """
    limit, store = context.policy.checked_limit(limit), context.store.get()
    person = _known(store, user)
    since = now - context.policy.between.relay_days * DAY_S
    found = store.relays_for(person.index, since, limit)
    circles = sorted({end for _, link in found for end in (link.source, link.target)})
    id_of = dict(zip(circles, store.ids("Circle", circles), strict=True))
    items = [
        {
            "relay_id": relay.relay_id,
            "message_ref": relay.message_ref,
            "topic": relay.topic,
            "from": id_of[link.source],
            "circle_id": id_of[link.target],
            "at": written(relay.at),
        }
        for relay, link in found
    ]
    return {"items": items} if items else {"items": [], "why_empty": _why_empty(store, user)}


def mute(context: Context, user: str, kind: str, thing_id: str, *, muted: bool, now: int) -> None:
    """Want no more messages of a circle, or of all circles of an owner; or want them again.

    Args:
        kind: one of `MUTABLE`.

    Raises:
        NotFound: the user, the circle or the merchant is unknown.
    """
    store = context.store.get()
    person = _known(store, user)
    label = "Circle" if kind == "circles" else "Merchant"
    (index,) = store.indices(label, [thing_id]).tolist()
    if index < 0:
        raise NotFound(UNKNOWN_CIRCLE)
    if kind == "circles":
        (store.mute_circle if muted else store.unmute_circle)(person.index, index, now)
    else:
        (store.mute_owner if muted else store.unmute_owner)(person.index, index, now)


def mutes(context: Context, user: str) -> dict[str, list[str]]:
    """What a person wants no messages of. Raises NotFound for an unknown user."""
    store = context.store.get()
    found = store.mutes_of(_known(store, user).index)
    return {
        "circles": sorted(store.ids("Circle", sorted(found.circles))),
        "owners": sorted(store.ids("Merchant", sorted(found.owners))),
    }


def _known(store: GraphStore, user: str) -> User:
    found = store.user(user)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def _why_empty(store: GraphStore, user: str) -> str:
    """Speaks of the person alone, never of a link or an owner."""
    state = store.user_state(user)
    if state is None or not permits(state.consents, Purpose.CIRCLES):
        return "the person has not granted `circles`"
    return "the person is in no circle" if not state.member_of else "nothing was passed on to them"


def _relay_id(link_id: str, key: str) -> str:
    return "rl_" + hashlib.sha256(f"{link_id}\0{key}".encode()).hexdigest()[:24]
