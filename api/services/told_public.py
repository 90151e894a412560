"""Public names of what portraits count: other shops, and circles; never one that no merchant may hear of."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.context import Context
from api.services.walls import is_private_topic
from graph.policy.scenes import place
from graph.schema import PRIVATE_SCENES
from graph.stores.base import Circle


@dataclass(frozen=True)
class Shop:
    """One shop as everybody knows it. scene: of its category, None where it has neither."""

    name: str
    category: str | None
    scene: str | None


def named_shops(context: Context, shop_ids: Sequence[str]) -> dict[str, Shop]:
    """Shops that may be named, by id."""
    if not shop_ids:
        return {}
    found = context.store.get().describe("Merchant", list(shop_ids))
    columns = (found[name] for name in ("name", "category", "scene", "sensitive", "index"))
    rows = zip(shop_ids, *columns, strict=True)
    return {
        id_: Shop(name or id_, category, _scene(context, category, scene))
        for id_, name, category, scene, flag, index in rows
        if index >= 0 and not _is_private(context, name, category, scene, bool(flag))
    }


def named_circles(context: Context, circle_ids: Sequence[str], *, now: int) -> dict[str, Circle]:
    """Circles that may be named, by id."""
    return context.circles.named(context, circle_ids, now=now)


def _scene(context: Context, category: str | None, declared: str | None) -> str | None:
    if not category and not declared:
        return None
    return place(context.policy, merchant_category=category, declared_scene=declared).scene


def _is_private(
    context: Context, name: str | None, category: str | None, scene: str | None, flagged: bool
) -> bool:
    texts = [text for text in (name, category) if text]
    return flagged or scene in PRIVATE_SCENES or any(is_private_topic(context, text) for text in texts)
