"""Move payments that came over HTTP from the store's inbox to the payment log."""

from dataclasses import replace

import numpy as np

from graph.home import Home
from graph.log import UNDECLARED, PaymentLog, Rows, rows_of
from graph.schema import SCENES
from graph.segments import SegmentWriter
from graph.stores.base import GraphStore
from loaders.recovery import Told, drop_touched, keep_touched, set_touched, silent

# Payments that were moved still count as duplicates in the store for this long, so that a request that
# looked into the log just before they came there does not take them once more.
KEEP_MOVED_S = 86_400
_BY_DEFAULT = (SCENES.index("shopping"), SCENES.index("other"))


def compact(
    home: Home, store: GraphStore, *, now: int | None = None, memory: str = "1GB", threads: int | None = None
) -> int:
    """Move the inbox to the log and set the edges of its users from there; returns how many were moved.

    Args:
        now: epoch seconds; payments moved a day before it are forgotten by the inbox. None: none are.

    Raises:
        StoreConflict: a load is running; try again later.
    """
    with home.lock("load"):
        payments = PaymentLog(home.log)
        payments.belongs_to(store)
        moved = move(payments, store, memory=memory, threads=threads)
        if now is not None:
            trim(store, now=now)
        payments.compact()
        return moved


def trim(store: GraphStore, *, now: int) -> None:
    """Forget payments that were moved a day before now (epoch seconds): the log alone knows them then."""
    store.trim_inbox(now - KEEP_MOVED_S)


def move(
    payments: PaymentLog, store: GraphStore, *, memory: str, threads: int | None, told: Told = silent
) -> int:
    """Like `compact`, for a caller that holds the lock."""
    inbox = store.inbox()
    rows = rows_of(inbox)
    if not len(rows):
        return 0
    new = _declared(rows[~payments.contains(rows["payment"])])
    users = np.unique(rows["user"].astype(np.int64))
    if len(new):
        writer = SegmentWriter(payments)
        writer.add(new)
        manifest = payments.manifest().replaced((), [writer.close()])
        payments.commit(replace(manifest, store_id=store.meta("store_id") or ""))
    keep_touched(payments, "inbox", users)
    store.clear_inbox(rows["payment"].tolist())
    set_touched(payments, store, memory=memory, threads=threads, told=told)
    drop_touched(payments)
    return len(rows)


def _declared(rows: Rows) -> Rows:
    """Rows that remember their scene where somebody may have declared it.

    Default scenes and walled payments are not taken for declared: were they, an unknown category would stop
    being unknown, and a wall might come down.
    """
    named = ~rows["walled"] & ~np.isin(rows["scene"], _BY_DEFAULT)
    rows["declared"] = np.where(named, rows["scene"], UNDECLARED)
    return rows
