"""Circles that other owners never hear of: finance, credit, and what is all about sensitive things."""

from api.context import Context
from graph.policy.scenes import is_sensitive, scene_of
from graph.policy.values import Policy
from graph.schema import PRIVATE_SCENES
from graph.stores.base import Circle, GraphStore


def is_walled(context: Context, circle: Circle) -> bool:
    """Whether a circle is of a private scene, or everything its theme names is behind the wall."""
    return is_walled_in(context.store.get(), context.policy, circle)


def is_walled_in(store: GraphStore, policy: Policy, circle: Circle) -> bool:
    """The same, for work without a service."""
    if circle.scene in PRIVATE_SCENES:
        return True
    return bool(circle.theme) and all(_is_hidden(store, policy, circle))


def _is_hidden(store: GraphStore, policy: Policy, circle: Circle) -> list[bool]:
    """For each target of the theme."""
    hidden = []
    for kind, label in (("merchant", "Merchant"), ("product", "Product")):
        ids = [target.target_id for target in circle.theme if target.kind == kind]
        if ids:
            found = store.describe(label, ids)
            pairs = zip(found["category"], found["sensitive"], strict=True)
            hidden += [bool(flag) or _is_private(policy, category or "") for category, flag in pairs]
    for target in circle.theme:
        if target.kind == "category":
            hidden.append(_is_private(policy, target.target_id))
        elif target.kind == "scene":
            hidden.append(target.target_id in PRIVATE_SCENES)
    return hidden


def is_private_topic(context: Context, text: str) -> bool:
    """Whether a category or topic is sensitive, or of finance or credit."""
    return _is_private(context.policy, text)


def _is_private(policy: Policy, text: str) -> bool:
    if text.casefold() in PRIVATE_SCENES or is_sensitive(policy, text):
        return True
    return scene_of(policy, text) in PRIVATE_SCENES
