"""Add up all payments of one person, exactly as `graph/expressions.py` does, without the dataframe engine.

For what one person decides and expects to see at once; a test holds both to the same edges.
"""

import numpy as np
import numpy.typing as npt

from graph.edges import BOUGHT, PAID
from graph.log import NONE, Rows

_DAY_S = 86_400
_MOST_U4 = 2**32 - 1
Edges = npt.NDArray[np.void]
Int64 = npt.NDArray[np.int64]


def tally(rows: Rows) -> dict[str, Edges]:
    """`paid` and `bought` of one person.

    Args:
        rows: payments of one person, each once; those behind the wall count for nothing.

    Returns:
        PAID and BOUGHT records, in the order of `UserEdges`.
    """
    seen = rows[~rows["walled"]]
    return {"paid": _paid(seen), "bought": _bought(seen[seen["product"] != NONE])}


def _paid(rows: Rows) -> Edges:
    keys = rows["merchant"].astype(np.int64) << 8 | rows["scene"]
    is_purchase = ~rows["refund"]
    purchases, of = rows[is_purchase], keys[is_purchase]
    order = np.lexsort((purchases["band"], of))
    purchases, of = purchases[order], of[order]
    distinct, starts, counts = np.unique(of, return_index=True, return_counts=True)
    out = np.zeros(len(distinct), dtype=PAID)
    payments = counts - _counted(keys[rows["refund"]], distinct)
    if len(distinct):
        out["merchant"], out["scene"] = distinct >> 8, distinct & 0xFF
        out["band"] = purchases["band"][starts + (counts - 1) // 2]
        out["first_at"] = np.minimum.reduceat(purchases["paid_at"], starts)
        out["last_at"] = np.maximum.reduceat(purchases["paid_at"], starts)
    kept = payments > 0
    out["payments"][kept] = payments[kept]
    out["days"] = np.minimum(_days(of, purchases["paid_at"], distinct), np.clip(payments, 0, 2**16 - 1))
    return out[kept]


def _bought(rows: Rows) -> Edges:
    distinct, of = np.unique(rows["product"].astype(np.int64), return_inverse=True)
    sign = np.where(rows["refund"], -1, 1)
    quantity = np.where(rows["quantity"] == NONE, 1, rows["quantity"].astype(np.int64))
    payments, total, last_at = (np.zeros(len(distinct), dtype=np.int64) for _ in range(3))
    np.add.at(payments, of, sign)
    np.add.at(total, of, sign * quantity)
    np.maximum.at(last_at, of, np.where(rows["refund"], 0, rows["paid_at"].astype(np.int64)))
    kept = payments > 0
    out = np.zeros(int(kept.sum()), dtype=BOUGHT)
    out["product"], out["payments"] = distinct[kept], payments[kept]
    out["quantity"] = np.clip(total[kept], 0, _MOST_U4)
    out["last_at"] = last_at[kept]
    return out


def _counted(keys: Int64, distinct: Int64) -> Int64:
    """How often each of the distinct keys occurs."""
    known = keys[np.isin(keys, distinct)]
    out = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(out, np.searchsorted(distinct, known), 1)
    return out


def _days(keys: Int64, paid_at: npt.NDArray[np.uint32], distinct: Int64) -> Int64:
    """Distinct UTC days of each key."""
    pairs = np.unique(np.stack([keys, paid_at.astype(np.int64) // _DAY_S], axis=1), axis=0)
    return _counted(pairs[:, 0], distinct)
