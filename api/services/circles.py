"""Circles for a person: retrieve -> filter -> rank -> explain, and a receipt.

With the person's consent the list comes from what they did; without it, from what is popular, and nothing of
their payments is looked at. What they joined, dismissed or left never comes back by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import orjson

from api.context import Context, wire_parts
from api.receipts import USUAL_STATE, Receipt, Row, new_rec_id, row_of
from api.services.cursors import asked
from api.services.explaining import tell
from api.services.exploring import draw, pool_of
from api.services.hits import filters_hit
from api.services.moments import written
from api.services.ranking import (
    Person,
    Picked,
    Question,
    Source,
    filter_,
    known,
    look_up,
    needed,
    rank,
    retrieve,
    sinking_of,
    state_of,
)
from api.services.remembered import Made, mark_of
from api.services.shelf import Shelf, published_shelf
from api.services.written import items_of, kept_json, shown_score, spelt_of
from api.tombstones import is_being_erased
from api.versions import Served
from graph.errors import InputError, NotFound, StoreUnavailable
from graph.home import Home
from graph.policy.values import Policy
from graph.schema import SCENES
from graph.stores.base import GraphStore

MOST_PAGED = 1000  # circles of one list over all of its pages; nobody reads further
DEGRADED_NOTE = (
    "The graph store does not answer: this is the published list. Consents, joins, dismissals and states of "
    "circles since then are not known."
)


def recommend(
    context: Context,
    question: Question,
    *,
    now: int,
    as_json: bool = False,
    person_of: Callable[..., Person] = look_up,
    rec_id: str | None = None,
) -> dict[str, Any]:
    """Answer with circles; keeps a receipt.

    Args:
        as_json: give the circles as a fragment of JSON, for an answer that becomes JSON at once. One that was
            made from the same before is not made again, see `Remembered`.
        person_of: who asks, as `look_up` gives them; not with `as_json`.
        rec_id: of the receipt; a new one when absent.

    Raises:
        InputError: the limit is over the policy's maximum, or the scene is unknown.
        NotFound: the user is unknown.
        NoPublishedVersion, IncompatibleVersion: there is nothing to answer from.
    """
    limit = _checked_limit(question, context.policy)
    served = context.versions.current()
    if as_json:
        made = _as_json(context, served, question, limit, now)
        return _answer(context, served, question, made, orjson.Fragment(b"".join(made.items)), now, rec_id)
    person, shelf = _found(context, served, question, person_of, now)
    made = _made(context, served, question, person, shelf, limit, now, as_json=False)
    return _answer(context, served, question, made, made.items, now, rec_id)


def _as_json(context: Context, served: Served, question: Question, limit: int, now: int) -> Made:
    """The list that was made from the same before, else a new one."""
    policy, user, erasures = context.policy, question.user, context.remembered.erasures()
    try:
        store = context.store.get()
        state = state_of(context, served, store, user)
        shelf = context.shelves.live(served, store, policy, now, state.circles_seq)
    except StoreUnavailable:
        return _made(context, served, question, *_away(context, served, user, now), limit, now, as_json=True)
    except NotFound:
        context.remembered.forget(user)
        raise
    sinks = sinking_of(state, served, policy.feedback, now)
    mark = mark_of(question, limit, state, sinks, policy, now)
    made = context.remembered.find(user, shelf, erasures, mark)
    if made is None:
        person = known(context, served, question, state, now)
        made = _made(context, served, question, person, shelf, limit, now, as_json=True)
        context.remembered.keep(user, shelf, erasures, mark, made)
    return made


def _made(
    context: Context,
    served: Served,
    question: Question,
    person: Person,
    shelf: Shelf,
    limit: int,
    now: int,
    *,
    as_json: bool,
) -> Made:
    """The list of a person, from the first step to the last."""
    allowed, rules = filter_(served, shelf, person, question), context.policy.feedback
    # A published list may be short while the store is down; no list is longer than what is allowed.
    wanted = min(limit + len(person.sinking), allowed.num)
    enough = wanted if person.state else 1
    sources = list(needed(retrieve(served, person, question, allowed, limit), allowed, enough))
    ranked = rank(sources, shelf, person, allowed, limit)
    lot = context.lots.of(question.user, now, len(question.after))
    picked = draw(ranked, sources[-1], served, shelf, person, allowed, question.scene, rules, lot)
    rows = [pick.row for pick in picked] if question.explain else []
    told = tell(context.policy, served, person, sources[0].entry, rows)
    content = _told(person, question, limit, sources, served.circle_ids, picked)
    if (pool := pool_of(picked, allowed, rules, person.explores)) is not None:
        content["exploration"] = pool
    content["filters"] = filters_hit(shelf, person, question)
    has_more = allowed.num > len(picked) > 0 and len(question.after) + len(picked) < MOST_PAGED
    why_empty = None if picked else _why_empty(question, shelf, person)
    if not as_json:
        listed = items_of(picked, [served.words.listed(each) for each in told])
        return Made(listed, has_more, why_empty, content)
    parts = spelt_of(picked, [served.words.spelt(each) for each in told], shelf)
    counted = _counted(content["source"], content["personalised"], content["reason"])
    return Made(parts, has_more, why_empty, counted, kept_json(content))


def _found(
    context: Context, served: Served, question: Question, person_of: Callable[..., Person], now: int
) -> tuple[Person, Shelf]:
    """The person and the circles as the store knows them; while it is away, as they were published."""
    try:
        store = context.store.get()
        person = person_of(context, served, store, question, now)
        seq = None if person.state is None else person.state.circles_seq
        return person, context.shelves.live(served, store, context.policy, now, seq)
    except StoreUnavailable:
        return _away(context, served, question.user, now)


def _away(context: Context, served: Served, user: str, now: int) -> tuple[Person, Shelf]:
    """Somebody of whom nothing is known, and the circles as they were published: the store is away."""
    has_list = not is_being_erased(context.db, user)
    return Person(None, None, "store_unavailable", has_list), published_shelf(served, context.policy, now)


def _answer(
    context: Context,
    served: Served,
    question: Question,
    made: Made,
    items: Any,
    now: int,
    rec_id: str | None,
) -> dict[str, Any]:
    """Name a list, and keep its receipt before it is told."""
    rec_id, version, content = rec_id or new_rec_id(), served.version, made.content
    receipt = Receipt(
        rec_id=rec_id,
        user_id=question.user,
        version=version.name,
        snapshot_id=version.manifest.get("snapshot_id"),
        policy_id=context.policy.policy_id,
        at=now,
        content=content,
        spelt=made.spelt,
    )
    context.receipts.keep(receipt)
    answer = {
        "rec_id": rec_id,
        "version": version.name,
        "as_of": written(version.manifest["as_of"]),
        "personalised": content["personalised"],
        "degraded": False,
        "items": items,
    }
    if (reason := content["reason"]) is not None:
        answer["reason"] = reason
        if reason == "store_unavailable":
            answer |= {"degraded": True, "note": DEGRADED_NOTE}
    if made.has_more:
        answer["next_cursor"] = context.cursors.of(rec_id)
    if made.why_empty is not None:
        answer["why_empty"] = made.why_empty
    return answer


def recommend_from_parts(
    home: Home,
    store: GraphStore,
    policy: Policy,
    key: bytes,
    user_id: str,
    *,
    now: int,
    limit: int | None = None,
    scene: str | None = None,
    exclude: Sequence[str] = (),
) -> dict[str, Any]:
    """The same answer without HTTP; `user_id` is the app's account id."""
    context = wire_parts(home, policy, key, store)
    question = Question(context.pseudonyms.of(user_id), limit=limit, scene=scene, exclude=exclude)
    answer = recommend(context, question, now=now)
    answer.pop("next_cursor", None)  # there is nowhere to send it to
    return {"user_id": user_id, **answer}


def _checked_limit(question: Question, policy: Policy) -> int:
    limit = policy.checked_limit(question.limit)
    if question.scene is not None and question.scene not in SCENES:
        raise InputError(f"scene is {question.scene!r}; expected one of {', '.join(SCENES)}")
    return limit


def _why_empty(question: Question, shelf: Shelf, person: Person) -> str:
    if not shelf.recommendable.any():
        return "no circle is open"
    if question.scene is not None and not (shelf.recommendable & shelf.in_scene(question.scene)).any():
        return f"no circle of the scene {question.scene} is open"
    return "every circle that is open was joined, left, dismissed, excluded or shown before"


def _told(
    person: Person,
    question: Question,
    limit: int,
    sources: Sequence[Source],
    ids: Sequence[str],
    picked: Sequence[Picked],
) -> dict[str, Any]:
    """What a receipt keeps of a list."""
    is_personal = person.profile is not None or sources[-1].name == "precomputed"
    content = {
        "asked": asked(question, limit),
        "personalised": is_personal,
        "reason": None if is_personal and person.state else person.reason,
        "source": sources[-1].name,
        "items": [_logged(pick) for pick in picked],
        "candidates": {source.name: _candidates(source, ids) for source in sources},
    }
    if question.previous is not None:
        content["page"] = {"after": question.previous, "from": len(question.after) + 1}
    return content


@cache
def _counted(source: str, personalised: bool, reason: str | None) -> Mapping[str, Any]:
    """What is counted of a list; many have the same."""
    return MappingProxyType({"source": source, "personalised": personalised, "reason": reason})


def _candidates(source: Source, ids: Sequence[str]) -> list[str] | None:
    """Circles of a source; those of a published list are in its version, see `replays.find`."""
    return None if source.entry is not None else [ids[row] for row in source.rows]


def _logged(pick: Picked) -> Row:
    """What a receipt keeps of one circle; `receipts.whole` has what is not said of a certain one."""
    unusual: dict[str, Any] = {}
    if pick.circle.state != USUAL_STATE:
        unusual["state"] = pick.circle.state
    if pick.explored:
        unusual |= {"source": pick.source, "exploration": True}
    if pick.instead_of is not None:
        unusual["instead_of"] = pick.instead_of
    if pick.propensity < 1.0:
        unusual["propensity"] = round(pick.propensity, 9)
    return row_of(pick.circle.circle_id, shown_score(pick), unusual)
