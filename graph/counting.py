"""Count one payment into the packed edges of its user: the part of adding-up that cannot wait.

Pure functions, shared by all stores. The payment log alone knows every payment, so what is counted here
holds only until the log sets the edge again: the band of an edge stays that of its first payment with a
known amount, a day is counted when it lies outside the days between first and last, and a refund that
arrives before its purchase is lost.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.edges import BOUGHT, PAID

_DAY_S = 86_400
_MOST = {"u1": 2**8 - 1, "u2": 2**16 - 1, "u4": 2**32 - 1}
Edges = npt.NDArray[np.void]


@dataclass(frozen=True)
class Payment:
    """One payment of one user, not walled. `merchant`, `product`: store indices; `scene`: index in SCENES."""

    merchant: int
    product: int | None
    quantity: int | None
    band: int
    scene: int
    paid_at: int
    refund: bool


def count_payment(edges: Edges, payment: Payment) -> Edges:
    """Edges of one user after one more payment.

    Args:
        edges: PAID records sorted by (merchant, scene), or BOUGHT records sorted by product; not changed.

    Returns:
        A new array of the same layout and order. A purchase adds to its edge or makes one; a refund takes
        away, never below zero, and an edge without payments is gone. A payment without a product leaves
        BOUGHT as it is.
    """
    if edges.dtype == PAID:
        key = {"merchant": payment.merchant, "scene": payment.scene}
        return _counted(edges, key, payment, _paid)
    if edges.dtype == BOUGHT:
        return (
            edges
            if payment.product is None
            else _counted(edges, {"product": payment.product}, payment, _bought)
        )
    raise ValueError(f"edges have the layout {edges.dtype}; expected PAID or BOUGHT")


def _counted(edges: Edges, key: dict[str, int], payment: Payment, update: Any) -> Edges:
    same = np.ones(len(edges), dtype=bool)
    for name, value in key.items():
        same &= edges[name] == value
    found = np.flatnonzero(same)
    if not len(found):
        return edges if payment.refund else _inserted(edges, key, payment, update)
    out = edges.copy()
    at = int(found[0])
    update(out[at : at + 1], payment)
    return np.delete(out, at) if out["payments"][at] == 0 else out


def _inserted(edges: Edges, key: dict[str, int], payment: Payment, update: Any) -> Edges:
    new = np.zeros(1, dtype=edges.dtype)
    for name, value in key.items():
        new[name] = value
    update(new, payment)
    out = np.concatenate([edges, new])
    return out[np.lexsort([out[name] for name in reversed(key)])]


def _paid(edge: Edges, payment: Payment) -> None:
    if payment.refund:
        _add(edge, "payments", -1)
        edge["days"] = np.minimum(edge["days"], edge["payments"])
        return
    first = edge["payments"][0] == 0
    day, first_day, last_day = (
        int(t) // _DAY_S for t in (payment.paid_at, edge["first_at"][0], edge["last_at"][0])
    )
    _add(edge, "payments", 1)
    if first or not first_day <= day <= last_day:
        _add(edge, "days", 1)
    edge["first_at"] = payment.paid_at if first else min(int(edge["first_at"][0]), payment.paid_at)
    edge["last_at"] = max(int(edge["last_at"][0]), payment.paid_at)
    edge["band"] = edge["band"][0] or payment.band


def _bought(edge: Edges, payment: Payment) -> None:
    quantity = abs(1 if payment.quantity is None else payment.quantity)
    sign = -1 if payment.refund else 1
    _add(edge, "payments", sign)
    _add(edge, "quantity", sign * quantity)
    if not payment.refund:
        edge["last_at"] = max(int(edge["last_at"][0]), payment.paid_at)


def _add(edge: Edges, name: str, amount: int) -> None:
    """Add within the bounds of the field, never below zero."""
    most = _MOST[edge.dtype[name].str[1:]]
    edge[name] = min(max(int(edge[name][0]) + amount, 0), most)
