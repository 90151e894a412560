"""Links between strangers: a person's suggestions of the week, one of them, and the answer to it.

Both sides of a pair are shown each other or neither is; until both accept, the other one is a handle. Every
answer is checked against the store as the last step. Whatever is not to be seen (declined, blocked, consent
withdrawn, somebody else's handle, an old one, none at all) goes the same way through the same steps, and ends
in the same `NotFound`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from api.audit import Action, Look
from api.context import Context, wire_parts
from api.services.marks import keep_marks, mark_of
from api.services.moments import written
from api.services.people import UNKNOWN
from api.services.unsettled import unsettled
from graph.errors import IncompatibleVersion, InputError, NotFound
from graph.home import Home
from graph.links.handles import CONNECTED, place_of
from graph.links.periods import DAYS, day_of, period_of, start_of
from graph.links.weeks import Suggestion, Week
from graph.policy.consent import permits
from graph.policy.link_lists import band_of
from graph.policy.link_reasons import sentence
from graph.policy.meeting import Answer, Meeting, State, state_of
from graph.policy.values import Policy
from graph.schema import Purpose
from graph.stores.base import GraphStore

UNKNOWN_LINK = "unknown link, or not visible with this key"
NO_ONE = -1  # an index that nobody has: what an unknown handle is looked up as
_TO_A_CURSOR = "cursor is not one of this list; ask again without it"


@dataclass(frozen=True)
class Found:
    """Whom a handle means to its viewer; NO_ONE for a handle that is not theirs.

    unsettled: suggested before one of the two muted payments.
    """

    other: int
    period: int
    suggestion: Suggestion | None = None
    week: Week | None = None
    unsettled: bool = False


def listed(
    context: Context,
    user: str,
    *,
    now: int,
    limit: int | None = None,
    cursor: str | None = None,
    state: str = "suggested",
    exact: bool = False,
    rec_id: str | None = None,
) -> dict[str, Any]:
    """A person's suggestions of this week, or the people they are linked with.

    Args:
        user: pseudonym. cursor: of an earlier answer; it stays in the list it was made for.
        exact: give the weight, not only its band; for the service scope.
        rec_id: of the receipt; a new one when absent.

    Raises:
        NotFound: the user is unknown. InputError: limit or cursor cannot be used.
        NoPublishedVersion, StoreUnavailable: nothing can be answered, also from what is kept.
    """
    limit = context.policy.checked_limit(limit)
    store, period = context.store.get(), period_of(now)
    viewer = store.user(user)
    if viewer is None:
        raise NotFound(UNKNOWN)
    day, after = _place(cursor, period, day_of(now))
    if state == "connected":
        all_ = [Found(other, CONNECTED) for other in store.links_of(viewer.index).tolist()]
    else:
        all_ = _suggestions(context, viewer.index, period, day)
    named, since = _named(context, viewer.index, all_), start_of(period - 1)
    rest = _to_be_shown(store, viewer.index, named[_start(named, after) :], since)
    page = rest[:limit]
    meetings = _shown(context, store, viewer.index, page, period)
    items = [
        _item(handle, found, meeting, state_, store, exact)
        for (handle, found), meeting in zip(page, meetings, strict=True)
        if (state_ := _visible(found, meeting, since)) is not None
    ]
    week = str(written(start_of(period)))[:10]
    versions = {found.week.version for found in all_ if found.week is not None}
    handles, version = [item["link_id"] for item in items], next(iter(versions), "none")
    seen = [found for handle, found in page if handle in set(handles)]
    _note_seen(context, store, user, dict(zip(handles, seen, strict=True)), now)
    answer: dict[str, Any] = {
        "rec_id": keep_marks(
            context, user, "links", handles, now=now, version=version, rec_id=rec_id, week=week
        ),
        "week": week,
        "until": written(start_of(period + 1)),
        "items": items,
    }
    if len(rest) > limit:
        answer["next_cursor"] = f"{period}.{day}.{page[-1][0]}"
    if not items and cursor is None:
        answer["why_empty"] = _why_empty(context, store, user, period)
    return answer


def links_from_parts(
    home: Home,
    store: GraphStore,
    policy: Policy,
    key: bytes,
    user_id: str,
    *,
    now: int,
    limit: int | None = None,
) -> dict[str, Any]:
    """The same answer without HTTP; `user_id` is the app's account id."""
    context = wire_parts(home, policy, key, store)
    answer = listed(context, context.pseudonyms.of(user_id), now=now, limit=limit, exact=True)
    return {"user_id": user_id, **answer}


def prepare_from_parts(home: Home, store: GraphStore, policy: Policy, key: bytes, *, now: int) -> int:
    """Make this week's suggestions before anybody asks; returns how many pairs there are.

    Among a million people this takes minutes, which nobody should wait for in a request.

    Raises:
        NoPublishedVersion: there is nothing to make them from.
    """
    context = wire_parts(home, policy, key, store)
    period, store_id = period_of(now), context.store.identity()
    week = context.link_weeks.get(context.versions.current(), store, policy, period, store_id)
    return 0 if week is None else len(week.lists.others) // 2


def one(context: Context, user: str, handle: str, *, now: int, exact: bool = False) -> dict[str, Any]:
    """One suggestion or link, by the handle that this user was given.

    Raises:
        NotFound: for every reason alike.
    """
    store = context.store.get()
    viewer = store.user(user)
    index = NO_ONE if viewer is None else viewer.index
    found = _resolve(context, store, index, handle, period_of(now))
    (meeting,) = store.meetings(index, [found.other])
    state = _visible(found, meeting, start_of(period_of(now) - 1))
    if state is None:
        raise NotFound(UNKNOWN_LINK)
    _note_seen(context, store, user, {handle: found}, now)
    return _item(handle, found, meeting, state, store, exact)


def respond(context: Context, user: str, handle: str, answer: Answer, *, now: int) -> dict[str, Any]:
    """Answer a suggestion, or end a link. Giving the same answer again gives the same result.

    Raises:
        NotFound: for every reason alike; a refusal of somebody who was shown is kept all the same.
    """
    store, period = context.store.get(), period_of(now)
    viewer = store.user(user)
    if viewer is None:
        raise NotFound(UNKNOWN_LINK)
    found = _resolve(context, store, viewer.index, handle, period)
    since = start_of(period - 1)
    (meeting,) = store.meetings(viewer.index, [found.other])
    is_hidden = found.unsettled and not meeting.linked
    other = NO_ONE if is_hidden and answer is Answer.ACCEPT else found.other
    told = store.answer_suggestion(
        viewer.index, other, answer, period=max(found.period, 0), since=since, at=now
    )
    if told is None or is_hidden:
        raise NotFound(UNKNOWN_LINK)
    value = {"link_id": handle, "state": told.value}
    if told is not State.CONNECTED:
        return value
    _note_seen(context, store, user, {handle: found}, now)
    return value | _name(store, found.other)


def _note_seen(context: Context, store: GraphStore, user: str, seen: dict[str, Found], now: int) -> None:
    """Write down who was shown, under the secret of whom it concerns: for the viewer all handles, for each of
    the others the handle by which the viewer knows them."""
    if not seen:
        return
    others = [found.other for found in seen.values()]
    version = next((found.week.version for found in seen.values() if found.week), None)
    context.audit.look(
        Look(Action.LINKS_SEEN, " ".join(seen), user, version),
        at=now,
        within=lambda: [
            Look(Action.LINK_SEEN, handle, other, version)
            for handle, other in zip(seen, store.ids("User", others), strict=True)
        ],
    )


def _suggestions(context: Context, viewer: int, period: int, day: int) -> list[Found]:
    store_id = context.store.identity()
    week = context.link_weeks.find(period, store_id)
    if week is None:
        served, store = context.versions.current(), context.store.get()
        week = context.link_weeks.get(served, store, context.policy, period, store_id)
    found = [] if week is None else [Found(s.other, period, s, week) for s in week.of(viewer, day)]
    return _settled(context, viewer, found)


def _resolve(context: Context, store: GraphStore, viewer: int, handle: str, period: int) -> Found:
    """Whom a handle means to this viewer: of this week, the one before, or linked with them."""
    known = _known(context, store, viewer, period)
    place = place_of(handle, _handles(context, viewer, known))
    return known[place] if place >= 0 else Found(NO_ONE, period)


def _known(context: Context, store: GraphStore, viewer: int, period: int) -> list[Found]:
    """Whom this week and the one before suggest to a viewer, and whom they are linked with."""
    store_id, known, last = context.store.identity(), [], DAYS - 1
    for number in (period, period - 1):
        if week := context.link_weeks.find(number, store_id):
            known += [Found(s.other, number, s, week) for s in week.of(viewer, last)]
    known = _settled(context, viewer, known)
    return known + [Found(other, CONNECTED) for other in store.links_of(viewer).tolist()]


def _settled(context: Context, viewer: int, found: Sequence[Found]) -> list[Found]:
    """The same, saying of each suggestion whether it may rest on what was muted since."""
    made_of: dict[int, set[str]] = {}
    for entry in found:
        made_of.setdefault(entry.other, set()).add(entry.week.version if entry.week else "")
    hidden = unsettled(context.store.get(), viewer, made_of, partial(_newest_change, context))
    return [replace(entry, unsettled=entry.other in hidden) for entry in found]


def _newest_change(context: Context, version: str) -> int:
    """The last change that a version knows; 0 where it is not kept: that hides too much, never too little."""
    try:
        return int(context.versions.registry.manifest(version)["store_seq"])
    except (NotFound, IncompatibleVersion):
        return 0


def visible_marks(context: Context, user: str, *, now: int) -> frozenset[str]:
    """Marks of the handles that a person can still look at; nobody is shown by asking.

    Args:
        user: pseudonym; nothing is visible to one who is unknown.
    """
    store, period = context.store.get(), period_of(now)
    viewer = store.user(user)
    if viewer is None:
        return frozenset()
    known, since = _known(context, store, viewer.index, period), start_of(period - 1)
    handles = _handles(context, viewer.index, known)
    meetings = store.meetings(viewer.index, [found.other for found in known])
    return frozenset(
        mark_of(handle)
        for handle, found, meeting in zip(handles, known, meetings, strict=True)
        if _visible(found, meeting, since) is not None
    )


def _named(context: Context, viewer: int, found: Sequence[Found]) -> list[tuple[str, Found]]:
    """With their handles, best bands first and within a band by handle: the order says nothing finer."""
    rank = {"strong": 0, "good": 1, "some": 2}
    pairs = zip(_handles(context, viewer, found), found, strict=True)
    return sorted(pairs, key=lambda pair: (_day(pair[1]), rank[_band(pair[1])], pair[0]))


def _handles(context: Context, viewer: int, found: Sequence[Found]) -> list[str]:
    return [context.handles.of(viewer, [f.other], f.period)[0] for f in found]


def _day(found: Found) -> int:
    return found.suggestion.day if found.suggestion else 0


def _band(found: Found) -> str:
    return band_of(found.suggestion.weight) if found.suggestion else "strong"


def _shown(
    context: Context, store: GraphStore, viewer: int, page: Sequence[tuple[str, Found]], period: int
) -> list[Meeting]:
    """Keep that these, who are visible, are shown; then what is known of them as the very last step."""
    others = [found.other for _, found in page]
    new = context.link_weeks.not_yet_shown(viewer, period, [f.other for _, f in page if f.suggestion])
    if new:
        store.show_suggestions(viewer, new, period)
        context.link_weeks.remember_shown(viewer, period, new)
    return store.meetings(viewer, others) if others else []


def _to_be_shown(
    store: GraphStore, viewer: int, named: Sequence[tuple[str, Found]], since: int
) -> list[tuple[str, Found]]:
    """Those that are visible now: pages are filled with them, so that no gap tells of anybody hidden."""
    meetings = store.meetings(viewer, [found.other for _, found in named]) if named else []
    pairs = zip(named, meetings, strict=True)
    return [entry for entry, meeting in pairs if _visible(entry[1], meeting, since) is not None]


def _visible(found: Found, meeting: Meeting, since: int) -> State | None:
    """How it stands; people who were linked but are not any more have no state."""
    state = state_of(meeting, since)
    is_linked_only = found.suggestion is None or found.unsettled
    return None if is_linked_only and state is not State.CONNECTED else state


def _item(
    handle: str, found: Found, meeting: Meeting, state: State, store: GraphStore, exact: bool
) -> dict[str, Any]:
    item: dict[str, Any] = {"link_id": handle, "state": state.value}
    if state is State.CONNECTED:
        item |= _name(store, found.other)
    if found.suggestion is None or found.week is None:
        return item
    suggestion, lists = found.suggestion, found.week.lists
    reason = lists.reasons[suggestion.reason]
    item["band"] = band_of(suggestion.weight)
    item["reason"] = {"text": sentence(reason, "en"), "text_zh": sentence(reason, "zh")}
    if exact:
        item["weight"] = round(suggestion.weight, 3)
        item["uncertainty"] = round(suggestion.uncertainty, 3)
        item["calibrated"] = lists.calibrated
    return item


def _name(store: GraphStore, other: int) -> dict[str, Any]:
    """Who the other one is: their pseudonym, which the app can tell from its accounts."""
    return {"other": store.ids("User", [other])[0]}


def _place(cursor: str | None, period: int, day: int) -> tuple[int, str | None]:
    """Day of a list and the handle after which a page begins; its place in the list would tell of gaps.

    Raises:
        InputError: the cursor is of another week, or of nothing.
    """
    if cursor is None:
        return day, None
    parts = cursor.split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdecimal() and len(p) < 10 for p in parts[:2]):
        raise InputError(_TO_A_CURSOR)
    if int(parts[0]) != period or int(parts[1]) > day:
        raise InputError(_TO_A_CURSOR)
    return int(parts[1]), parts[2]


def _start(named: Sequence[tuple[str, Found]], after: str | None) -> int:
    """Where a page begins. Raises InputError for a handle that is not in the list."""
    if after is None:
        return 0
    for place, (handle, _) in enumerate(named):
        if handle == after:
            return place + 1
    raise InputError(_TO_A_CURSOR)


def _why_empty(context: Context, store: GraphStore, user: str, period: int) -> str:
    """Speaks of the person alone, never of anybody else."""
    state = store.user_state(user)
    if state is None or not permits(state.consents, Purpose.LINKS):
        return "the person has not granted `links`"
    if not state.user.adult:
        return "links are for adults, and the account is not marked as one"
    if context.link_weeks.find(period, context.store.identity()) is None:
        return "the suggestions of this week are not there yet"
    return "nobody is suggested now"
