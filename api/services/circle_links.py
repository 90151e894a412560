"""Links between circles: proposed by one owner, open once both accept, closed when either withdraws.

An owner learns of links that one of their own circles is an end of, and of no other. Whatever they may not
see (no such circle, no such link, somebody else's, one behind the wall) is the same `NotFound`.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from api.audit import Action, record
from api.context import Context
from api.services.moments import written
from api.services.owners import UNKNOWN_CIRCLE
from api.services.pages import Key, page_of, with_cursor
from api.services.shelf import may_be_shown
from api.services.walls import is_private_topic, is_walled
from graph.errors import GateRefused, InputError, NotFound
from graph.policy.circle_links import UNKNOWN_LINK, LinkNow, checked_terms
from graph.stores.base import Circle, GraphStore


def propose(
    context: Context,
    owner: str,
    source_id: str,
    target_id: str,
    topics: Sequence[str],
    rate: int,
    *,
    now: int,
    token: str | None = None,
) -> dict[str, Any]:
    """Propose that messages pass from one circle to the members of another, or accept what the other owner
    proposed in the same words.

    Args:
        owner: merchant id; accepts at once for the circle that is theirs. rate: messages in seven days.
        token: of a request that counts once; sent again it finds the link that it made.

    Raises:
        NotFound: a circle is unknown or not to be linked, or neither is the owner's.
        InputError: topics or rate cannot be used, or both circles are one.
        GateRefused: the owner's own circle is new, closed, quarantined, risky or behind the wall.
        WrongState: the two have a link with other terms.
    """
    terms = checked_terms(topics, rate, most_per_week=context.policy.between.max_rate)
    for topic in terms.topics:
        if is_private_topic(context, topic):
            raise InputError(f"topic {topic!r} is sensitive, or of finance or credit: no link carries it")
    store = context.store.get()
    link_id = f"cl_{secrets.token_hex(8) if token is None else token[:16]}"
    if token is not None and (before := store.circle_link(link_id)) is not None:
        return _out(store, [before])[0]
    source, target = store.circle(source_id), store.circle(target_id)
    if source is None or target is None or owner not in (source.owner_id, target.owner_id):
        raise NotFound(UNKNOWN_CIRCLE)
    for circle in (source, target):
        _check_may_be_linked(context, circle, owner, now)
    record(context, Action.CIRCLE_LINK_PROPOSED, object=f"{link_id} from {source_id} to {target_id}")
    made = store.propose_circle_link(
        link_id,
        source.index,
        target.index,
        terms,
        owner=merchant_index(store, owner),
        at=now,
    )
    return _out(store, [made])[0]


def accept(context: Context, owner: str, link_id: str, *, now: int) -> dict[str, Any]:
    """Accept for the circle that is the owner's; twice is once.

    Raises:
        NotFound: unknown, or neither circle is the owner's. InputError: the link is closed.
    """
    one(context, owner, link_id)
    record(context, Action.CIRCLE_LINK_ACCEPTED, object=link_id)
    store = context.store.get()
    return _out(store, [store.accept_circle_link(link_id, owner=merchant_index(store, owner), at=now)])[0]


def withdraw(context: Context, owner: str | None, link_id: str, *, now: int) -> dict[str, Any]:
    """Close a link for good; owner None: the operator. Raises NotFound as `accept` does."""
    one(context, owner, link_id)
    record(context, Action.CIRCLE_LINK_CLOSED, object=link_id)
    store = context.store.get()
    by = None if owner is None else merchant_index(store, owner)
    return _out(store, [store.withdraw_circle_link(link_id, owner=by, at=now)])[0]


def listed(
    context: Context,
    owner: str | None,
    circle_id: str | None = None,
    *,
    limit: int | None = None,
    cursor: str | None = None,
) -> dict[str, Any]:
    """The links of an owner's circles, or of one circle; all of them for the operator. The oldest first.

    Args:
        limit: None for all. cursor: `next_cursor` of the page before.

    Raises:
        NotFound: the circle is unknown or another merchant's. InputError: the cursor cannot be used.
    """
    store = context.store.get()
    circles = [circle for circle in store.circles() if owner is None or circle.owner_id == owner]
    if circle_id is not None:
        circles = [circle for circle in circles if circle.circle_id == circle_id]
        if not circles:
            raise NotFound(UNKNOWN_CIRCLE)
    everything = owner is None and circle_id is None
    found = store.circle_links(None if everything else [circle.index for circle in circles])
    shown, next_cursor = page_of(found, _place, limit=limit or len(found), cursor=cursor)
    return with_cursor({"items": _out(store, shown)}, next_cursor)


def _place(now: LinkNow) -> Key:
    return now.link.proposed_at, now.link.link_id


def one(context: Context, owner: str | None, link_id: str) -> dict[str, Any]:
    """One link. Raises NotFound as `accept` does."""
    store = context.store.get()
    found = store.circle_link(link_id)
    if found is None or (owner is not None and not found.is_run_by(merchant_index(store, owner))):
        raise NotFound(UNKNOWN_LINK)
    return _out(store, [found])[0]


def merchant_index(store: GraphStore, owner: str) -> int:
    """The index of a merchant; -1, which runs nothing, for one that the store does not know."""
    return int(store.indices("Merchant", [owner])[0])


def _check_may_be_linked(context: Context, circle: Circle, owner: str, now: int) -> None:
    """Only what may be recommended to strangers; says why of the owner's own circle only."""
    if may_be_shown(circle, context.policy, now) and not is_walled(context, circle):
        return
    if circle.owner_id != owner:
        raise NotFound(UNKNOWN_CIRCLE)
    raise GateRefused(
        f"circle {circle.circle_id!r} takes no links: it is new, closed or quarantined, or about something "
        "risky, sensitive, finance or credit"
    )


def _out(store: GraphStore, found: Sequence[LinkNow]) -> list[dict[str, Any]]:
    ends = sorted({end for now in found for end in (now.link.source, now.link.target)})
    id_of = dict(zip(ends, store.ids("Circle", ends), strict=True))
    return [
        {
            "link_id": now.link.link_id,
            "from": id_of[now.link.source],
            "to": id_of[now.link.target],
            "topics": list(now.link.terms.topics),
            "rate": now.link.terms.per_week,
            "state": now.state.value,
            "carries": now.carries,
            "accepted": {"from": now.source_accepts, "to": now.target_accepts},
            "proposed_at": written(now.link.proposed_at),
            "opened_at": written(now.link.opened_at),
            "closed_at": written(now.link.closed_at),
        }
        for now in found
    ]
