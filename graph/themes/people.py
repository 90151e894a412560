"""Who paid for anything of a theme, in a snapshot: it has no walled payments, and nobody without consent."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from graph.csr import Csr
from graph.schema import SCENES
from graph.snapshot import Snapshot
from graph.stores.base import ThemeTarget

Bool = npt.NDArray[np.bool_]


def people_of(snapshot: Snapshot, theme: Iterable[ThemeTarget]) -> Bool:
    """Who ever paid a shop, or bought a product, of the theme: bool (num_users,)."""
    named: dict[str, list[str]] = {"merchant": [], "product": [], "category": [], "scene": []}
    for target in theme:
        named[target.kind].append(target.target_id)
    categories = _mask(len(snapshot.categories), [snapshot.categories.find(c) for c in named["category"]])
    shops = _mask(len(snapshot.merchants), [snapshot.merchants.find(m) for m in named["merchant"]])
    goods = _mask(len(snapshot.products), [snapshot.products.find(p) for p in named["product"]])
    shops |= _of_category(snapshot.merchant_category, categories)
    goods |= _of_category(snapshot.product_category, categories)
    scenes = _mask(len(SCENES), [SCENES.index(s) for s in named["scene"]])
    paid = shops[snapshot.paid.indices] | scenes[snapshot.paid.columns["scene"]]
    return _rows_with(snapshot.paid, paid) | _rows_with(snapshot.bought, goods[snapshot.bought.indices])


def _mask(size: int, positions: Iterable[int]) -> Bool:
    out = np.zeros(size, dtype=bool)
    out[[position for position in positions if position >= 0]] = True
    return out


def _of_category(category: npt.NDArray[np.int32], wanted: Bool) -> Bool:
    known = category >= 0
    out = np.zeros(len(category), dtype=bool)
    out[known] = wanted[category[known]]
    return out


def _rows_with(matrix: Csr, edges: Bool) -> Bool:
    """Rows that have one of the edges: bool (num_rows,)."""
    out = np.zeros(matrix.num_rows, dtype=bool)
    out[np.searchsorted(matrix.indptr, np.flatnonzero(edges), side="right") - 1] = True
    return out
