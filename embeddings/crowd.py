"""What a block of people did, as `profile.py` reads it of one: the same weights, in arrays over all of them.

numpy only.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from embeddings.model import Float32, groups_of
from embeddings.profile import Decay, touch_weight
from graph.csr import Csr
from graph.snapshot import Snapshot

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ManyTouched:
    """Things of one kind that people touched, person after person, each person's increasing and unique.

    owners: int64 (n,), places of the people in the block. rows: int64 (n,). values: float32 (n,), weight of
    each touch. counts: int64 (n,), payments behind each (1 for a circle).
    """

    owners: Int64
    rows: Int64
    values: Float32
    counts: Int64

    def where(self, kept: npt.NDArray[np.bool_]) -> "ManyTouched":
        """Some of them; `kept`: bool (n,)."""
        if kept.all():
            return self
        return ManyTouched(self.owners[kept], self.rows[kept], self.values[kept], self.counts[kept])


@dataclass(frozen=True)
class _Edges:
    """Edges of one relation: whose, to what, and their payments, plain and decayed."""

    owners: Int64
    rows: Int64
    payments: Int64
    decayed: npt.NDArray[np.float64]
    scenes: Int64 | None


class Crowd:
    """Some people of a snapshot; kinds of touches are computed when they are first asked for.

    Args:
        users: int64 (num_people,), rows of the snapshot.
    """

    def __init__(self, snapshot: Snapshot, users: Int64, decay: Decay) -> None:
        self.users = users
        self._snapshot, self._decay = snapshot, decay
        self._known: dict[str, ManyTouched] = {}

    def __len__(self) -> int:
        return len(self.users)

    def halves(self) -> "tuple[Crowd, Crowd]":
        middle = len(self) // 2
        return (
            Crowd(self._snapshot, self.users[:middle], self._decay),
            Crowd(self._snapshot, self.users[middle:], self._decay),
        )

    @cached_property
    def groups(self) -> Int64:
        """Index in `model.GROUPS` of each person: int64 (num_people,)."""
        return groups_of(np.bincount(self.of("circle").owners, minlength=len(self)))

    def of(self, touch: str) -> ManyTouched:
        """ManyTouched of one kind of `model.TOUCHES`."""
        if touch not in self._known:
            self._known[touch] = self._made(touch)
        return self._known[touch]

    def _made(self, touch: str) -> ManyTouched:
        if touch == "circle":
            owners, at = _edges_of(self._snapshot.members, self.users)
            owners, rows = _unique(owners, self._snapshot.members.indices[at].astype(np.int64))
            return ManyTouched(owners, rows, np.ones(len(rows), np.float32), np.ones(len(rows), np.int64))
        if touch == "scene":
            scenes = self._paid.scenes
            return _summed(self._paid, np.full(len(self._paid.rows), -1) if scenes is None else scenes)
        edges = self._paid if touch.startswith("merchant") else self._bought
        if not touch.endswith("_category"):
            return _summed(edges, edges.rows)
        category = getattr(self._snapshot, touch)
        known = category[edges.rows] if len(category) else np.full(len(edges.rows), -1)
        return _summed(edges, known.astype(np.int64))

    @cached_property
    def _paid(self) -> _Edges:
        return self._read(self._snapshot.paid)

    @cached_property
    def _bought(self) -> _Edges:
        return self._read(self._snapshot.bought)

    def _read(self, csr: Csr) -> _Edges:
        owners, at = _edges_of(csr, self.users)
        columns = {name: csr.columns[name][at] for name in ("payments", "last_at")}
        scenes = csr.columns["scene"][at].astype(np.int64) if "scene" in csr.columns else None
        payments, rows = columns["payments"].astype(np.int64), csr.indices[at].astype(np.int64)
        return _Edges(owners, rows, payments, self._decay(columns), scenes)


def _edges_of(csr: Csr, users: Int64) -> tuple[Int64, Int64]:
    """Person of each edge, by place in `users`, and where it lies."""
    starts = csr.indptr[users]
    return spread_out(starts, csr.indptr[users + 1] - starts)


def spread_out(starts: Int64, lengths: Int64) -> tuple[Int64, Int64]:
    """Runs `starts` to `starts + lengths`, one after the other: run of each position, and the position."""
    runs = np.arange(len(starts)).repeat(lengths)
    at = (starts - lengths.cumsum() + lengths)[runs]
    at += np.arange(len(at))
    return runs, at


def _unique(owners: Int64, rows: Int64) -> tuple[Int64, Int64]:
    """Pairs in order, each once."""
    width = int(rows.max(initial=0)) + 1
    keys = owners * width + rows
    if not (keys[1:] > keys[:-1]).all():
        keys = np.unique(keys)
    return np.divmod(keys, width)


def _summed(edges: _Edges, rows: Int64) -> ManyTouched:
    """ManyTouched by row; -1 is unknown and left out."""
    known = (rows >= 0).nonzero()[0]
    owners, rows = edges.owners[known], rows[known]
    width = int(rows.max(initial=0)) + 1
    keys = owners * width + rows
    if not (keys[1:] >= keys[:-1]).all():
        order = keys.argsort(kind="stable")
        known, keys = known[order], keys[order]
    begins = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=begins[1:])
    starts = begins.nonzero()[0]
    decayed, payments = edges.decayed[known], edges.payments[known]
    if len(starts) < len(keys):
        decayed, payments = np.add.reduceat(decayed, starts), np.add.reduceat(payments, starts)
    owners, rows = np.divmod(keys[starts], width)
    return ManyTouched(owners, rows, touch_weight(decayed), payments)
