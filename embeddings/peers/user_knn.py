"""User neighbours: circles of the people who did most alike.

Source: Resnick et al. 1994; cosine over what was touched, as in Ferrari Dacrema et al. 2019.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from embeddings.model import Float32
from embeddings.peers.base import Grid, Int64, Settings, in_blocks
from embeddings.peers.item_knn import nearest
from embeddings.peers.sight import Sight
from embeddings.touches import Matrix, degrees


class UserKnn:
    """score(u, c) = sum over the nearest rows of cosine(u, v) * [v is in c]."""

    name: ClassVar[str] = "user-knn"
    weighs: ClassVar[bool] = True
    grid: ClassVar[Grid] = {
        "neighbours": (100, 30, 300, 0),
        "rarity": (0.5, 0.0, 1.0),
        "power": (1.0, 0.7, 2.0),
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
        """rarity: exponent of the degree of a column, by which a touch of what many touch counts less."""
        touched = sight.matrix.astype(np.float32)
        rarity = np.maximum(degrees(touched, 0), 1).astype(np.float64) ** -settings["rarity"]
        scaled = Matrix(
            (touched.data * rarity[touched.indices], touched.indices, touched.indptr), shape=touched.shape
        )
        lengths = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)))
        unit = np.repeat(1.0 / np.maximum(lengths, 1e-12), np.diff(scaled.indptr))
        self._unit = Matrix((scaled.data * unit, scaled.indices, scaled.indptr), shape=scaled.shape)
        self._by_column = self._unit.T.tocsr()
        self._circles, self._settings = sight.circles, settings

    def scores(self, users: Int64) -> Float32:
        return in_blocks(users, self._unit.shape[0], self._votes)

    def _votes(self, users: Int64) -> Float32:
        alike = Matrix(self._unit[users] @ self._by_column)
        alike.data[alike.indices == np.repeat(users, np.diff(alike.indptr))] = (
            0.0  # nobody is their own neighbour
        )
        alike.eliminate_zeros()
        alike.data **= self._settings["power"]
        near = nearest(Matrix(alike.T.tocsr()), self._settings["neighbours"]).T.tocsr()
        return np.asarray((near @ self._circles).toarray(), dtype=np.float32)
