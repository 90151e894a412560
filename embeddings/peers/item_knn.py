"""Item neighbours: circles near those somebody joined, by the cosine over who touched both.

Source: Sarwar et al. 2001; shrinkage and asymmetric exponents as in Ferrari Dacrema et al. 2019.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from embeddings.batch import raw_scores
from embeddings.model import Float32
from embeddings.peers.base import Grid, Int64, Settings
from embeddings.peers.sight import Sight
from embeddings.touches import Matrix, binary, degrees


class ItemKnn:
    """score(u, c) = sum over what u touched of weight * cosine; 0 neighbours are all of them."""

    name: ClassVar[str] = "item-knn"
    weighs: ClassVar[bool] = True
    grid: ClassVar[Grid] = {
        "neighbours": (0, 20, 100),
        "shrink": (0.0, 5.0, 20.0),
        "exponent": (0.5, 0.35, 0.65),
        "power": (1.0, 0.7, 1.5),
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
        self._touched = sight.matrix[: sight.num_users]
        near = cosine(binary(sight.matrix), binary(sight.circles), settings["shrink"], settings["exponent"])
        near.data **= np.float32(settings["power"])
        self._near = nearest(near, settings["neighbours"])

    def scores(self, users: Int64) -> Float32:
        return raw_scores(self._touched[users], self._near)


def cosine(things: Matrix, circles: Matrix, shrink: float = 0.0, exponent: float = 0.5) -> Matrix:
    """Shared rows over (d_i^e d_c^(1 - e) + shrink): float32 csr (num_things, num_circles)."""
    shared = Matrix(things.T.tocsr() @ circles)
    by_thing = np.maximum(degrees(things, 0), 1).astype(np.float64) ** exponent
    by_circle = np.maximum(degrees(circles, 0), 1).astype(np.float64) ** (1.0 - exponent)
    below = np.repeat(by_thing, np.diff(shared.indptr)) * by_circle[shared.indices] + shrink
    return Matrix(
        ((shared.data / below).astype(np.float32), shared.indices, shared.indptr), shape=shared.shape
    )


def nearest(matrix: Matrix, neighbours: int) -> Matrix:
    """The largest entries of each column; all of them for 0."""
    if not neighbours:
        return matrix
    by_column = matrix.tocoo()
    # Largest first within each column: an entry stays if its place there is among the first.
    order = np.lexsort((-by_column.data, by_column.col))
    starts = np.concatenate([[0], np.cumsum(np.bincount(by_column.col, minlength=matrix.shape[1]))])
    place = np.arange(len(order)) - starts[by_column.col[order]]
    kept = order[place < neighbours]
    pairs = (by_column.row[kept], by_column.col[kept])
    return Matrix((by_column.data[kept], pairs), shape=matrix.shape)
