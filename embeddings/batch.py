"""Score many people at once with sparse products: the same sums as `scorer`, for fitting and for lists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
from embeddings.scorer import prior_scores
from embeddings.touches import Matrix, Touches, degrees

Int64 = npt.NDArray[np.int64]
BLOCK_CELLS = 12_000_000  # 48 MB of float32 scores at a time
LIST_CELLS = 1_000_000  # of a block of lists: what is passed over a dozen times stays in the cache
SPARSE = 3  # sums are added to scores one by one where fewer than a third of them are not 0


def blocks_of(users: Int64, num_cells: int, most: int = BLOCK_CELLS) -> Iterator[Int64]:
    """Users in groups that fit into a block of `most` cells, with as many cells each."""
    step = max(1, most // max(1, num_cells))
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
                add_channel(out, weights, touches.of[channel.touch] @ self._matrices[channel.name])
        if self.model.latent is not None:
            weights = np.asarray(self.model.weights[LATENT], dtype=np.float32)[groups]
            if weights.any():
                out += weights[:, None] * standardised(latent_scores(self.model.latent, touches.members))
        if self.model.gnn is not None:
            weights = np.asarray(self.model.weights[GNN], dtype=np.float32)[groups]
            if weights.any():
                out += weights[:, None] * gnn_scores(self.model.gnn, touches)
        return np.asarray(out)


def add_channel(scores: Float32, weights: Float32, raw: Matrix) -> None:
    """Add the standardised sums of a channel to scores, in place.

    Args:
        scores: float32 (num_users, num_circles). weights: float32 (num_users,). raw: csr, the sums.
    """
    num_users, num_circles = scores.shape
    if raw.nnz * SPARSE > scores.size:
        scores += weights[:, None] * standardised(np.asarray(raw.toarray(), dtype=np.float32))
        return
    num_given = np.diff(raw.indptr)
    users = np.repeat(np.arange(num_users), num_given)
    mean = np.bincount(users, raw.data, num_users) / max(1, num_circles)
    squares = np.bincount(users, np.square(raw.data - mean[users]), num_users)
    spread = np.sqrt((squares + (num_circles - num_given) * mean * mean) / max(1, num_circles))
    scale = np.where(spread > EPSILON, weights, 0.0) / np.where(spread > EPSILON, spread, 1.0)
    scores -= (mean * scale).astype(np.float32)[:, None]
    scores.reshape(-1)[users * num_circles + raw.indices] += (raw.data * scale[users]).astype(np.float32)


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


@dataclass(frozen=True)
class TopLists:
    """Best circles of some users: num int64 (num_users,) how many each has, rows int64 (num_users, top_k) and
    scores float32 (num_users, top_k), best first, 0 after the end of a list."""

    num: Int64
    rows: Int64
    scores: Float32

    def __len__(self) -> int:
        return len(self.num)


def top_lists(
    model: Model,
    touches: Touches,
    users: Int64,
    *,
    left_out: Sequence[Matrix],
    allowed: npt.NDArray[np.bool_],
    top_k: int,
) -> Iterator[TopLists]:
    """Best circles of each user, block by block.

    Args:
        left_out: csr (num_users, num_circles), circles that must not be shown: joined, dismissed.
        allowed: bool (num_circles,), circles that may be shown to anybody.
    """
    scorer = BatchScorer(model)
    for block in blocks_of(users, model.num_circles, LIST_CELLS):
        scores = scorer.scores(touches.rows(block))
        scores[:, ~allowed] = -np.inf
        for matrix in left_out:
            mask_out(scores, matrix[block])
        yield best_of_each(scores, top_k)


def mask_out(scores: Float32, left_out: Matrix) -> None:
    """Set the scores of these pairs to -inf, in place."""
    rows = np.repeat(np.arange(left_out.shape[0]), np.diff(left_out.indptr))
    scores[rows, left_out.indices] = -np.inf


def best_of_each(scores: Float32, top_k: int) -> TopLists:
    """`scorer.best` of each row, without those of -inf.

    Args:
        scores: float32 (num_users, num_circles), of which there are fewer than 2^31 in all.
    """
    num_users, num_circles = scores.shape
    offered = scores > -np.inf
    if num_circles > top_k:
        edge = np.partition(scores, num_circles - top_k, axis=1)[:, num_circles - top_k]
        offered &= scores >= edge[:, None]
    users, rows = offered.nonzero()
    # One number each, so that they can be sorted at once: user, falling score, row.
    bits = (scores[users, rows] + np.float32(0.0)).view(np.uint32).astype(np.int64)  # -0 is 0
    falling = np.where(bits >> 31, bits, 0x7FFFFFFF - bits)
    width = max(1, num_circles - 1).bit_length()
    keys = ((users * 2**32 + falling) << width) + rows
    keys.sort()
    users, rows = keys >> (32 + width), keys & (2**width - 1)
    num = np.bincount(users, minlength=num_users)
    nth = np.arange(len(users)) - (num.cumsum() - num)[users]
    kept = nth < top_k
    users, rows, nth = users[kept], rows[kept], nth[kept]
    found = TopLists(
        np.minimum(num, top_k),
        np.zeros((num_users, top_k), np.int64),
        np.zeros((num_users, top_k), np.float32),
    )
    found.rows[users, nth], found.scores[users, nth] = rows, scores[users, rows]
    return found
