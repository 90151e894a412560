"""Take out of a finished export what may not be shown any more.

Making an export takes minutes to hours. Whoever withdraws, is erased, mutes, dismisses or joins while it is
made, after their block was, is found here by the store's change feed, and of their list only that stays
which a receipt would show today. Suggestions between people depend on both sides, so that all of them are
looked at again. A folder that was finished before is looked over in the same way from where that ended.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from api.context import Context
from api.exports import files
from api.exports.asked import KINDS, Export, state_of
from api.exports.blocks import ids_of, within
from api.services.links import visible_marks
from api.services.marks import mark_of
from api.services.paging import pinned
from api.services.replays import Today, shown_again
from graph.stores.base import GraphStore

Progress = Callable[[str, int, int], None]
MOST = 10_000  # changes read at a time


def checked(
    context: Context, export: Export, folder: Path, *, now: int, progress: Progress
) -> dict[str, int]:
    """Look every block over; returns counts, and `checked_seq`: what the store had known when this began."""
    context.receipts.settle()  # those of workers that are gone too
    store, before = context.store.get(), state_of(folder)
    seq = store.seq()
    changed = _changed(store, int(before.get("checked_seq", export.seq)))
    consenting = store.consents(KINDS[export.kind].value)
    look = _Circles(context, export, now) if export.kind == "circles" else _Links(context, now)
    counts = {"people": 0, "rows": 0, "removed": int(before.get("removed", 0))}
    blocks = export.blocks()
    for number, block in enumerate(blocks, start=1):
        table = files.read(folder, export, block)
        suspects = frozenset(ids_of(store, within(changed, block)))
        granting = frozenset(ids_of(store, within(consenting, block)))
        kept = np.fromiter(look.kept(table, granting, suspects), dtype=bool, count=len(table))
        if not kept.all():
            counts["removed"] += int((~kept).sum())
            table = table.filter(pa.array(kept))
            files.write(folder, export, block, table)
        counts["rows"] += len(table)
        counts["people"] += len(table["user_id"].unique())
        progress("looking over", number, len(blocks))
    return counts | {"checked_seq": seq, "checked_at": now}


class _Circles:
    """What of lists of circles may still be shown."""

    def __init__(self, context: Context, export: Export, now: int) -> None:
        self._context, self._now = context, now
        self._known: dict[str, Mapping[str, Today]] = {}
        at_version = pinned(context, export.version)
        served = at_version.versions.current()
        shelf = at_version.shelves.live(served, context.store.get(), context.policy, now)
        rows = np.flatnonzero(shelf.recommendable).tolist()
        self._shown = frozenset(served.circle_ids[row] for row in rows)

    def kept(self, table: pa.Table, granting: Collection[str], suspects: Collection[str]) -> Iterator[bool]:
        """Whether each row stays."""
        columns = (table[name].to_pylist() for name in ("user_id", "circle_id", "rec_id"))
        still: dict[str, frozenset[str]] = {}
        for user, circle, rec_id in zip(*columns, strict=True):
            if user not in granting:
                yield False
                continue
            if user not in suspects:
                yield circle in self._shown
                continue
            if rec_id not in still:
                still[rec_id] = self._still(rec_id)
            yield circle in still[rec_id]

    def _still(self, rec_id: str) -> frozenset[str]:
        again = shown_again(self._context, rec_id, now=self._now, known=self._known)
        return frozenset(item["circle_id"] for item in again.get("items", ()))


class _Links:
    """What of suggestions may still be shown."""

    def __init__(self, context: Context, now: int) -> None:
        self._context, self._now = context, now

    def kept(self, table: pa.Table, granting: Collection[str], suspects: Collection[str]) -> Iterator[bool]:
        """Whether each row stays; what the other one did counts as much as what the viewer did."""
        user, marks = None, frozenset[str]()
        columns = (table[name].to_pylist() for name in ("user_id", "link_id"))
        for viewer, handle in zip(*columns, strict=True):
            if viewer != user:
                user, marks = viewer, self._marks(viewer, granting)
            yield mark_of(handle) in marks

    def _marks(self, viewer: str, granting: Collection[str]) -> frozenset[str]:
        return visible_marks(self._context, viewer, now=self._now) if viewer in granting else frozenset()


def _changed(store: GraphStore, after: int) -> npt.NDArray[np.int64]:
    """Store indices of everybody whom a change since then names, increasing."""
    found: set[int] = set()
    while changes := store.changes(after, MOST):
        found |= {change.user_index for change in changes if change.user_index is not None}
        after = changes[-1].seq
    return np.array(sorted(found), dtype=np.int64)
