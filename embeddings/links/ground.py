"""What link features are computed from: visits, circles and accepted links of people who agreed to links.

Everybody else's rows are empty, so that nothing of them enters a count, a vector or a candidate list.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings.spectral import spectral_users
from embeddings.touches import Matrix
from graph.csr import Csr
from graph.schema import SCENES, Purpose
from graph.snapshot import Snapshot

Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
DIM = 64
DAY_S = 86_400.0
UNKNOWN_SCENE = len(SCENES) - 1


@dataclass(frozen=True)
class Ground:
    """Rows are the rows of the snapshot's users.

    eligible: bool (num_users,), consent and adult. visits: payments, csr (num_users, num_merchants).
    days, age_days: float64 aligned with `visits.data`. scene, category: int64 (num_merchants,); -1 unknown.
    customers: float64 (num_merchants,), eligible ones, each counted by reliability. busy: int64 (num_users,),
    merchants of each. circles: csr of 0 and 1. links: symmetric csr of 0 and 1, empty where links may not be
    known. vectors: float32 (num_users, DIM), length 1 or 0. reliability: float64 (num_users,) in [0, 1].
    """

    eligible: Bool
    visits: Matrix
    days: Float64
    age_days: Float64
    scene: Int64
    category: Int64
    customers: Float64
    circles: Matrix
    links: Matrix
    vectors: Float32
    reliability: Float64

    @property
    def num_users(self) -> int:
        return int(self.visits.shape[0])

    @property
    def busy(self) -> Int64:
        return np.diff(self.visits.indptr).astype(np.int64)

    def with_links(self, links: Matrix) -> "Ground":
        """The same with other known links."""
        return replace(self, links=links)


def ground_of(
    snapshot: Snapshot,
    *,
    adult: Bool | None = None,
    reliability: Float64 | None = None,
    with_links: bool = True,
    seed: int = 0,
) -> Ground:
    """Collect from a snapshot.

    Args:
        adult: bool (num_users,); everybody when None, as without a users table.
        reliability: float64 (num_users,); 1 when None.
    """
    eligible = np.array(snapshot.consents[Purpose.LINKS.value], dtype=bool)
    if adult is not None:
        eligible &= adult
    trusted = np.ones(len(eligible)) if reliability is None else reliability
    visits, days, last_at, scene = _visits(snapshot.paid, eligible)
    newest = float(last_at.max(initial=0))
    customers = summed(visits.indices.astype(np.int64), trusted[_rows(visits)], visits.shape[1])
    return Ground(
        eligible=eligible,
        visits=visits,
        days=days,
        age_days=(newest - last_at) / DAY_S,
        scene=scene,
        category=snapshot.merchant_category.astype(np.int64),
        customers=customers,
        circles=_pattern(snapshot.members, eligible, both=False),
        links=_pattern(snapshot.links, eligible if with_links else np.zeros_like(eligible), both=True),
        vectors=_vectors(visits, seed),
        reliability=trusted,
    )


def links_of(snapshot: Snapshot, eligible: Bool) -> Matrix:
    """Accepted links between eligible people, symmetric, 0 and 1."""
    return _pattern(snapshot.links, eligible, both=True)


def _visits(paid: Csr, eligible: Bool) -> tuple[Matrix, Float64, Float64, Int64]:
    """Parallel edges of several scenes become one; the scene of a merchant is that of most of its edges."""
    rows = paid.rows().astype(np.int64)
    kept = eligible[rows] & (paid.columns["payments"] > 0)
    columns = {name: values[kept].astype(np.float64) for name, values in paid.columns.items()}
    keys = rows[kept] * max(paid.num_columns, 1) + paid.indices[kept]
    unique, at = np.unique(keys, return_inverse=True)
    where = unique // max(paid.num_columns, 1)
    payments, days = (summed(at, columns[name], len(unique)) for name in ("payments", "days"))
    last_at = np.zeros(len(unique))
    np.maximum.at(last_at, at, columns["last_at"])
    indptr = np.concatenate([[0], np.cumsum(np.bincount(where, minlength=paid.num_rows))])
    shape = (paid.num_rows, paid.num_columns)
    visits = Matrix(
        (payments.astype(np.float32), (unique % max(paid.num_columns, 1)).astype(np.int32), indptr),
        shape=shape,
    )
    counts = np.zeros((paid.num_columns, len(SCENES)))
    np.add.at(counts, (paid.indices[kept], columns["scene"].astype(np.int64)), 1)
    scene = np.where(counts.any(axis=1), counts.argmax(axis=1), UNKNOWN_SCENE)
    return visits, days, last_at, scene.astype(np.int64)


def _pattern(edges: Csr, eligible: Bool, *, both: bool) -> Matrix:
    rows = edges.rows()
    kept = eligible[rows] & (eligible[edges.indices] if both else True)
    shape = (edges.num_rows, edges.num_columns)
    ones = np.ones(int(kept.sum()), dtype=np.float32)
    matrix = sparse.coo_array((ones, (rows[kept], edges.indices[kept])), shape=shape).tocsr()
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return Matrix(matrix)


def rarity_weighted(visits: Matrix) -> Matrix:
    """Rows of log payments times log inverse share of users, of length 1."""
    num_users = max(int(np.count_nonzero(np.diff(visits.indptr))), 2)
    degree = np.bincount(visits.indices, minlength=visits.shape[1])
    weights = np.log1p(visits.data) * np.log(num_users / np.maximum(degree, 1))[visits.indices]
    rows = _rows(visits)
    length = np.sqrt(np.bincount(rows, weights * weights, visits.shape[0]))
    scaled = weights / np.where(length > 0, length, 1.0)[rows]
    return Matrix((scaled.astype(np.float32), visits.indices, visits.indptr), shape=visits.shape)


def _vectors(visits: Matrix, seed: int) -> Float32:
    if not visits.nnz:
        return np.zeros((visits.shape[0], 1), dtype=np.float32)
    # Who goes where, not how often: counts of a few regulars would take all the directions.
    ones = Matrix((np.ones(visits.nnz, np.float32), visits.indices, visits.indptr), shape=visits.shape)
    vectors = spectral_users(ones, DIM, seed)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1), dtype=np.float32)


def summed(at: Int64, values: Float64, size: int) -> Float64:
    """Sum of the values at each position: float64 (size,)."""
    return np.bincount(at, values, size).astype(np.float64)


def _rows(matrix: Matrix) -> Int64:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
