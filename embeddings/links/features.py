"""Numbers that describe a pair, the same in both directions; what a model of links reads.

Most are sums over the merchants that both visit. Known links are used only where the ground has them.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from embeddings.links.ground import Float32, Float64, Ground, Int64, rarity_weighted, summed
from embeddings.links.pairs import Joined, Pairs, join, shared_of
from embeddings.links.taught import Taught
from embeddings.touches import Matrix
from graph.policy.trust import TrustValues, chance_of, evidence, rarity

BLOCK = 150_000  # pairs whose shared merchants are in memory at a time
RESTART = 0.3
STEPS = 8

# name -> a model may only let it raise (1) a score, lower it (-1), or either (0)
BEHAVIOUR = {
    "common": 1,
    "adamic_adar": 1,
    "allocation": 1,
    "allocation_floored": 1,
    "counted_cosine": 1,
    "jaccard": 1,
    "surprise": 1,
    "lift": 1,
    "vectors": 1,
    "scenes": 1,
    "evidence": 1,
    "rarest": 1,
    "together": 1,
    "taught": 1,
    "circles": 1,
    "activity": 0,
    "imbalance": 0,
}
KNOWN = {"friends_of_friends": 1, "page_rank": 1, "links": 0, "links_imbalance": 0}


@dataclass
class Describer:
    """Computes features of pairs; what needs all people is computed once."""

    ground: Ground
    values: TrustValues
    taught: Taught

    def __post_init__(self) -> None:
        self.weighted = rarity_weighted(self.ground.visits)
        self.degree = np.bincount(self.ground.visits.indices, minlength=self.ground.visits.shape[1])
        self.busy = self.ground.busy
        self.num_links = np.diff(self.ground.links.indptr)
        self.knows = bool(self.ground.links.nnz)
        self.ranks = page_rank(self.ground.links) if self.knows else None

    @property
    def names(self) -> tuple[str, ...]:
        return (*BEHAVIOUR, *(KNOWN if self.knows else ()))

    @property
    def signs(self) -> list[int]:
        """Which way each feature may move a score."""
        return [(BEHAVIOUR | KNOWN)[name] for name in self.names]

    def __call__(self, pairs: Pairs, taught: Taught | None = None) -> Float32:
        """Features: float32 (num_pairs, num_features), all finite.

        Args:
            taught: what merchants say, learned without these pairs; that of all when None.
        """
        out = np.zeros((len(pairs), len(self.names)), dtype=np.float32)
        for start in range(0, len(pairs), BLOCK):
            part = slice(start, start + BLOCK)
            out[part] = np.stack(self._columns(pairs[part], taught or self.taught), axis=1)
        if not np.isfinite(out).all():
            bad = [name for at, name in enumerate(self.names) if not np.isfinite(out[:, at]).all()]
            raise ValueError(f"features are not finite: {', '.join(bad)}")
        return out

    def _columns(self, pairs: Pairs, taught: Taught) -> list[Float64]:
        joined = join(self.ground.visits, pairs.one, pairs.other)
        columns = self._behaviour(pairs, joined, taught)
        return [*columns, *self._known(pairs)] if self.knows else columns

    def _behaviour(self, pairs: Pairs, joined: Joined, taught: Taught) -> list[Float64]:
        ground, num = self.ground, len(pairs)
        degree = np.maximum(self.degree[joined.thing], 2).astype(np.float64)

        def total(values: Float64) -> Float64:
            return summed(joined.pair, values, num)

        common = total(np.ones(len(joined.pair)))
        one, other = self.busy[pairs.one], self.busy[pairs.other]
        allocation = total(1.0 / degree)
        log_one, log_other = np.log1p(one), np.log1p(other)
        found = evidence(shared_of(ground, joined), num, self.values)
        counts = np.log1p(ground.visits.data.astype(np.float64))
        rarest = np.zeros(num)
        np.maximum.at(rarest, joined.pair, 1.0 / degree)
        chance = chance_of(common.astype(np.int64), one, other, max(ground.visits.shape[1], 1))
        return [
            np.log1p(common),
            total(1.0 / np.log(degree)),
            np.sqrt(allocation),
            total(rarity(degree, self.values)),
            total(
                (self.weighted.data[joined.at_one] * self.weighted.data[joined.at_other]).astype(np.float64)
            ),
            common / np.maximum(one + other - common, 1.0),
            np.sqrt(np.minimum(-np.log(np.maximum(chance, 1e-200)), 400.0)),
            np.log((allocation + 1e-3) / (np.sqrt(one * other * 1.0) + 1.0)),
            np.einsum("ij,ij->i", ground.vectors[pairs.one], ground.vectors[pairs.other]).astype(np.float64),
            found.scenes.astype(np.float64),
            found.total,
            np.sqrt(rarest),
            np.log1p(total(counts[joined.at_one] * counts[joined.at_other] / degree)),
            taught.sums(joined, num),
            _common(ground.circles, pairs),
            log_one + log_other,
            np.abs(log_one - log_other),
        ]

    def _known(self, pairs: Pairs) -> list[Float64]:
        links = self.ground.links
        joined = join(links, pairs.one, pairs.other)
        friends = np.bincount(joined.pair, 1.0 / np.maximum(self.num_links[joined.thing], 1), len(pairs))
        one, other = (np.log1p(self.num_links[side]) for side in (pairs.one, pairs.other))
        assert self.ranks is not None
        there, back = self.ranks(pairs.one, pairs.other), self.ranks(pairs.other, pairs.one)
        ranks = np.log(1e-7 + there) + np.log(1e-7 + back)
        return [np.sqrt(friends), ranks, one + other, np.abs(one - other)]


class Ranks:
    """Personalised PageRank over known links: probability that a walk with restarts is at somebody."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix

    def __call__(self, one: Int64, other: Int64) -> Float64:
        """Rank of `other` for `one`, each float64 (num_pairs,)."""
        if not len(one):
            return np.zeros(0)
        width = self.matrix.shape[1]
        rows = np.repeat(np.arange(self.matrix.shape[0], dtype=np.int64), np.diff(self.matrix.indptr))
        keys, wanted = rows * width + self.matrix.indices, one * width + other
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, self.matrix.data[at], 0.0).astype(np.float64)


def page_rank(links: Matrix, *, keep: int = 1_000) -> Ranks:
    """Walks of up to eight steps from everybody; the `keep` highest of each row are kept."""
    num = links.shape[0]
    degree = np.maximum(np.diff(links.indptr), 1)
    step = Matrix(
        (links.data / np.repeat(degree, np.diff(links.indptr)), links.indices, links.indptr),
        shape=links.shape,
    )
    back, rows = step.T.tocsr(), []
    for start in range(0, num, width := max(1, min(512, 32_000_000 // max(num, 1)))):
        ids = np.arange(start, min(start + width, num))
        walk = np.zeros((num, len(ids)), dtype=np.float32)
        walk[ids, np.arange(len(ids))] = 1.0
        total = RESTART * walk
        for _ in range(STEPS):
            walk = np.asarray(back @ walk, dtype=np.float32) * (1.0 - RESTART)
            total += RESTART * walk
        total[ids, np.arange(len(ids))] = 0.0
        rows.append(_highest(total.T, keep))
    return Ranks(Matrix(sparse.vstack(rows, format="csr")))


def _highest(dense: Float32, keep: int) -> Matrix:
    if dense.shape[1] > keep:
        edge = np.partition(dense, dense.shape[1] - keep, axis=1)[:, -keep][:, None]
        dense = np.where(dense >= edge, dense, np.float32(0))
    return Matrix(dense)


def _common(matrix: Matrix, pairs: Pairs) -> Float64:
    """Circles that both are in, those of more people counting less."""
    if not matrix.nnz:
        return np.zeros(len(pairs))
    joined = join(matrix, pairs.one, pairs.other)
    members = np.bincount(matrix.indices, minlength=matrix.shape[1])[joined.thing]
    return summed(joined.pair, 1.0 / np.log1p(np.maximum(members, 2)), len(pairs))
