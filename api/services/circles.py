"""Circles for a person: retrieve -> filter -> rank -> explain, and a receipt.

With the person's consent the list comes from what they did; without it, from what is popular, and nothing of
their payments is looked at. What they joined, dismissed or left never comes back by itself.
"""

from collections.abc import Callable, Sequence
from typing import Any

from api.context import Context, wire_parts
from api.receipts import USUAL_STATE, Receipt, Row, new_rec_id, row_of
from api.services.cursors import asked
from api.services.explaining import Speaks, explain
from api.services.exploring import draw, pool_of
from api.services.hits import filters_hit
from api.services.moments import written
from api.services.ranking import (
    Person,
    Picked,
    Question,
    Source,
    filter_,
    look_up,
    needed,
    rank,
    retrieve,
)
from api.services.shelf import Shelf, published_shelf
from api.services.words import Words
from api.versions import Served
from graph.errors import InputError, StoreUnavailable
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
    speak: Speaks = Words.listed,
    person_of: Callable[..., Person] = look_up,
) -> dict[str, Any]:
    """Answer with circles; keeps a receipt.

    Args:
        speak: makes the reasons of a circle; `Words.spelt` where the answer becomes JSON at once.
        person_of: who asks, as `look_up` gives them.

    Raises:
        InputError: the limit is over the policy's maximum, or the scene is unknown.
        NotFound: the user is unknown.
        NoPublishedVersion, IncompatibleVersion: there is nothing to answer from.
    """
    limit = _checked_limit(question, context.policy)
    served = context.versions.current()
    person, shelf = _found(context, served, question, person_of, now)
    allowed = filter_(served, shelf, person, question)
    # A published list may be short while the store is down; no list is longer than what is allowed.
    wanted = min(limit + len(person.sinking), allowed.num)
    enough = wanted if person.state else 1
    sources = list(needed(retrieve(served, person, question, allowed, limit), allowed, enough))
    ranked = rank(sources, shelf, person, allowed, limit)
    lot = context.lots.of(question.user, now, len(question.after))
    rules = context.policy.feedback
    picked = draw(ranked, sources[-1], served, shelf, person, allowed, question.scene, rules, lot)
    reasons = (
        explain(context.policy, served, person, sources[0].entry, picked, speak)
        if question.explain
        else [None] * len(picked)
    )
    items = [_item(pick, why) for pick, why in zip(picked, reasons, strict=True)]
    has_more = allowed.num > len(picked) > 0 and len(question.after) + len(picked) < MOST_PAGED
    answer = _answer(context, served, question, person, shelf, sources[-1], items, has_more)
    pool = pool_of(picked, allowed, rules, person.explores)
    told = _told(answer, question, limit, sources, served.circle_ids, picked, pool)
    told["filters"] = filters_hit(shelf, person, question)
    context.receipts.keep(_receipt(answer, served, context.policy, question, told, now))
    return {name: value for name, value in answer.items() if value is not None}


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
        nobody = Person(None, None, "store_unavailable", True)
        return nobody, published_shelf(served, context.policy, now)


def _answer(
    context: Context,
    served: Served,
    question: Question,
    person: Person,
    shelf: Shelf,
    source: Source,
    items: list[dict[str, Any]],
    has_more: bool,
) -> dict[str, Any]:
    """What is told; None for what an answer leaves out."""
    is_personal = person.profile is not None or source.name == "precomputed"
    rec_id = new_rec_id()
    return {
        "rec_id": rec_id,
        "version": served.version.name,
        "as_of": written(served.version.manifest["as_of"]),
        "personalised": is_personal,
        "degraded": person.reason == "store_unavailable",
        "reason": None if is_personal and person.state else person.reason,
        "note": DEGRADED_NOTE if person.reason == "store_unavailable" else None,
        "items": items,
        "next_cursor": context.cursors.of(rec_id) if has_more else None,
        "why_empty": None if items else _why_empty(question, shelf, person),
    }


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


def _item(pick: Picked, reasons: Any) -> dict[str, Any]:
    circle = pick.circle
    item: dict[str, Any] = {
        "circle_id": circle.circle_id,
        "name": circle.name,
        "scene": circle.scene,
        "score": round(pick.score, 4),
        "state": circle.state,
    }
    if pick.explored:
        item["exploration"] = True
    if reasons is not None:
        item["reasons"] = reasons
    return item


def _why_empty(question: Question, shelf: Shelf, person: Person) -> str:
    if not shelf.recommendable.any():
        return "no circle is open"
    if question.scene is not None and not (shelf.recommendable & shelf.in_scene(question.scene)).any():
        return f"no circle of the scene {question.scene} is open"
    return "every circle that is open was joined, left, dismissed, excluded or shown before"


def _told(
    answer: dict[str, Any],
    question: Question,
    limit: int,
    sources: Sequence[Source],
    ids: Sequence[str],
    picked: Sequence[Picked],
    pool: dict[str, float] | None,
) -> dict[str, Any]:
    """What a receipt keeps of an answer; `exploration` only where a place might have been drawn."""
    content = {
        "asked": asked(question, limit),
        "personalised": answer["personalised"],
        "reason": answer["reason"],
        "source": sources[-1].name,
        "items": [_logged(item, pick) for item, pick in zip(answer["items"], picked, strict=True)],
        "candidates": {source.name: _candidates(source, ids) for source in sources},
    }
    if question.previous is not None:
        content["page"] = {"after": question.previous, "from": len(question.after) + 1}
    return content if pool is None else content | {"exploration": pool}


def _candidates(source: Source, ids: Sequence[str]) -> list[str] | None:
    """Circles of a source; those of a published list are in its version, see `replays.find`."""
    return None if source.entry is not None else [ids[row] for row in source.rows]


def _logged(item: dict[str, Any], pick: Picked) -> Row:
    """What a receipt keeps of one circle; `receipts.whole` has what is not said of a certain one."""
    unusual: dict[str, Any] = {}
    if item["state"] != USUAL_STATE:
        unusual["state"] = item["state"]
    if pick.explored:
        unusual |= {"source": pick.source, "exploration": True}
    if pick.instead_of is not None:
        unusual["instead_of"] = pick.instead_of
    if pick.propensity < 1.0:
        unusual["propensity"] = round(pick.propensity, 9)
    return row_of(item["circle_id"], item["score"], unusual)


def _receipt(
    answer: dict[str, Any],
    served: Served,
    policy: Policy,
    question: Question,
    content: dict[str, Any],
    now: int,
) -> Receipt:
    return Receipt(
        rec_id=answer["rec_id"],
        user_id=question.user,
        version=served.version.name,
        snapshot_id=served.version.manifest.get("snapshot_id"),
        policy_id=policy.policy_id,
        at=now,
        content=content,
    )
