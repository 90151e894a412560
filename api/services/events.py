"""Events: what people do with circles. Each is kept once by its `event_id`.

The app numbers all events; a member with a key or token of their own numbers only theirs. So theirs are kept
under a name made from person and id, and nobody can take an id away from somebody else.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from api.context import Context
from api.schemas.expected import expected
from api.schemas.general import EventRecord
from api.services.batches import Outcome
from api.services.moments import epoch_of
from api.services.owners import UNKNOWN_CIRCLE
from api.services.people import UNKNOWN
from api.services.showings import Lists
from graph.errors import NotFound, RecordError
from graph.policy.eligibility import RECOMMENDABLE
from graph.stores.base import GraphStore
from graph.stores.once import Event, Once

PART = 100  # events of one transaction: other writers wait for it
CLOCK_SKEW_S = 300  # an app's clock may be ahead of ours by this much


@dataclass(frozen=True)
class _Known:
    """The people and circles that a batch names, as the store has them."""

    users: dict[str, int]
    circles: dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Sender:
    """Who sends events. may_see: raises NotFound for the pseudonym of somebody they may not speak for."""

    may_see: Callable[[str], None]
    is_member: bool = False

    def named(self, event_id: str, user: str) -> str:
        """The name under which an event is kept."""
        if not self.is_member:
            return event_id
        return "m-" + hashlib.sha256(f"{user} {event_id}".encode()).hexdigest()[:32]


def take(
    context: Context, given: Sequence[Any], sender: Sender, *, token: str | None = None
) -> dict[str, Any]:
    """Keep events and apply joins, leaves and dismissals.

    Args:
        given: JSON values, checked one by one; a bad one does not stop the others.
        token: of a request that counts once; sent again it is told what the first one did.

    Raises:
        StoreUnavailable: what was committed before stays; repeating the whole batch finishes it.
    """
    store, outcome = context.store.get(), Outcome()
    for start in range(0, len(given), PART):
        once = None if token is None else f"{token}.{start}"
        part = dict(enumerate(given[start : start + PART], start))
        if once is not None and (done := store.done(once)) is not None:
            new = sum(done.result)
            outcome.repeat(done.said, new=new, known=len(done.result) - new)
        else:
            _take_part(context, store, part, sender, outcome, once)
    return outcome.answer()


def _take_part(
    context: Context,
    store: GraphStore,
    given: Mapping[int, Any],
    sender: Sender,
    total: Outcome,
    token: str | None,
) -> None:
    """Keep a part of the events in one transaction, and add what became of them to the total."""
    outcome, now = Outcome(), context.now()
    rows = _rows(context, store, given, sender, outcome)
    once = None if token is None else Once(token, now, outcome.said())
    new = store.add_events(rows, once) if rows else []
    outcome.accepted, outcome.duplicates = sum(new), len(new) - sum(new)
    total.add(outcome)


def _rows(
    context: Context,
    store: GraphStore,
    given: Mapping[int, Any],
    sender: Sender,
    outcome: Outcome,
) -> list[Event]:
    """What is to be kept; the others are rejected."""
    events, rows = _checked(given, outcome), []
    people = dict(zip(events, context.pseudonyms.of_many([e.user_id for e in events.values()]), strict=True))
    known = _look_up(store, set(people.values()), {event.circle_id for event in events.values()})
    lists, now = Lists(context.receipts), context.now()
    for position, event in events.items():
        try:
            user = people[position]
            sender.may_see(user)
            rows.append(_row(event, sender.named(event.event_id, user), user, known, lists, now))
        except (NotFound, RecordError) as error:
            outcome.reject(position, str(error))
    return rows


def _checked(given: Mapping[int, Any], outcome: Outcome) -> dict[int, EventRecord]:
    good = {}
    for position, value in given.items():
        try:
            good[position] = EventRecord.model_validate(value)
        except ValidationError as error:
            outcome.reject(position, first_problem(error))
    return good


def _look_up(store: GraphStore, users: set[str], circles: set[str]) -> _Known:
    user_ids, circle_ids = sorted(users), sorted(circles)
    indices = store.indices("User", user_ids).tolist()
    found = store.describe("Circle", circle_ids)
    pairs = zip(found["index"], found["state"], strict=True)
    return _Known(
        dict(zip(user_ids, indices, strict=True)),
        {circle_id: pair for circle_id, pair in zip(circle_ids, pairs, strict=True) if pair[0] >= 0},
    )


def _row(event: EventRecord, name: str, user: str, known: _Known, lists: Lists, now: int) -> Event:
    if known.users[user] < 0:
        raise NotFound(UNKNOWN)
    if event.circle_id not in known.circles:
        raise NotFound(UNKNOWN_CIRCLE)
    circle, state = known.circles[event.circle_id]
    if event.kind == "join" and state not in RECOMMENDABLE:
        raise RecordError(f"the circle is {state}; nobody can join it now")
    at, position = _moment(event.at, now), None
    if event.kind == "exposure":
        listed = lists.place_of(event.rec_id, user, event.circle_id)
        position = listed if event.position is None else event.position
    elif event.position is not None:
        raise RecordError("position: is of an exposure; leave it out of any other event")
    index = known.users[user]
    return Event(name, event.kind, index, circle, event.rec_id, at, position)


def _moment(given: datetime | None, now: int) -> int:
    at = now if given is None else epoch_of(given)
    if not 0 <= at <= now + CLOCK_SKEW_S:
        raise RecordError("at: lies in the future or before 1970; expected when it happened, RFC 3339")
    return at


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with a record, without its value: it may name a person."""
    entry = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in entry["loc"])
    if not field:
        return "the record is not a JSON object"
    if entry["type"] == "missing":
        return f"{field} is missing"
    if entry["type"] == "extra_forbidden":
        return f"{field} is no field of an event"
    return f"{field}: expected {expected(entry['msg'])}"
