"""Turbo-CF: a polynomial low-pass filter on the graph of columns, without training.

    R~ = D_u^-a R D_i^(a - 1),  P = (R~' R~)^.s,  scores = R H(P)
    H(P) = P,  2 P - P^2  or  P + 0.01 (-P^3 + 10 P^2 - 29 P)

Source: Park, Shin and Shin 2024, "Turbo-CF: Matrix Decomposition-Free Graph Filtering".
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from embeddings.model import Float32
from embeddings.peers.base import Grid, Int64, Settings, in_blocks
from embeddings.peers.sight import Sight
from embeddings.touches import Matrix, degrees

# Products that P may take, and entries that it then has at most (2.4 GB); above, only P itself is used, whose
# columns of circles are all that is needed.
LARGEST_FILTER = 200_000_000
# Coefficients of P, P^2 and P^3.
FILTERS = {1: (1.0, 0.0, 0.0), 2: (2.0, -1.0, 0.0), 3: (0.71, 0.1, -0.01)}


class TurboCf:
    """The filter is applied to a user's row by products; no power of P is kept. learned: a lower order."""

    name: ClassVar[str] = "turbo-cf"
    weighs: ClassVar[bool] = True
    grid: ClassVar[Grid] = {
        "alpha": (0.5, 0.3, 0.6, 0.7),
        "power": (1.0, 0.7, 0.5, 1.3),
        "order": (1, 2, 3),
    }

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
        matrix = sight.matrix.astype(np.float32)
        by_row = np.maximum(degrees(matrix, 1), 1).astype(np.float64) ** -settings["alpha"]
        by_column = np.maximum(degrees(matrix, 0), 1).astype(np.float64) ** (settings["alpha"] - 1.0)
        scaled = matrix.data * np.repeat(by_row, np.diff(matrix.indptr)) * by_column[matrix.indices]
        normed = Matrix((scaled.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
        self._order, self._num_circles = settings["order"], sight.num_circles
        if np.square(degrees(matrix, 1)).sum() > LARGEST_FILTER:
            self._order, self.learned = 1, {"order": 1}
        columns = sight.num_circles if self._order == 1 else matrix.shape[1]
        self._filter = Matrix(normed.T.tocsr() @ normed[:, :columns])
        self._filter.data **= np.float32(settings["power"])
        self._touched = matrix[: sight.num_users]

    def scores(self, users: Int64) -> Float32:
        return in_blocks(users, self._touched.shape[1], self._filtered)

    def _filtered(self, users: Int64) -> Float32:
        spread: Any = self._touched[users]
        out = np.zeros((len(users), self._num_circles), dtype=np.float32)
        for coefficient in FILTERS[self._order][: self._order]:
            spread = spread @ self._filter
            if isinstance(spread, Matrix):
                spread = spread.toarray()  # after a product hardly a zero is left
            out += np.float32(coefficient) * spread[:, : self._num_circles]
        return out
