"""Events: what people do with circles. Each is kept once by its `event_id`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from api.context import Context
from api.schemas.general import EventRecord
from api.services.batches import Outcome
from api.services.moments import epoch_of
from api.services.owners import UNKNOWN_CIRCLE
from api.services.people import UNKNOWN
from api.services.showings import Lists
from graph.errors import NotFound, RecordError
from graph.policy.eligibility import RECOMMENDABLE
from graph.stores.base import GraphStore

CLOCK_SKEW_S = 300  # an app's clock may be ahead of ours by this much


@dataclass(frozen=True)
class _Known:
    """The people and circles that a batch names, as the store has them."""

    users: dict[str, int]
    circles: dict[str, tuple[int, str]]


def take(context: Context, given: Sequence[Any], may_see: Callable[[str], None]) -> dict[str, Any]:
    """Keep events and apply joins, leaves and dismissals.

    Args:
        given: JSON values, checked one by one; a bad one does not stop the others.
        may_see: raises NotFound for the pseudonym of somebody the caller may not speak for.

    Raises:
        StoreUnavailable: what was committed before stays; repeating the whole batch finishes it.
    """
    store, outcome, now = context.store.get(), Outcome(), context.now()
    events = _checked(given, outcome)
    people = dict(zip(events, context.pseudonyms.of_many([e.user_id for e in events.values()]), strict=True))
    known = _look_up(store, set(people.values()), {event.circle_id for event in events.values()})
    lists = Lists(context.receipts)
    for position, event in events.items():
        try:
            may_see(people[position])
            new = _keep(store, event, people[position], known, lists, now)
        except (NotFound, RecordError) as error:
            outcome.reject(position, str(error))
        else:
            outcome.accepted += new
            outcome.duplicates += not new
    return outcome.answer()


def _checked(given: Sequence[Any], outcome: Outcome) -> dict[int, EventRecord]:
    good = {}
    for position, value in enumerate(given):
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


def _keep(store: GraphStore, event: EventRecord, user: str, known: _Known, lists: Lists, now: int) -> bool:
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
    return store.add_event(event.event_id, event.kind, index, circle, event.rec_id, at, position)


def _moment(given: datetime | None, now: int) -> int:
    at = now if given is None else epoch_of(given)
    if not 0 <= at <= now + CLOCK_SKEW_S:
        raise RecordError("at: lies in the future or before 1970; expected when it happened, RFC 3339")
    return at


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with a record, without its value: it may name a person."""
    entry = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in entry["loc"]) or "record"
    return f"{field}: {entry['msg']}"
