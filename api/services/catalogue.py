"""What everybody may know about a circle: its theme in words, and how many people, never who."""

from typing import Any

from api.context import Context
from api.services.owners import owned
from api.services.words import pretty
from graph.policy.disclosure import release_step
from graph.policy.scenes import is_sensitive
from graph.stores.base import Circle, GraphStore, ThemeTarget

MAX_THEME = 12  # the heaviest targets; a theme of a thousand products is not words any more


def describe(context: Context, circle_id: str, owner_id: str | None = None) -> dict[str, Any]:
    """One circle as anybody may see it.

    Args:
        owner_id: only circles of this merchant are visible; None for all.

    Raises:
        NotFound: unknown, or another merchant's.
    """
    return described(context, owned(context, owner_id, circle_id))


def described(context: Context, circle: Circle) -> dict[str, Any]:
    """A circle that the caller may see, as anybody may see it."""
    store = context.store.get()
    return {
        "circle_id": circle.circle_id,
        "name": circle.name,
        "description": circle.description,
        "theme": _theme(context, store, circle),
        "scene": circle.scene,
        "state": circle.state,
        "owner_id": circle.owner_id,
        "members": release_step(circle.num_members, context.policy.disclosure).out(),
    }


def _theme(context: Context, store: GraphStore, circle: Circle) -> list[dict[str, Any]]:
    targets = sorted(circle.theme, key=lambda t: (-t.weight, t.kind, t.target_id))
    named = {
        kind: _names(store, label, [t.target_id for t in targets if t.kind == kind])
        for kind, label in (("merchant", "Merchant"), ("product", "Product"))
    }
    summed: dict[tuple[str, str], float] = {}
    for target in targets:
        key = _in_words(context, target, named)
        if key is not None:
            summed[key] = summed.get(key, 0.0) + target.weight
    heaviest = sorted(summed, key=lambda key: (-summed[key], key))[:MAX_THEME]
    return [{"kind": k, "label": label, "weight": round(summed[k, label], 4)} for k, label in heaviest]


def _in_words(
    context: Context, target: ThemeTarget, named: dict[str, dict[str, tuple[str, str | None, bool]]]
) -> tuple[str, str] | None:
    """Kind and label of a target; products speak through their category; None behind the wall."""
    name, category, flagged = target.target_id, None, False
    if target.kind == "category":
        category = target.target_id
    elif target.kind in named:
        name, category, flagged = named[target.kind].get(target.target_id, (name, None, False))
    if flagged or (category and is_sensitive(context.policy, category)):
        return None
    if target.kind == "product" and category:
        return "category", pretty(category)
    return target.kind, pretty(name)


def _names(store: GraphStore, label: str, ids: list[str]) -> dict[str, tuple[str, str | None, bool]]:
    """Id -> display name, category, flagged as sensitive."""
    if not ids:
        return {}
    found = store.describe(label, ids)
    columns = zip(ids, found["name"], found["category"], found["sensitive"], strict=True)
    return {id_: (name or id_, category, bool(flag)) for id_, name, category, flag in columns}
