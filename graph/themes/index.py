"""An index of names in memory: which categories, shops and products have these tokens in their names.

Made from the columns of `GraphStore.nodes`, so that every store gives the same answers. It takes about
200 bytes a product; a category is listed once, whatever has it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.policy.scenes import is_sensitive, scene_of
from graph.policy.values import Policy
from graph.schema import PRIVATE_SCENES
from graph.themes.words import Tokens, stands_in, tokens

KINDS = ("category", "merchant", "product")
_OF_A_PRODUCT = ("id", "name", "category", "merchant_id", "sensitive")
SENSITIVE, PRIVATE = "sensitive", "finance"  # why something can be in no theme


@dataclass(frozen=True)
class Thing:
    """A category, shop or product. barred: why it can be in no theme, None for what can.

    name: as shown; the id where nobody named it. category: its own id for a category.
    """

    kind: str
    thing_id: str
    name: str
    category: str | None
    barred: str | None


class ThemeIndex:
    """All things that a theme can name, by id and by the tokens of their names."""

    def __init__(self, things: Iterable[Thing], *, sizes: Mapping[str, tuple[int, int]]) -> None:
        """`sizes`: category -> how many shops and how many products have it."""
        self.things: dict[tuple[str, str], Thing] = {(t.kind, t.thing_id): t for t in things}
        self.sizes = sizes
        self._names: dict[tuple[str, str], Tokens] = {}
        self._having: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for key, thing in self.things.items():
            self._names[key] = found = tokens(thing.name)
            for token in set(found):
                self._having[token].append(key)

    def find(self, form: Tokens) -> list[Thing]:
        """Things in whose names a form stands, in the order of the store: categories, shops, products."""
        rarest = min(form, key=lambda token: len(self._having.get(token, ())), default=None)
        if rarest is None:
            return []
        found = [key for key in self._having.get(rarest, ()) if stands_in(form, self._names[key])]
        return [self.things[key] for key in found]

    def get(self, kind: str, thing_id: str) -> Thing | None:
        return self.things.get((kind, thing_id))


def index_of(
    merchants: Mapping[str, Sequence[Any]], products: Mapping[str, Sequence[Any]], policy: Policy
) -> ThemeIndex:
    """Build from the columns of `nodes("Merchant")` and `nodes("Product")`."""
    shops = [
        Thing("merchant", id_, name or id_, category, barred(policy, name, category, scene, bool(flag)))
        for id_, name, category, scene, flag in _rows(
            merchants, "id", "name", "category", "scene", "sensitive"
        )
    ]
    barred_shops = {shop.thing_id: shop.barred for shop in shops}
    goods = [
        Thing(
            "product", id_, name or id_, category,
            barred(policy, name, category, None, bool(flag)) or barred_shops.get(maker),
        )
        for id_, name, category, maker, flag in _rows(products, *_OF_A_PRODUCT)
    ]  # fmt: skip
    sizes = _sizes(shops, goods)
    kinds = [Thing("category", name, name, name, barred(policy, None, name, None, False)) for name in sizes]
    return ThemeIndex([*kinds, *shops, *goods], sizes=sizes)


def _rows(table: Mapping[str, Sequence[Any]], *names: str) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name] for name in names), strict=True)


def barred(
    policy: Policy, name: str | None, category: str | None, scene: str | None, flagged: bool
) -> str | None:
    """A name counts as a category does: acne medication is sold under skin care, cigarettes under nothing."""
    if flagged or any(is_sensitive(policy, text) for text in (name, category) if text):
        return SENSITIVE
    placed = (scene_of(policy, category) if category else None) or scene
    named = scene_of(policy, name) if name and not category else None
    return PRIVATE if placed in PRIVATE_SCENES or named in PRIVATE_SCENES else None


def _sizes(shops: Sequence[Thing], goods: Sequence[Thing]) -> dict[str, tuple[int, int]]:
    counts: dict[str, list[int]] = {}
    for place, things in enumerate((shops, goods)):
        for thing in things:
            if thing.category:
                counts.setdefault(thing.category, [0, 0])[place] += 1
    return {category: (found[0], found[1]) for category, found in sorted(counts.items())}
