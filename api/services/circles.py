"""Circles for a person: retrieve -> filter -> rank -> explain, and a receipt.

With the person's consent the list comes from what they did; without it, from what is popular, and nothing of
their payments is looked at. What they joined, dismissed or left never comes back by itself.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from api.context import Context, wire_parts
from api.receipts import Receipt, new_rec_id
from api.services.exploring import draw, pool_of
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
from api.services.words import sentence, strength_of
from api.versions import Served
from embeddings.scorer import Reason
from graph.errors import InputError, StoreUnavailable
from graph.home import Home
from graph.policy.values import Policy
from graph.schema import SCENES
from graph.stores.base import GraphStore

MAX_REASONS = 3  # sentences; more are not read
MAX_TERMS = 6  # things looked at for them; alike ones share a sentence
MIN_SHARE = 0.001  # what adds less is no reason, and would be shown as nothing
MAX_LABELS = {"circle": 1}  # names of circles are long
DEFAULT_LABELS = 2
NOTHING_SPEAKS = Reason("open", "open", 0.0, 0)  # at the end of a list that had to be filled
DEGRADED_NOTE = (
    "The graph store does not answer: this is the published list. Consents, joins, dismissals and states of "
    "circles since then are not known."
)


def recommend(context: Context, question: Question, *, now: int) -> dict[str, Any]:
    """Answer with circles; keeps a receipt.

    Raises:
        InputError: the limit is over the policy's maximum, or the scene is unknown.
        NotFound: the user is unknown.
        NoPublishedVersion, IncompatibleVersion: there is nothing to answer from.
    """
    limit = _checked_limit(question, context.policy)
    served = context.versions.current()
    try:
        store = context.store.get()
        person = look_up(context, served, store, question, now)
        shelf = context.shelves.live(served, store, context.policy, now)
    except StoreUnavailable:
        person, shelf = (
            Person(None, None, "store_unavailable", True),
            published_shelf(served, context.policy, now),
        )
    allowed = filter_(served, shelf, person, question)
    # A published list may be short while the store is down; no list is longer than what is allowed.
    wanted = min(limit + len(person.sinking), int(np.count_nonzero(allowed)))
    enough = wanted if person.state else 1
    sources = list(needed(retrieve(served, person, question, allowed, limit), allowed, enough))
    ranked = rank(sources, shelf, person, allowed, limit)
    lot = context.lots.of(question.user, now)
    picked = draw(ranked, sources[-1], served, shelf, person, allowed, context.policy.feedback, lot)
    reasons = explain(context, served, person, picked) if question.explain else [None] * len(picked)
    items = [_item(pick, why) for pick, why in zip(picked, reasons, strict=True)]
    is_personal = person.profile is not None or sources[-1].name == "precomputed"
    answer = {
        "rec_id": new_rec_id(),
        "version": served.version.name,
        "as_of": written(served.version.manifest["as_of"]),
        "personalised": is_personal,
        "degraded": person.reason == "store_unavailable",
        "reason": None if is_personal and person.state else person.reason,
        "note": DEGRADED_NOTE if person.reason == "store_unavailable" else None,
        "items": items,
        "why_empty": None if items else _why_empty(question, shelf, person),
    }
    pool = pool_of(picked, allowed, context.policy.feedback, person.explores)
    told = _told(answer, question, limit, sources, served.circle_ids, picked, pool)
    context.receipts.keep(_receipt(answer, served, context.policy, question, told, now))
    return {name: value for name, value in answer.items() if value is not None}


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
    return {"user_id": user_id, **recommend(context, question, now=now)}


def _checked_limit(question: Question, policy: Policy) -> int:
    limit = policy.checked_limit(question.limit)
    if question.scene is not None and question.scene not in SCENES:
        raise InputError(f"scene is {question.scene!r}; expected one of {', '.join(SCENES)}")
    return limit


def explain(
    context: Context, served: Served, person: Person, picked: Sequence[Picked]
) -> list[list[dict[str, Any]] | None]:
    """Reasons of each circle; at least one."""
    rows = [pick.row for pick in picked]
    if person.profile is not None:
        found = served.explainer.explain(person.profile, rows, MAX_TERMS)
    else:
        members = served.version.model.num_members
        found = [[Reason("popular", "popular", 1.0, int(members[row]))] for row in rows]
    least = context.policy.min_group_size
    shown = [[reason for reason in reasons if is_told(reason, least)] for reasons in found]
    return [_spoken(reasons or [NOTHING_SPEAKS], served) for reasons in shown]


def is_told(reason: Reason, min_group_size: int) -> bool:
    """Whether it counts, and hides who joined when it is about members."""
    return reason.share >= MIN_SHARE and (reason.kind != "popular" or reason.count >= min_group_size)


def _item(pick: Picked, reasons: list[dict[str, Any]] | None) -> dict[str, Any]:
    circle = pick.circle
    item = {
        "circle_id": circle.circle_id,
        "name": circle.name,
        "scene": circle.scene,
        "score": round(pick.score, 4),
        "state": circle.state,
    }
    if pick.explored:
        item["exploration"] = True
    return item if reasons is None else item | {"reasons": reasons}


def _spoken(reasons: Sequence[Reason], served: Served) -> list[dict[str, Any]]:
    """Sentences, the strongest first; things of one kind and strength share one."""
    alike: dict[tuple[str, int], list[Reason]] = {}
    for reason in reasons:
        is_place = reason.kind == "category" and reason.label not in served.goods
        kind = "place" if is_place else reason.kind
        alike.setdefault((kind, strength_of(reason.count)), []).append(reason)
    return [_sentence(kind, strength, found) for (kind, strength), found in alike.items()][:MAX_REASONS]


def _sentence(kind: str, strength: int, reasons: Sequence[Reason]) -> dict[str, Any]:
    told = reasons[: MAX_LABELS.get(kind, DEFAULT_LABELS)]
    labels = () if kind in ("popular", "open") else tuple(reason.label for reason in told)
    words = sentence(kind, labels, strength)
    return {
        "kind": reasons[0].kind,
        "text": words.text,
        "text_zh": words.text_zh,
        "labels": list(words.labels),
        "share": round(sum(reason.share for reason in told), 3),
    }


def _why_empty(question: Question, shelf: Shelf, person: Person) -> str:
    if not shelf.recommendable.any():
        return "no circle is open"
    if question.scene is not None and not (shelf.recommendable & shelf.in_scene(question.scene)).any():
        return f"no circle of the scene {question.scene} is open"
    return "every circle that is open was joined, left, dismissed or excluded"


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
        "asked": {
            "limit": limit,
            "scene": question.scene,
            "exclude": list(question.exclude),
            "mode": "personal" if question.personal else "non_profiling",
        },
        "personalised": answer["personalised"],
        "reason": answer["reason"],
        "source": sources[-1].name,
        "items": [_logged(item, pick) for item, pick in zip(answer["items"], picked, strict=True)],
        "candidates": {source.name: [ids[row] for row in source.rows.tolist()] for source in sources},
    }
    return content if pool is None else content | {"exploration": pool}


def _logged(item: dict[str, Any], pick: Picked) -> dict[str, Any]:
    """What a receipt keeps of one circle; `receipts.whole` has what is not said of a certain one."""
    kept = {name: item[name] for name in ("circle_id", "score", "state")}
    if pick.explored:
        kept |= {"source": pick.source, "exploration": True}
    if pick.instead_of is not None:
        kept["instead_of"] = pick.instead_of
    if pick.propensity < 1.0:
        kept["propensity"] = round(pick.propensity, 9)
    return kept


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
