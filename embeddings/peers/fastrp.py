"""FastRP with nearest neighbours: what a user of a graph database's data science library would pick.

A very sparse random projection, averaged over the neighbours a few times; each average is normalised and they
are summed up with weights. Recommended are the circles nearest to the person, or those of the nearest people.

Source: Chen et al. 2019, "Fast and Accurate Network Embeddings via Very Sparse Random Projection"; iteration
weights and normalisation as in the Neo4j Graph Data Science library 2.13.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from embeddings.model import Float32
from embeddings.peers.base import Grid, Int64, Settings, in_blocks
from embeddings.peers.sight import Sight
from embeddings.touches import Matrix, degrees

SPARSITY = 3.0  # of the projection: entries are +-sqrt(3) with probability 1/6 each, else 0
NEIGHBOURS = 50  # people who vote
WEIGHTS = {"near": (0.0, 1.0, 1.0), "far": (0.0, 1.0, 1.0, 1.0, 1.0), "self": (1.0, 1.0, 1.0)}


class FastRpKnn:
    """weights: of the projection itself and of its averages over one, two, ... steps."""

    name: ClassVar[str] = "fastrp-knn"
    weighs: ClassVar[bool] = True
    grid: ClassVar[Grid] = {
        "dim": (256, 64, 512),
        "weights": tuple(WEIGHTS),
        "strength": (0.0, -0.5, -1.0),
        "towards": ("circles", "people"),
    }

    def __init__(self, seed: int) -> None:
        self.learned: dict[str, Any] = {}
        self._seed = seed

    def fit(
        self,
        sight: Sight,
        settings: Settings,
        *,
        deadline: float | None = None,
        watch: Callable[[], float] | None = None,
    ) -> None:
        vectors = embed(
            sight.matrix, settings["dim"], WEIGHTS[settings["weights"]], settings["strength"], self._seed
        )
        num_rows = sight.matrix.shape[0]
        self._people = vectors[: sight.num_users]
        self._circles = vectors[num_rows : num_rows + sight.num_circles]
        self._members, self._towards = sight.circles[: sight.num_users], settings["towards"]

    def scores(self, users: Int64) -> Float32:
        if self._towards == "circles":
            return np.asarray(self._people[users] @ self._circles.T)
        return in_blocks(users, len(self._people), self._votes)

    def _votes(self, users: Int64) -> Float32:
        alike = self._people[users] @ self._people.T
        alike[np.arange(len(users)), users] = -np.inf
        if alike.shape[1] > NEIGHBOURS:
            edge = -np.partition(-alike, NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1 : NEIGHBOURS]
            alike[alike < edge] = 0.0
        votes = Matrix(np.where(np.isfinite(alike), np.maximum(alike, 0.0), 0.0))
        return np.asarray((votes @ self._members).toarray(), dtype=np.float32)


def embed(matrix: Matrix, dim: int, weights: tuple[float, ...], strength: float, seed: int) -> Float32:
    """Vectors of rows and columns of a bipartite graph: float32 (num_rows + num_columns, dim), of length 1.

    Args:
        strength: exponent of the degree in the projection; negative makes well-known nodes say less.
    """
    graph = Matrix(sparse.block_array([[None, matrix], [matrix.T, None]], format="csr", dtype=np.float32))
    degree = np.maximum(degrees(graph, 1), 1).astype(np.float32)
    rng = np.random.default_rng([seed, 17])
    drawn = rng.random((graph.shape[0], dim), dtype=np.float32)
    one = np.float32(np.sqrt(SPARSITY))
    vectors = np.where(drawn < 0.5 / SPARSITY, one, np.where(drawn > 1 - 0.5 / SPARSITY, -one, np.float32(0)))
    vectors *= (degree**strength)[:, None]
    summed = np.float32(weights[0]) * normalised(vectors)
    for weight in weights[1:]:
        vectors = np.asarray(graph @ vectors) / degree[:, None]
        summed += np.float32(weight) * normalised(vectors)
    return normalised(summed)


def normalised(vectors: Float32) -> Float32:
    """Rows of length 1; those of length 0 stay."""
    lengths = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)
