"""What users touched, as matrices: users x things of one kind, cut from a snapshot.

Only people who grant the purpose `circles` are in them; the rows of all others are empty. Needs scipy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings.profile import Decay, touch_weight
from graph.csr import Csr
from graph.schema import SCENES, Purpose
from graph.snapshot import Snapshot

Matrix = sparse.csr_array
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Touches:
    """Weights of touches by kind, float32 csr (num_users, num_things); see `profile.touch_weight`.

    members has 0 and 1; it is `of["circle"]`. taught: memberships that count in training, with their weights;
    None when all of them count alike. newest_at: the newest edge, from which ages count back.
    """

    of: Mapping[str, Matrix]
    newest_at: int
    half_life_s: float
    taught: Matrix | None = None

    @property
    def members(self) -> Matrix:
        """Who is in what: what a person is scored by, and what they are not shown again."""
        return self.of["circle"]

    @property
    def teaching(self) -> Matrix:
        """What circles are learned from: memberships that count, with their weights."""
        return self.members if self.taught is None else self.taught

    def rows(self, users: Int64) -> "Touches":
        """The same for some users only."""
        taught = None if self.taught is None else self.taught[users]
        return replace(self, of={kind: matrix[users] for kind, matrix in self.of.items()}, taught=taught)


def touches_of(snapshot: Snapshot, *, half_life_days: float, newest_at: int | None = None) -> Touches:
    """Collect what consenting users touched.

    Args:
        newest_at: from which ages count back; the newest edge when absent. Later payments count as of then.
    """
    consents = np.asarray(snapshot.consents[Purpose.CIRCLES.value], dtype=bool)
    newest_at = newest_edge(snapshot) if newest_at is None else newest_at
    decay = Decay(newest_at, half_life_days * 86_400.0)
    paid, bought = _decayed(snapshot.paid, decay, consents), _decayed(snapshot.bought, decay, consents)
    num_categories = len(snapshot.categories)
    scenes = _grouped(paid, snapshot.paid.columns["scene"][paid.kept].astype(np.int64), len(SCENES))
    return Touches(
        of={
            "circle": _members(snapshot.members, consents),
            "merchant": _grouped(paid, paid.columns, len(snapshot.merchants)),
            "product": _grouped(bought, bought.columns, len(snapshot.products)),
            "merchant_category": _grouped(
                paid, _at(snapshot.merchant_category, paid.columns), num_categories
            ),
            "product_category": _grouped(
                bought, _at(snapshot.product_category, bought.columns), num_categories
            ),
            "scene": scenes,
        },
        newest_at=newest_at,
        half_life_s=decay.half_life_s,
        taught=_taught(snapshot.members, consents),
    )


def newest_edge(snapshot: Snapshot) -> int:
    """Time of the newest payment edge; `as_of` when there is none."""
    times = [m.columns["last_at"].max() for m in (snapshot.paid, snapshot.bought) if m.num_edges]
    return int(max(times)) if times else snapshot.as_of


def binary(matrix: Matrix) -> Matrix:
    """The same pattern with 1 everywhere, float32."""
    return Matrix((np.ones(matrix.nnz, np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)


def degrees(matrix: Matrix, axis: int) -> npt.NDArray[np.int64]:
    """Number of stored entries by column (axis 0) or by row (axis 1)."""
    if axis == 1:
        return np.diff(matrix.indptr).astype(np.int64)
    return np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.int64)


@dataclass(frozen=True)
class _Edges:
    kept: npt.NDArray[np.bool_]
    rows: Int64
    columns: Int64
    decayed: npt.NDArray[np.float64]
    num_users: int


def _decayed(edges: Csr, decay: Decay, consents: npt.NDArray[np.bool_]) -> _Edges:
    rows = edges.rows().astype(np.int64)
    kept = consents[rows]
    return _Edges(
        kept, rows[kept], edges.indices[kept].astype(np.int64), decay(edges.columns)[kept], edges.num_rows
    )


def _at(values: npt.NDArray[np.integer], rows: Int64) -> Int64:
    return values[rows].astype(np.int64) if len(values) else np.full(len(rows), -1, dtype=np.int64)


def _grouped(edges: _Edges, columns: Int64, width: int) -> Matrix:
    """Weights of the summed, decayed payments of each user in each column; columns of -1 are left out."""
    known = columns >= 0
    summed = sparse.coo_array(
        (edges.decayed[known], (edges.rows[known], columns[known])), shape=(edges.num_users, width)
    ).tocsr()
    summed.sum_duplicates()
    return Matrix((touch_weight(summed.data), summed.indices, summed.indptr), shape=summed.shape)


def counts_of(members: Csr) -> npt.NDArray[np.bool_]:
    """Which memberships count in training at all: bool (num_edges,)."""
    weight = members.columns.get("weight")
    return np.ones(members.num_edges, dtype=bool) if weight is None else np.asarray(weight > 0)


def _taught(members: Csr, consents: npt.NDArray[np.bool_]) -> Matrix | None:
    weight = members.columns.get("weight")
    if weight is None:
        return None
    rows = members.rows()
    kept = consents[rows] & counts_of(members)
    shape = (members.num_rows, members.num_columns)
    values = np.asarray(weight[kept], dtype=np.float32)
    return Matrix(sparse.coo_array((values, (rows[kept], members.indices[kept])), shape=shape).tocsr())


def _members(members: Csr, consents: npt.NDArray[np.bool_]) -> Matrix:
    rows = members.rows()
    kept = consents[rows]
    ones = np.ones(int(kept.sum()), dtype=np.float32)
    shape = (members.num_rows, members.num_columns)
    matrix = sparse.coo_array((ones, (rows[kept], members.indices[kept])), shape=shape).tocsr()
    matrix.sum_duplicates()
    return binary(matrix)
