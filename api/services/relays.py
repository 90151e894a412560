"""Messages that pass from a circle to the members of another one, and who wants none.

A message is passed on by reference: its sender never learns who receives it, nor how many. Who may read it is
decided when they ask, from what holds at that moment.
"""

import hashlib
from datetime import datetime
from typing import Any

from api.context import Context
from api.services.circle_links import merchant_index
from api.services.marks import keep_marks
from api.services.moments import epoch_of, written
from api.services.owners import UNKNOWN_CIRCLE, owned
from api.services.pages import Key, page_of, with_cursor
from api.services.people import found_user
from api.services.things import is_public
from graph.errors import NotFound
from graph.policy.circle_links import UNKNOWN_LINK, Relay
from graph.policy.consent import permits
from graph.schema import Purpose
from graph.stores.base import GraphStore

DAY_S = 86_400
MOST_READ = 1000
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


def received(
    context: Context, user: str, *, limit: int | None, now: int, cursor: str | None = None
) -> dict[str, Any]:
    """Messages for a person, the newest first, as ids that their app can look up.

    Raises:
        NotFound: the user is unknown. InputError: the limit is over the policy's maximum, or the cursor is
            not one of this list.
    """
    limit, store = context.policy.checked_limit(limit), context.store.get()
    found_user(store, user)
    all_ = open_items(context, user, now=now)
    items, next_cursor = page_of(all_, _place, limit=limit, cursor=cursor)
    handles = [item["relay_id"] for item in items]
    answer = {"rec_id": keep_marks(context, user, "relays", handles, now=now), "items": items}
    if not all_:
        answer["why_empty"] = _why_empty(store, user)
    return with_cursor(answer, next_cursor)


def _place(item: dict[str, Any]) -> Key:
    """The newest first."""
    return -epoch_of(datetime.fromisoformat(item["at"])), item["relay_id"]


def open_items(context: Context, user: str, *, now: int) -> list[dict[str, Any]]:
    """Messages that a person may read now, the newest first; nobody reads more than `MOST_READ`."""
    store = context.store.get()
    person = found_user(store, user)
    since = now - context.policy.between.relay_days * DAY_S
    found = store.relays_for(person.index, since, MOST_READ)
    circles = sorted({end for _, link in found for end in (link.source, link.target)})
    id_of = dict(zip(circles, store.ids("Circle", circles), strict=True))
    return [
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


def mute(context: Context, user: str, kind: str, thing_id: str, *, muted: bool, now: int) -> None:
    """Want no more messages of a circle, or of all circles of an owner; or want them again.

    Args:
        kind: one of `MUTABLE`.

    Raises:
        NotFound: the user, the circle or the merchant is unknown.
    """
    store = context.store.get()
    person = found_user(store, user)
    label = "Circle" if kind == "circles" else "Merchant"
    (index,) = store.indices(label, [thing_id]).tolist()
    is_known = kind == "circles" or index in store.mutes_of(person.index).owners
    if index < 0 or not (is_known or is_public(store, thing_id)):
        raise NotFound(UNKNOWN_CIRCLE)
    if kind == "circles":
        (store.mute_circle if muted else store.unmute_circle)(person.index, index, now)
    else:
        (store.mute_owner if muted else store.unmute_owner)(person.index, index, now)


def mutes(context: Context, user: str) -> dict[str, list[str]]:
    """What a person wants no messages of. Raises NotFound for an unknown user."""
    store = context.store.get()
    found = store.mutes_of(found_user(store, user).index)
    return {
        "circles": sorted(store.ids("Circle", sorted(found.circles))),
        "owners": sorted(store.ids("Merchant", sorted(found.owners))),
    }


def _why_empty(store: GraphStore, user: str) -> str:
    """Speaks of the person alone, never of a link or an owner."""
    state = store.user_state(user)
    if state is None or not permits(state.consents, Purpose.CIRCLES):
        return "the person has not granted `circles`"
    return "the person is in no circle" if not state.member_of else "nothing was passed on to them"


def _relay_id(link_id: str, key: str) -> str:
    return "rl_" + hashlib.sha256(f"{link_id}\0{key}".encode()).hexdigest()[:24]
