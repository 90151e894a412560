"""What differs between two snapshots of one store: where each id went, and whose rows are not the same.

Ids are sorted, so that what is known of an id keeps its order when others come in between: rows are moved,
never sorted anew. Everything here is a pass over arrays, not a look at each person.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.touches import Matrix
from graph.csr import Csr, ranges
from graph.ids import Ids
from graph.schema import Purpose
from graph.snapshot import Snapshot

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
LABELS = ("users", "merchants", "products", "circles", "categories")
_WIDTHS = {"paid": "merchants", "bought": "products", "members": "circles", "dismissed": "circles"}


@dataclass(frozen=True)
class Moved:
    """Where the rows of an old snapshot are in a new one: label -> int64 (num_old,), -1 for what is gone."""

    to: Mapping[str, Int64]

    @classmethod
    def between(cls, old: Snapshot, new: Snapshot) -> "Moved":
        return cls({label: places(getattr(old, label), getattr(new, label)) for label in LABELS})

    def keeps(self, *labels: str) -> bool:
        """Whether nothing of these is gone."""
        return all(bool((self.to[label] >= 0).all()) for label in labels)


def places(old: Ids, new: Ids) -> Int64:
    """Row of each old id among the new ones, -1 where it is gone; int64 (num_old,)."""
    if np.array_equal(old.offsets, new.offsets) and np.array_equal(old.data, new.data):
        return np.arange(len(old), dtype=np.int64)
    width = max((int(np.diff(ids.offsets).max(initial=0)) for ids in (old, new)), default=0)
    if width == 0:
        return np.full(len(old), -1, dtype=np.int64)
    then, now = _padded(old, width), _padded(new, width)
    at = np.searchsorted(now, then)
    found = np.minimum(at, max(0, len(now) - 1))
    known = now[found] == then if len(now) else np.zeros(len(then), dtype=bool)
    return np.where(known, found, -1).astype(np.int64)


def moved_matrix(matrix: Matrix, rows: Int64, columns: Int64, shape: tuple[int, int]) -> Matrix:
    """A matrix with its rows and columns where they are now; none of those that have entries may be gone."""
    if matrix.shape == shape and _stays(rows) and _stays(columns):
        return matrix
    lengths = np.zeros(shape[0] + 1, dtype=np.int64)
    lengths[rows[rows >= 0] + 1] = np.diff(matrix.indptr)[rows >= 0]
    kept = np.repeat(rows >= 0, np.diff(matrix.indptr))
    indices = columns[matrix.indices[kept]]
    assert (indices >= 0).all()
    out = Matrix((matrix.data[kept], indices.astype(np.int32), np.cumsum(lengths)), shape=shape)
    out.has_sorted_indices = True  # order among what is kept is as before
    return out


def moved_values(values: npt.NDArray[np.generic], rows: Int64, size: int) -> npt.NDArray[np.generic]:
    """Values of old rows where they are now, 0 for what is new; shape (size, ...)."""
    if len(values) == size and _stays(rows):
        return values
    out = np.zeros((size, *values.shape[1:]), dtype=values.dtype)
    out[rows[rows >= 0]] = values[rows >= 0]
    return out


def changed_users(old: Snapshot, new: Snapshot, moved: Moved) -> tuple[Int64, Int64]:
    """Rows of people of whom anything that lists depend on is not the same: in the old and in the new one.

    Whoever came, went, granted or withdrew the purpose `circles` is in it; in the one they are in.
    """
    to = moved.to["users"]
    common = np.flatnonzero(to >= 0)
    differs = np.zeros(len(common), dtype=bool)
    purpose = Purpose.CIRCLES.value
    differs |= old.consents[purpose][common] != new.consents[purpose][to[common]]
    for name, label in _WIDTHS.items():
        before, after = getattr(old, name), getattr(new, name)
        differs |= _rows_differ(before, after, common, to[common], moved.to[label])
    for name, label in (("paid", "merchants"), ("bought", "products")):
        differs |= touching(getattr(new, name), _recategorised(old, new, moved, label))[to[common]]
    gone = np.flatnonzero(to < 0)
    come = np.setdiff1d(np.arange(len(new.users)), to[common])
    then = np.sort(np.concatenate([common[differs], gone]))
    return then, np.sort(np.concatenate([to[common][differs], come]))


def touching(edges: Csr, wanted: Bool) -> Bool:
    """Which rows have an edge to one of the wanted columns: bool (num_rows,)."""
    if not wanted.any():
        return np.zeros(edges.num_rows, dtype=bool)
    ends = np.concatenate([[0], np.cumsum(wanted[edges.indices])])
    return np.asarray(ends[edges.indptr[1:]] > ends[edges.indptr[:-1]])


def _padded(ids: Ids, width: int) -> npt.NDArray[np.bytes_]:
    """Ids as strings of one width: they sort as they are, since none has a byte 0 in it."""
    lengths = np.diff(ids.offsets)
    out = np.zeros((len(ids), width), dtype=np.uint8)
    rows = np.repeat(np.arange(len(ids)), lengths)
    out[rows, ranges(np.zeros(len(ids), np.int64), lengths)] = ids.data
    return out.reshape(-1).view(f"S{width}")


def _stays(rows: Int64) -> bool:
    return bool((rows == np.arange(len(rows))).all())


def _rows_differ(before: Csr, after: Csr, then: Int64, now: Int64, columns: Int64) -> Bool:
    """Whether each pair of rows has different edges: bool (num_pairs,)."""
    lengths = np.diff(before.indptr)[then]
    differs = np.asarray(lengths != np.diff(after.indptr)[now])
    if before.columns.keys() != after.columns.keys():
        return np.ones(len(then), dtype=bool)
    same = np.flatnonzero(~differs)
    old_at = ranges(before.indptr[then[same]], lengths[same])
    new_at = ranges(after.indptr[now[same]], lengths[same])
    unlike = columns[before.indices[old_at]] != after.indices[new_at]
    for name, values in before.columns.items():
        unlike |= values[old_at] != after.columns[name][new_at]
    differs[same] = np.bincount(np.repeat(np.arange(len(same)), lengths[same]), unlike, len(same)) > 0
    return differs


def _recategorised(old: Snapshot, new: Snapshot, moved: Moved, label: str) -> Bool:
    """Merchants or products that have another category than before, by new row."""
    name = f"{label[:-1]}_category"
    before, after, to = getattr(old, name), getattr(new, name), moved.to[label]
    category_to = np.append(moved.to["categories"], -1)  # that of -1 is -1
    out = np.zeros(len(after), dtype=bool)
    known = to >= 0
    out[to[known]] = category_to[before[known]] != after[to[known]]
    return out
