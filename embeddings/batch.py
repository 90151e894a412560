"""Score many people at once with sparse products: the same sums as `scorer`, for fitting and for lists."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from embeddings.folding import coefficients
from embeddings.model import (
    EPSILON,
    GNN,
    LATENT,
    Channel,
    Float32,
    GnnVectors,
    LatentVectors,
    Model,
    groups_of,
    standardised,
)
from embeddings.scorer import best, prior_scores
from embeddings.touches import Matrix, Touches, degrees

Int64 = npt.NDArray[np.int64]
BLOCK_CELLS = 12_000_000  # 48 MB of float32 scores at a time


def blocks_of(users: Int64, num_cells: int) -> Iterator[Int64]:
    """Users in groups that fit into a block, with as many cells each."""
    step = max(1, BLOCK_CELLS // max(1, num_cells))
    for start in range(0, len(users), step):
        yield users[start : start + step]


def raw_scores(touched: Matrix, matrix: Matrix) -> Float32:
    """Dense sums over touched things: float32 (num_users, num_circles)."""
    return np.asarray((touched @ matrix).toarray(), dtype=np.float32)


class BatchScorer:
    """Scores of one model for blocks of users."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._matrices = {channel.name: as_matrix(channel) for channel in model.channels}
        self._priors = np.stack([prior_scores(model, group) for group in range(3)])

    def scores(self, touches: Touches) -> Float32:
        """Scores of a few users, all circles: float32 (num_users, num_circles)."""
        groups = groups_of(degrees(touches.members, 1))
        out = self._priors[groups]
        for channel in self.model.channels:
            weights = np.asarray(self.model.weights[channel.name], dtype=np.float32)[groups]
            if weights.any():
                raw = raw_scores(touches.of[channel.touch], self._matrices[channel.name])
                out += weights[:, None] * standardised(raw)
        if self.model.latent is not None:
            weights = np.asarray(self.model.weights[LATENT], dtype=np.float32)[groups]
            if weights.any():
                out += weights[:, None] * standardised(latent_scores(self.model.latent, touches.members))
        if self.model.gnn is not None:
            weights = np.asarray(self.model.weights[GNN], dtype=np.float32)[groups]
            if weights.any():
                out += weights[:, None] * gnn_scores(self.model.gnn, touches)
        return np.asarray(out)


def as_matrix(channel: Channel) -> Matrix:
    """The sparse matrix of a channel."""
    csr = channel.matrix
    return Matrix((csr.columns["weight"], csr.indices, csr.indptr), shape=(csr.num_rows, csr.num_columns))


def latent_scores(latent: LatentVectors, members: Matrix) -> Float32:
    """Products of people folded in with all circles, raw: float32 (num_users, num_circles)."""
    vectors = np.zeros((members.shape[0], latent.circles.shape[1]), dtype=np.float32)
    joined = np.diff(members.indptr)
    for num in np.unique(joined[joined > 0]).tolist():  # people who joined equally many, together
        for users in blocks_of(np.flatnonzero(joined == num), num * latent.circles.shape[1]):
            circles = members.indices[members.indptr[users][:, None] + np.arange(num)]
            theirs = latent.circles[circles]
            vectors[users] = np.einsum("un,und->ud", coefficients(theirs, latent.confidence), theirs)
    return np.asarray(vectors @ latent.circles.T)


def gnn_scores(gnn: GnnVectors, touches: Touches) -> Float32:
    """Standardised GNN scores over the eligible circles, 0 elsewhere and for who touched nothing."""
    vectors = user_vectors(gnn, touches)
    lengths = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
    raw = (vectors / np.maximum(lengths, EPSILON)) @ gnn.circles.T + gnn.bias
    out = np.zeros_like(raw)
    if gnn.eligible.any():
        out[:, gnn.eligible] = standardised(raw[:, gnn.eligible])
    out[lengths[:, 0] <= EPSILON] = 0
    return np.asarray(out, dtype=np.float32)


def user_vectors(gnn: GnnVectors, touches: Touches) -> Float32:
    """Vectors of users, not yet normalised: float32 (num_users, dim)."""
    out = np.zeros((touches.members.shape[0], gnn.circles.shape[1]), dtype=np.float32)
    for touch, vectors in gnn.things.items():
        touched = touches.of[touch]
        total = np.maximum(np.asarray(touched.sum(axis=1)), EPSILON)
        out += (gnn.gains[touch] / np.sqrt(total)).astype(np.float32)[:, None] * (touched @ vectors)
    return out


def top_lists(
    model: Model,
    touches: Touches,
    users: Int64,
    *,
    left_out: Sequence[Matrix],
    allowed: npt.NDArray[np.bool_],
    top_k: int,
) -> Iterator[tuple[Int64, list[tuple[Int64, Float32]]]]:
    """Best circles of each user, block by block: the users of a block, and their rows and scores.

    Args:
        left_out: csr (num_users, num_circles), circles that must not be shown: joined, dismissed.
        allowed: bool (num_circles,), circles that may be shown to anybody.
    """
    scorer = BatchScorer(model)
    for block in blocks_of(users, model.num_circles):
        scores = scorer.scores(touches.rows(block))
        scores[:, ~allowed] = -np.inf
        for matrix in left_out:
            mask_out(scores, matrix[block])
        yield block, [_listed(row, top_k) for row in scores]


def mask_out(scores: Float32, left_out: Matrix) -> None:
    """Set the scores of these pairs to -inf, in place."""
    rows = np.repeat(np.arange(left_out.shape[0]), np.diff(left_out.indptr))
    scores[rows, left_out.indices] = -np.inf


def _listed(scores: Float32, top_k: int) -> tuple[Int64, Float32]:
    rows, values = best(scores, top_k, None)
    offered = values > -np.inf
    return rows[offered], values[offered]
