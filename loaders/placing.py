"""Give log rows their scene and their wall from the catalogue, in whole columns.

`graph.policy.scenes.place` decides; it is asked once for each combination of categories that occurs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.log import UNDECLARED, Rows
from graph.policy.scenes import place
from graph.policy.values import Policy
from graph.schema import SCENES
from graph.stores.base import GraphStore

_MOST_CELLS = 1 << 24  # of a table over all combinations; above, occurring ones are searched instead
_NO_SCENE = len(SCENES)
Nodes = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Labels:
    """What the catalogue says, by store index; the last entry of each array is for what it does not know.

    product_category, merchant_category: position in `categories`, 0 for none. declared: scene of each
    merchant, `_NO_SCENE` for none.
    """

    policy: Policy
    unknown_category: str
    categories: Sequence[str | None]
    product_category: npt.NDArray[np.int64]
    product_flag: npt.NDArray[np.bool_]
    merchant_category: npt.NDArray[np.int64]
    merchant_flag: npt.NDArray[np.bool_]
    merchant_scene: npt.NDArray[np.int64]

    def relabel(self, rows: Rows) -> None:
        """Set `scene` and `walled` of rows, in place."""
        product = np.minimum(rows["product"], len(self.product_category) - 1)
        merchant = np.minimum(rows["merchant"], len(self.merchant_category) - 1)
        declared = np.where(rows["declared"] == UNDECLARED, self.merchant_scene[merchant], rows["declared"])
        flag = self.product_flag[product] | self.merchant_flag[merchant]
        widths = (len(self.categories), len(self.categories), _NO_SCENE + 1, 2)
        parts = (self.product_category[product], self.merchant_category[merchant], declared, flag)
        key = np.ravel_multi_index(tuple(np.asarray(part, dtype=np.int64) for part in parts), widths)
        used, at = _distinct(key, int(np.prod(widths)))
        placed = [self._place(*(int(i) for i in np.unravel_index(k, widths))) for k in used.tolist()]
        rows["scene"] = np.array([scene for scene, _ in placed], dtype=np.uint8)[at]
        rows["walled"] = np.array([walled for _, walled in placed], dtype=bool)[at]

    def _place(self, product: int, merchant: int, declared: int, flag: int) -> tuple[int, bool]:
        found = place(
            self.policy,
            product_category=self.categories[product],
            merchant_category=self.categories[merchant],
            declared_scene=SCENES[declared] if declared < _NO_SCENE else None,
            sensitive=bool(flag),
            unknown_category=self.unknown_category,
        )
        return SCENES.index(found.scene), found.walled


def labels_of(store: GraphStore, policy: Policy, unknown_category: str) -> Labels:
    """What the catalogue of a store says."""
    return labels_from(store.nodes("Product"), store.nodes("Merchant"), policy, unknown_category)


def labels_of_some(
    store: GraphStore, policy: Policy, unknown_category: str, ids: Mapping[str, Sequence[str]]
) -> Labels:
    """What the catalogue of a store says about a few things; all others count as unknown.

    Args:
        ids: label -> ids of products and merchants, in the store or not.
    """
    # In their order, so that ids which lie side by side in the store are read side by side.
    products, merchants = (
        _known(store.describe(name, sorted(ids[name]))) for name in ("Product", "Merchant")
    )
    return labels_from(products, merchants, policy, unknown_category)


def _known(nodes: Nodes) -> Nodes:
    """Nodes without those that the store does not have."""
    known = [index >= 0 for index in nodes["index"]]
    return {name: list(compress(values, known)) for name, values in nodes.items()}


def labels_from(products: Nodes, merchants: Nodes, policy: Policy, unknown_category: str) -> Labels:
    """What a catalogue says.

    Args:
        products, merchants: columns `index`, `category`, `sensitive`; merchants also `scene`.
    """
    position: dict[str | None, int] = {None: 0}
    for category in (*products["category"], *merchants["category"]):
        position.setdefault(category or None, len(position))
    scene_of = {scene: i for i, scene in enumerate(SCENES)}

    def categories(nodes: Nodes) -> npt.NDArray[np.int64]:
        return _by_index(nodes["index"], [position[category or None] for category in nodes["category"]], 0)

    def flags(nodes: Nodes) -> npt.NDArray[np.bool_]:
        return _by_index(nodes["index"], [bool(flag) for flag in nodes["sensitive"]], 0).astype(bool)

    scenes = [scene_of.get(scene or "", _NO_SCENE) for scene in merchants["scene"]]
    return Labels(
        policy=policy,
        unknown_category=unknown_category,
        categories=list(position),
        product_category=categories(products),
        product_flag=flags(products),
        merchant_category=categories(merchants),
        merchant_flag=flags(merchants),
        merchant_scene=_by_index(merchants["index"], scenes, _NO_SCENE),
    )


def _by_index(indices: Sequence[int], values: Sequence[int], absent: int) -> npt.NDArray[np.int64]:
    """Values by store index, with one more at the end that says `absent`."""
    out = np.full(max(indices, default=-1) + 2, absent, dtype=np.int64)
    out[np.asarray(indices, dtype=np.int64)] = values
    return out


def _distinct(
    key: npt.NDArray[np.int64], num_cells: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Distinct keys, and the position of each key among them."""
    if num_cells > _MOST_CELLS:
        used, at = np.unique(key, return_inverse=True)
        return used, at
    present = np.zeros(num_cells, dtype=bool)
    present[key] = True
    used = np.flatnonzero(present)
    place_of = np.zeros(num_cells, dtype=np.int32)
    place_of[used] = np.arange(len(used))
    return used, place_of[key].astype(np.int64)
