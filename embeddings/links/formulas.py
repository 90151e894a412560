"""Scores of pairs by one formula: what a model of links has to beat.

Each scores everybody for a block of people and single pairs; neither reads an answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from embeddings.links.features import RESTART, STEPS
from embeddings.links.ground import Float32, Float64, Ground, Int64, rarity_weighted
from embeddings.peers.fastrp import WEIGHTS, embed
from embeddings.touches import Matrix

FASTRP_DIM = 256


@dataclass(frozen=True)
class Formula:
    """left @ right.T, rows of people; then what `finish` makes of it. known: reads accepted links."""

    name: str
    left: Matrix | Float32
    right: Matrix | Float32
    finish: Callable[[Float64, Int64, Int64], Float64] | None = None
    known: bool = False

    def rows(self, users: Int64) -> Float32:
        """float32 (len(users), num_users)."""
        product = self.left[users] @ self.right.T
        dense = np.asarray(product if isinstance(product, np.ndarray) else product.toarray())
        everybody = np.arange(dense.shape[1])
        return self._finished(dense, users[:, None], everybody[None, :]).astype(np.float32)

    def pairs(self, one: Int64, other: Int64) -> Float64:
        """float64 (num_pairs,)."""
        if isinstance(self.left, np.ndarray):
            summed = (self.left[one] * np.asarray(self.right)[other]).sum(axis=1)
        else:
            both: Any = self.left[one] * self.right[other]
            summed = np.asarray(both.sum(axis=1)).ravel()
        return self._finished(summed, one, other).astype(np.float64)

    def _finished(self, values: Float64, one: Int64, other: Int64) -> Float64:
        return self.finish(values, one, other) if self.finish else values


class PageRank:
    """Personalised PageRank over accepted links, exact; at most some ten thousand people."""

    name = "page-rank"
    known = True

    def __init__(self, links: Matrix) -> None:
        degree = np.maximum(np.diff(links.indptr), 1)
        data = links.data / np.repeat(degree, np.diff(links.indptr))
        self._back = Matrix((data, links.indices, links.indptr), shape=links.shape).T.tocsr()

    def rows(self, users: Int64) -> Float32:
        walk = np.zeros((self._back.shape[0], len(users)), dtype=np.float32)
        walk[users, np.arange(len(users))] = 1.0
        total = RESTART * walk
        for _ in range(2 * STEPS):
            walk = np.asarray(self._back @ walk, dtype=np.float32) * (1.0 - RESTART)
            total += RESTART * walk
        return np.ascontiguousarray(total.T)

    def pairs(self, one: Int64, other: Int64) -> Float64:
        users, at = np.unique(one, return_inverse=True)
        out = np.zeros(len(one))
        for start in range(0, len(users), 512):
            block = users[start : start + 512]
            mine = (at >= start) & (at < start + len(block))
            out[mine] = self.rows(block)[at[mine] - start, other[mine]]
        return out


Peer = Formula | PageRank
NAMES = (
    "common-neighbours",
    "adamic-adar",
    "jaccard",
    "cosine",
    "resource-allocation",
    "tf-idf-cosine",
    "embedding",
    "fastrp-knn",
)
KNOWN_NAMES = ("friends-of-friends", "page-rank")


def formulas_of(ground: Ground, links: Matrix, *, seed: int = 0) -> Mapping[str, Callable[[], Peer]]:
    """Name -> maker of each."""
    visits = ground.visits
    ones = Matrix((np.ones(visits.nnz, np.float32), visits.indices, visits.indptr), shape=visits.shape)
    degree = np.maximum(np.bincount(visits.indices, minlength=visits.shape[1]), 1)
    busy = ground.busy.astype(np.float64)
    weighted = rarity_weighted(visits)
    num_links = np.maximum(np.diff(links.indptr), 1)

    def jaccard(common: Float64, one: Int64, other: Int64) -> Float64:
        return np.asarray(common / np.maximum(busy[one] + busy[other] - common, 1.0))

    def cosine(common: Float64, one: Int64, other: Int64) -> Float64:
        return np.asarray(common / np.sqrt(np.maximum(busy[one] * busy[other], 1.0)))

    def scaled(by: Float64) -> Matrix:
        data = (by[visits.indices]).astype(np.float32)
        return Matrix((data, visits.indices, visits.indptr), shape=visits.shape)

    def fastrp() -> Formula:
        found = embed(weighted, FASTRP_DIM, WEIGHTS["near"], 0.0, seed)[: ground.num_users]
        return Formula("fastrp-knn", found, found)

    friends = Matrix((1.0 / num_links[links.indices], links.indices, links.indptr), shape=links.shape)
    return {
        "common-neighbours": lambda: Formula("common-neighbours", ones, ones),
        "adamic-adar": lambda: Formula("adamic-adar", scaled(1 / np.log(np.maximum(degree, 2))), ones),
        "jaccard": lambda: Formula("jaccard", ones, ones, jaccard),
        "cosine": lambda: Formula("cosine", ones, ones, cosine),
        "resource-allocation": lambda: Formula("resource-allocation", scaled(1 / degree), ones),
        "tf-idf-cosine": lambda: Formula("tf-idf-cosine", weighted, weighted),
        "embedding": lambda: Formula("embedding", ground.vectors, ground.vectors),
        "fastrp-knn": fastrp,
        "friends-of-friends": lambda: Formula("friends-of-friends", friends, links, known=True),
        "page-rank": lambda: PageRank(links),
    }
