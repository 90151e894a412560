"""Circles as their owners make, see, change and close them.

A caller is a merchant, who acts on the circles it runs, or the operator (None), who acts on all. What no
circle may ask for or be about is refused before anything is kept.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.context import Context
from api.services import catalogue
from api.services.moments import written
from api.services.owners import owned
from api.services.shelf import spoken_texts
from api.services.themes import meaning
from graph.errors import ForbiddenRule, InputError
from graph.policy.disclosure import release_step
from graph.policy.eligibility import RECOMMENDABLE, is_ready, read_eligibility, ready_at, written_eligibility
from graph.policy.topics import risky_topic
from graph.schema import PRIVATE_SCENES, CircleState
from graph.stores.base import Circle, GraphStore, ThemeTarget
from graph.stores.circle_life import CircleEdit, NewCircle
from graph.themes.meaning import Theme

NOTHING_MEANT = (
    "theme matches nothing that a circle can be about; a preview of the theme shows what each word finds"
)


@dataclass(frozen=True)
class Wish:
    """What an owner asks for; None: not said. eligibility: as written, not checked yet."""

    name: str | None = None
    description: str | None = None
    scene: str | None = None
    theme: Theme | None = None
    eligibility: Mapping[str, Any] | None = None


def create(
    context: Context, owner_id: str, wish: Wish, *, circle_id: str | None, key: str | None, now: int
) -> dict[str, Any] | None:
    """Make a circle; it waits before it is recommended.

    Args:
        circle_id: given by the app; made here when None.
        key: `Idempotency-Key`; the same key and wish find the circle that they made.

    Returns:
        The owner's view; None when the id is taken, or the key was used for something else.

    Raises:
        ForbiddenRule: a rule or a topic that no circle may have. InputError: the theme matches nothing.
    """
    if wish.name is None or wish.theme is None:
        raise InputError("a new circle needs a name and a theme")
    targets = _targets(context, wish.theme, now)
    _refuse_risky(context, wish.name, wish.description, wish.theme.words, targets)
    _refuse_private(wish.scene)
    new = NewCircle(
        circle_id=circle_id or _made_id(owner_id, key),
        owner_id=owner_id,
        name=wish.name,
        description=wish.description,
        scene=wish.scene,
        theme=targets,
        words=wish.theme.words,
        eligibility=_eligibility(wish),
        request=_request(owner_id, wish, key),
    )
    if context.store.get().create_circle(new, now) is None:
        return None
    return view(context, owner_id, new.circle_id, now=now)


def edit(
    context: Context, caller: str | None, circle_id: str, wish: Wish, *, revision: int, now: int
) -> dict[str, Any] | None:
    """Change a circle from the revision that its owner saw.

    Returns:
        The owner's view; None when somebody else changed it first.

    Raises:
        NotFound: unknown, or another merchant's. InputError, ForbiddenRule: as for a new
            one, or it is closed.
    """
    circle = owned(context, caller, circle_id)
    if circle.revision != revision:
        return None
    if circle.state == CircleState.CLOSED:
        raise InputError("the circle is closed, and closed for good; make another one")
    targets = None if wish.theme is None else _targets(context, wish.theme, now)
    words = circle.words if wish.theme is None else wish.theme.words
    name, description = wish.name or circle.name, wish.description or circle.description
    _refuse_risky(context, name, description, words, circle.theme if targets is None else targets)
    _refuse_private(wish.scene)
    changes = CircleEdit(
        name=wish.name,
        description=wish.description,
        scene=wish.scene,
        theme=targets,
        words=None if wish.theme is None else wish.theme.words,
        eligibility=_eligibility(wish),
    )
    done = context.store.get().edit_circle(circle.index, changes, revision=revision, at=now)
    return None if done is None else view(context, caller, circle_id, now=now)


def close(
    context: Context, caller: str | None, circle_id: str, *, revision: int | None, now: int
) -> dict[str, Any] | None:
    """Close a circle for good; one that is closed stays so. None when `revision` is not its own any more.

    Raises:
        NotFound: unknown, or another merchant's.
    """
    circle = owned(context, caller, circle_id)
    reason = "closed by the operator" if caller is None else "closed by its owner"
    done = context.store.get().close_circle(circle.index, reason, revision=revision, at=now)
    return None if done is None else view(context, caller, circle_id, now=now)


def view(context: Context, caller: str | None, circle_id: str, *, now: int) -> dict[str, Any]:
    """A circle as its owner and the operator see it: what everybody sees, and how it stands.

    Raises:
        NotFound: unknown, or another merchant's.
    """
    circle = owned(context, caller, circle_id)
    return catalogue.described(context, circle) | {"owner": _standing(context, circle, now)}


def listed(
    context: Context, caller: str | None, *, now: int, limit: int | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """Circles that the caller may act on, oldest first.

    Raises:
        InputError: the limit or the cursor cannot be used.
    """
    limit = context.policy.checked_limit(limit)
    after = _after(cursor)
    mine = [c for c in owned_circles(context.store.get(), caller) if c.index > after]
    answer: dict[str, Any] = {"items": [summary(context, circle, now) for circle in mine[:limit]]}
    if len(mine) > limit:
        answer["next_cursor"] = f"c{mine[limit - 1].index}"
    return answer


def owned_circles(store: GraphStore, caller: str | None) -> list[Circle]:
    """Circles of a merchant; all for the operator."""
    return [circle for circle in store.circles() if caller is None or circle.owner_id == caller]


def summary(context: Context, circle: Circle, now: int) -> dict[str, Any]:
    """One line about a circle."""
    return {
        "circle_id": circle.circle_id,
        "name": circle.name,
        "scene": circle.scene,
        "state": circle.state,
        "owner_id": circle.owner_id,
        "members": release_step(circle.num_members, context.policy.disclosure).out(),
        "why_not_recommended": why_not(context, circle, now),
    }


def why_not(context: Context, circle: Circle, now: int) -> str | None:
    """Why a circle is not recommended: its state, `risky` or `waiting`; None when it is."""
    if circle.state not in RECOMMENDABLE:
        return circle.state
    if risky_topic(context.policy.risky, spoken_texts(circle)):
        return "risky"
    days = context.policy.lifecycle.waiting_days
    return None if is_ready(circle.created_at, now, days) else "waiting"


def operators_owner(context: Context, owner_id: str | None) -> str:
    """The owner that the operator names; a merchant that is known.

    Raises:
        InputError: none is named, or nobody has the id.
    """
    if owner_id is None:
        raise InputError(
            "owner_id is missing; with an operator's key, name the merchant that runs the circle"
        )
    if context.store.get().indices("Merchant", [owner_id])[0] < 0:
        raise InputError("owner_id is that of no merchant in the graph; load it first")
    return owner_id


def _standing(context: Context, circle: Circle, now: int) -> dict[str, Any]:
    days = context.policy.lifecycle.waiting_days
    ready = ready_at(circle.created_at, days)
    return {
        "revision": circle.revision,
        "created_at": written(circle.created_at),
        "recommended_from": written(ready) if ready else None,
        "why_not_recommended": why_not(context, circle, now),
        "reason": _reason(context, circle),
        "words": list(circle.words),
        "targets": len(circle.theme),
        "eligibility": json.loads(circle.eligibility) if circle.eligibility else None,
    }


def _reason(context: Context, circle: Circle) -> str | None:
    """Why it was closed or kept apart, in the words of who did it."""
    if circle.state in RECOMMENDABLE or not circle.revision:
        return None
    return context.store.get().circle_lives()[circle.index].reason


def _targets(context: Context, theme: Theme, now: int) -> tuple[ThemeTarget, ...]:
    meant = meaning(context, theme, now=now)
    if meant.unknown:
        kind, id_ = meant.unknown[0]
        raise InputError(f"theme names the {kind} {id_[:60]!r}, which is not in the data; leave it out")
    if not meant.targets:
        raise InputError(NOTHING_MEANT)
    return meant.targets


def _refuse_risky(
    context: Context,
    name: str | None,
    description: str | None,
    words: tuple[str, ...],
    targets: tuple[ThemeTarget, ...],
) -> None:
    categories = [target.target_id for target in targets if target.kind == "category"]
    topic = risky_topic(context.policy.risky, [name, description, *words, *categories])
    if topic is not None:
        raise ForbiddenRule(
            f"no circle may be about {topic.replace('_', ' ')}; change its name, description or theme"
        )


def _refuse_private(scene: str | None) -> None:
    if scene in PRIVATE_SCENES:
        raise ForbiddenRule(f"no circle may be of the scene {scene}; leave it out or name another one")


def _eligibility(wish: Wish) -> str | None:
    return None if wish.eligibility is None else written_eligibility(read_eligibility(wish.eligibility))


def _made_id(owner_id: str, key: str | None) -> str:
    """An id for a circle; the same for the same key of an owner, so that a repeated request finds it."""
    if key is None:
        return f"c-{secrets.token_hex(8)}"
    return "c-" + hashlib.sha256(json.dumps([owner_id, key]).encode()).hexdigest()[:16]


def _request(owner_id: str, wish: Wish, key: str | None) -> str:
    """What makes two requests the same one; without a key no other request is the same."""
    theme = None if wish.theme is None else vars(wish.theme)
    said = [owner_id, key or secrets.token_hex(16), {**vars(wish), "theme": theme}]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=dict).encode()).hexdigest()


def _after(cursor: str | None) -> int:
    if cursor is None:
        return -1
    digits = cursor.removeprefix("c")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 12):
        raise InputError("cursor is not one of this list; ask again without it")
    return int(digits)
