"""EASE: a linear model between columns with a zero diagonal, in closed form; sparse where that is too large.

    P = (X'X + lambda I)^-1,  B = I - P / diag(P),  scores = X B

With fewer rows than columns the same is computed from M = (XX' + lambda I)^-1: P = (I - X' M X) / lambda.
Where both sides are larger than `LARGEST_SIDE`, each circle is regressed on the columns it shares most with.

Source: Steck 2019 (EASE); Levy and Jack 2013 (regression restricted to neighbours).
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy import linalg

from embeddings.batch import raw_scores
from embeddings.model import Float32
from embeddings.peers.base import Grid, Int64, Settings, is_over
from embeddings.peers.item_knn import nearest
from embeddings.peers.sight import Sight
from embeddings.touches import Matrix

LARGEST_SIDE = 8_000  # 512 MB in float64, and about two minutes of one core for the inverse
NEIGHBOURS = 100  # of a circle in the sparse form
Float64 = npt.NDArray[np.float64]


class Ease:
    """learned: the form that was used, dense or sparse."""

    name: ClassVar[str] = "ease"
    weighs: ClassVar[bool] = True
    grid: ClassVar[Grid] = {"ridge": (30.0, 3.0, 10.0, 100.0, 300.0)}

    def __init__(self, seed: int) -> None:
        self.learned: dict[str, Any] = {}

    def fit(
        self,
        sight: Sight,
        settings: Settings,
        *,
        deadline: float | None = None,
        watch: Callable[[], float] | None = None,
    ) -> None:
        self._touched = sight.matrix[: sight.num_users]
        small = min(sight.matrix.shape) <= LARGEST_SIDE
        self.learned = {"form": "dense" if small else "sparse"}
        if not small:
            self._between: Float32 | Matrix = _sparse(sight, settings["ridge"], deadline)
        elif sight.matrix.shape[1] <= sight.matrix.shape[0]:
            self._between = _by_columns(sight, settings["ridge"])
        else:
            self._between = _by_rows(sight, settings["ridge"])

    def scores(self, users: Int64) -> Float32:
        if isinstance(self._between, Matrix):
            return raw_scores(self._touched[users], self._between)
        return np.asarray(self._touched[users] @ self._between, dtype=np.float32)


def _inverse(gram: Float64, ridge: float) -> Float64:
    gram[np.diag_indices_from(gram)] += ridge
    factor = linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(linalg.cho_solve(factor, np.eye(len(gram)), overwrite_b=True, check_finite=False))


def _by_columns(sight: Sight, ridge: float) -> Float32:
    matrix = sight.matrix.astype(np.float64)
    inverse = _inverse((matrix.T @ matrix).toarray(), ridge)
    return _between(inverse[:, : sight.num_circles], np.diag(inverse)[: sight.num_circles])


def _by_rows(sight: Sight, ridge: float) -> Float32:
    matrix = sight.matrix.astype(np.float64)
    inverse = _inverse((matrix @ matrix.T).toarray(), ridge)
    circles = matrix[:, : sight.num_circles].tocsr()
    # M X for circles only, then X' (M X): nothing of the size columns x columns is made.
    solved = np.asarray((circles.T @ inverse).T)
    precision = -np.asarray(matrix.T @ solved)
    at = np.arange(sight.num_circles)
    precision[at, at] += 1.0
    precision /= ridge
    return _between(precision, precision[at, at])


def _between(precision: Float64, diagonal: Float64) -> Float32:
    """B = I - P / diag(P) for the columns of circles; float32 (num_columns, num_circles), zero diagonal."""
    between = (-precision / diagonal).astype(np.float32)
    at = np.arange(between.shape[1])
    between[at, at] = 0.0
    return np.asarray(between)


def _sparse(sight: Sight, ridge: float, deadline: float | None) -> Matrix:
    """Each circle regressed on its `NEIGHBOURS` columns; those behind the deadline keep no weight."""
    matrix = sight.matrix.astype(np.float32)
    columns = matrix.tocsc()
    shared = Matrix(matrix.T.tocsr() @ sight.circles)
    shared.setdiag(0)
    shared.eliminate_zeros()  # else a circle would be among its own neighbours
    near = nearest(shared, NEIGHBOURS).tocsc()
    rows, cols, values = [], [], []
    for circle in range(sight.num_circles):
        if circle % 256 == 0 and is_over(deadline):
            break
        own = slice(near.indptr[circle], near.indptr[circle + 1])
        support = near.indices[own]
        if not len(support):
            continue
        part = columns[:, support]
        gram = (part.T @ part).toarray().astype(np.float64)
        gram[np.diag_indices_from(gram)] += ridge
        values.append(
            linalg.solve(gram, near.data[own].astype(np.float64), assume_a="pos", check_finite=False)
        )
        rows.append(support)
        cols.append(np.full(len(support), circle))
    shape = (matrix.shape[1], sight.num_circles)
    if not rows:
        return Matrix(np.zeros(shape, dtype=np.float32))
    pairs = (np.concatenate(rows), np.concatenate(cols))
    return Matrix((np.concatenate(values).astype(np.float32), pairs), shape=shape)
