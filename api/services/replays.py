"""Receipts of earlier answers, and the same answers made again.

A replay begins from what the receipt kept and the version it names, and shows of it only what may be shown
today: consents, dismissals, blocks and quarantines of now hold. It keeps nothing and shows nobody anything
new.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.audit import Action, record
from api.context import Context
from api.receipts import Aside, Receipt, whole
from api.services import invitations, links, relays
from api.services.circles import recommend
from api.services.marks import mark_of
from api.services.moments import written
from api.services.paging import pinned, shown_until
from api.services.ranking import Question
from api.services.shelf import Shelves, why_not_shown
from api.tombstones import covers
from graph.errors import CursorExpired, NotFound, StoreUnavailable, VersionError
from graph.policy.consent import permits
from graph.policy.eligibility import ready_at
from graph.schema import Purpose
from graph.stores.base import Circle, UserState

UNKNOWN_RECEIPT = "unknown recommendation, or its person was forgotten"
FOR_OPERATORS = ("filters",)  # of a content
OF_A_LIST = ("items", "candidates", "exploration", "filters")  # of a content; what tells of its circles
OWN_DEEDS = ("join", "leave", "dismiss", "report")  # what the app showed is the list again


@dataclass(frozen=True)
class Today:
    """A circle as it is now. why_not: see `shelf.why_not_shown`."""

    circle: Circle
    why_not: str | None


def find(context: Context, rec_id: str, *, is_operator: bool = False) -> dict[str, Any]:
    """What was answered, and what the app said that followed.

    A list that rests on payments is withheld once the person took back what it rests on: the consent, or a
    payment that they muted since; and while nobody can know whether they did.

    Args:
        is_operator: also what the filters kept out.

    Raises:
        NotFound: unknown, or of somebody who was forgotten since: both look the same.
    """
    receipt = _receipt(context, rec_id)
    if receipt is None:
        raise NotFound(UNKNOWN_RECEIPT)
    if is_operator:
        record(context, Action.RECEIPT_SEEN, object=rec_id, person=receipt.user_id)
    why = _why_nothing_personal_now(context, receipt)
    hidden = {*(() if is_operator else FOR_OPERATORS), *(OF_A_LIST if why else ())}
    return {
        "rec_id": receipt.rec_id,
        "user": receipt.user_id,
        "version": receipt.version,
        "snapshot_id": receipt.snapshot_id,
        "policy_id": receipt.policy_id,
        "at": written(receipt.at),
        "content": {
            name: _candidates(context, receipt) if name == "candidates" else value
            for name, value in receipt.content.items()
            if name not in hidden
        }
        | ({"items": []} if why else {}),
        "withheld": {why: len(receipt.content["items"])} if why else {},
        "events": _events(context, receipt, only=OWN_DEEDS if why else None),
    }


def _why_nothing_personal_now(context: Context, receipt: Receipt) -> str | None:
    """Why a receipt tells no list today; None where it does, or is of something else.

    Raises:
        NotFound: the person was forgotten.
    """
    if not receipt.content.get("personalised"):
        return None
    try:
        state = context.store.get().user_state(receipt.user_id)
        if state is None:
            raise NotFound(UNKNOWN_RECEIPT)
        return _why_nothing_personal(receipt, state, has_muted=_has_muted(context, receipt, state))
    except StoreUnavailable:
        return "not_known"


def _candidates(context: Context, receipt: Receipt) -> dict[str, list[str] | None]:
    """Candidates by source; those of a published list from its version, null when that is not kept."""
    kept: dict[str, list[str] | None] = receipt.content["candidates"]
    if None not in kept.values():
        return kept
    try:
        version = pinned(context, receipt.version).versions.current().version
    except (CursorExpired, VersionError):
        return kept
    found = version.lists.entry(receipt.user_id)
    listed = None if found is None else [version.circles[row] for row in found.rows.tolist()]
    return {source: listed if circles is None else circles for source, circles in kept.items()}


def replay(context: Context, rec_id: str, *, now: int, is_operator: bool = False) -> dict[str, Any]:
    """An earlier answer under the rules of today; see `api/README.md`. An operator's look is written down.

    Raises:
        NotFound: unknown.
        StoreUnavailable: what holds today is not known, so nothing is replayed.
    """
    receipt = _receipt(context, rec_id)
    if receipt is None:
        if context.receipts.find(rec_id) or context.receipts.is_erased(rec_id):
            return {"rec_id": rec_id, "state": "erased"}
        raise NotFound(UNKNOWN_RECEIPT)
    state = context.store.get().user_state(receipt.user_id)
    if state is None:  # being erased
        return {"rec_id": rec_id, "state": "erased"}
    if is_operator:
        record(context, Action.RECEIPT_SEEN, object=rec_id, person=receipt.user_id)
    head = {"rec_id": rec_id, "version": receipt.version, "at": written(receipt.at)}
    kind = receipt.content.get("kind", "circles")
    if kind == "circles":
        return head | _circles(context, receipt, state, now)
    return head | _marked(receipt, _still_shown(context, kind, receipt.user_id, now))


def shown_again(
    context: Context, rec_id: str, *, now: int, known: dict[str, Mapping[str, Today]]
) -> dict[str, Any]:
    """A list of circles as it may be shown now, without asking whether it could be made again.

    Args:
        known: version -> circles of today; filled here, for a caller that asks for many lists at one moment.

    Raises:
        StoreUnavailable: what holds today is not known.
    """
    receipt = _receipt(context, rec_id)
    state = None if receipt is None else context.store.get().user_state(receipt.user_id)
    if receipt is None or state is None:
        return {"state": "erased"}
    try:
        if receipt.version not in known:
            known[receipt.version] = _todays(pinned(context, receipt.version), now)
    except (CursorExpired, VersionError):
        return {"rec_id": rec_id, "state": "version_gone"}
    items, _ = _kept(receipt, state, known[receipt.version], has_muted=_has_muted(context, receipt, state))
    is_personal = receipt.content["personalised"]
    return {"rec_id": rec_id, "state": "ready", "personalised": is_personal, "items": items}


def _receipt(context: Context, rec_id: str) -> Receipt | None:
    """A receipt; None also for one of somebody who is being erased, of before they asked for it."""
    receipt = context.receipts.find(rec_id)
    is_gone = receipt is not None and covers(context.db, receipt.user_id, receipt.at)
    return None if is_gone else receipt


def _circles(context: Context, receipt: Receipt, state: UserState, now: int) -> dict[str, Any]:
    try:
        at_version = pinned(context, receipt.version)
        todays = _todays(at_version, now)
    except (CursorExpired, VersionError):
        return {"kind": "circles", "state": "version_gone"}
    items, withheld = _kept(receipt, state, todays, has_muted=_has_muted(context, receipt, state))
    return {
        "kind": "circles",
        "state": "replayed",
        "same": not withheld,
        "remade": _is_remade(at_version, receipt, [today.circle for today in todays.values()]),
        "items": items,
        "withheld": withheld,
    }


def _todays(context: Context, now: int) -> dict[str, Today]:
    """Circles that the version of this context knows, by id."""
    served, store = context.versions.current(), context.store.get()
    shelf = context.shelves.live(served, store, context.policy, now)
    return {
        circle.circle_id: Today(circle, why_not_shown(circle, context.policy, now))
        for circle in shelf.circles
        if circle is not None
    }


def _kept(
    receipt: Receipt, state: UserState, todays: Mapping[str, Today], *, has_muted: bool
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """What may be shown today of an earlier list, and why not the rest.

    Args:
        has_muted: whether the person muted payments since.
    """
    kept, withheld = [], Counter[str]()
    for place, item in enumerate(receipt.content["items"], start=1):
        why = _why_withheld(receipt, state, todays.get(item["circle_id"]), has_muted=has_muted)
        if why is None:
            told = {name: item[name] for name in ("circle_id", "score")}
            kept.append({"position": item.get("position", place), **told})
        else:
            withheld[why] += 1
    return kept, dict(withheld)


def _has_muted(context: Context, receipt: Receipt, state: UserState) -> bool:
    """Whether the person muted payments since: an earlier list may rest on them."""
    mutes = context.store.get().payment_mutes([state.user.index])
    return any(mute.merchants and mute.at >= receipt.at for mute in mutes)


def _why_withheld(receipt: Receipt, state: UserState, today: Today | None, *, has_muted: bool) -> str | None:
    """Why a circle of an earlier list is not shown today; None when it is."""
    if why := _why_nothing_personal(receipt, state, has_muted=has_muted):
        return why
    if today is None:
        return "gone"
    if today.why_not is not None:
        return today.why_not
    if receipt.content.get("reason") == "non_profiling":  # the same for everybody, whatever they did
        return None
    seen = {"joined": state.member_of, "dismissed": state.dismissed, "left": state.left}
    return next((name for name, circles in seen.items() if today.circle.index in circles), None)


def _why_nothing_personal(receipt: Receipt, state: UserState, *, has_muted: bool) -> str | None:
    """Why a list that rests on payments may not be shown today; None where it may, or rests on none."""
    if not receipt.content["personalised"]:
        return None
    if not permits(state.consents, Purpose.CIRCLES):
        return "consent"
    return "muted" if has_muted else None


def _is_remade(context: Context, receipt: Receipt, circles: Iterable[Circle]) -> bool:
    """Whether the version, asked again for that moment, gives the same list to the last bit.

    False where what it is made from has changed since: payments, joins, showings, circles, the policy.
    """
    asked, aside = receipt.content["asked"], Aside()
    page = receipt.content.get("page")
    before = context.receipts.find(page["after"]) if page else None
    question = Question(
        receipt.user_id,
        limit=asked["limit"],
        scene=asked["scene"],
        exclude=asked["exclude"],
        explain=False,
        personal=asked["mode"] == "personal",
        after=shown_until(context.receipts, before) if before else (),
        previous=page["after"] if page else None,
    )
    days = context.policy.lifecycle.waiting_days
    then = replace(context, receipts=aside)
    if any(ready_at(circle.created_at, days) > receipt.at for circle in circles):
        then = replace(then, shelves=Shelves())  # what waited then waits in this one
    try:
        recommend(then, question, now=receipt.at)
    except StoreUnavailable:
        return False
    return aside.kept is not None and _made(whole(aside.kept.content)) == _made(receipt.content)


def _made(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a version makes of a question: not its published list, which receipts of before repeated."""
    candidates = {s: circles for s, circles in content["candidates"].items() if s != "precomputed"}
    return {**content, "candidates": candidates}


def _still_shown(context: Context, kind: str, user: str, now: int) -> Collection[str]:
    """Marks of what this person would be shown now."""
    if kind == "links":
        return links.visible_marks(context, user, now=now)
    if kind == "invitations":
        return [mark_of(item["invitation_id"]) for item in invitations.open_items(context, user, now=now)]
    return [mark_of(item["relay_id"]) for item in relays.open_items(context, user, now=now)]


def _marked(receipt: Receipt, still: Collection[str]) -> dict[str, Any]:
    """Of what is told about other people only counts are given, and one reason for all of them."""
    shown = receipt.content["shown"]
    gone = sum(mark not in still for mark in shown)
    return {
        "kind": receipt.content["kind"],
        "state": "replayed",
        "same": not gone,
        "shown": len(shown) - gone,
        "withheld": {"not_visible": gone} if gone else {},
    }


def _events(
    context: Context, receipt: Receipt, *, only: Collection[str] | None
) -> list[dict[str, Any]] | None:
    """Exposures and what followed, by circle; None while the store does not answer.

    only: kinds to tell; None for all.
    """
    if receipt.content.get("kind", "circles") != "circles":
        return []
    try:
        store = context.store.get()
        user = store.user(receipt.user_id)
        found = store.events_of(user.index, receipt.rec_id) if user is not None else {"circle": ()}
        ids = store.ids("Circle", list(found["circle"]))
    except (StoreUnavailable, NotFound):
        return None
    rows = zip(ids, found["kind"], found["position"], found["at"], strict=True) if ids else ()
    named = [
        {"circle_id": id_, "kind": kind, "position": at, "at": written(t)}
        for id_, kind, at, t in rows
        if only is None or kind in only
    ]
    return [{name: value for name, value in row.items() if value is not None} for row in named]
