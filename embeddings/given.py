"""What the parts of a model give circles for what a person touched: made once, for scores and their reasons.

numpy only.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.folding import coefficients
from embeddings.model import EPSILON, Channel, Float32, Float64, GnnVectors, LatentVectors, Spread
from embeddings.profile import Profile, Touched

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Given:
    """What one channel gives circles for what a person touched.

    lengths: int64 (num_touched,), entries of each thing. circles: int32 (num_entries,). values: float32
    (num_entries,), their weight times that of the touch. centred: float64 (num_circles,), the sums less their
    mean. spread: their standard deviation.
    """

    lengths: Int64
    circles: npt.NDArray[np.int32]
    values: Float32
    centred: Float64
    spread: float


@dataclass(frozen=True)
class LatentGiven:
    """What the factors give circles for those that a person joined.

    joined: float32 (num_joined, dim), vectors of the circles joined times how much each counts.
    centred: float64 (num_circles,), products with their sum, less the mean. spread: their standard deviation,
    see `spreads_of`.
    """

    joined: Float32
    centred: Float64
    spread: float


@dataclass(frozen=True)
class GnnGiven:
    """What the GNN gives circles for what a person touched.

    touched: kind -> float32 (num_touched, dim), vectors of the things times their weights in the person's.
    raw: float32 (num_circles,), cosines plus bias. length: of the person's vector, with which the former are
    not yet divided. mean: of raw where there is a GNN score. spread: its standard deviation there, see
    `spreads_of`.
    """

    touched: Mapping[str, Float32]
    raw: Float32
    length: float
    mean: float
    spread: float


def channel_given(channel: Channel, touched: Touched, num_circles: int) -> Given:
    """What a channel gives all circles."""
    matrix, weights = channel.matrix, channel.matrix.columns["weight"]
    starts = matrix.indptr.take(touched.rows)
    lengths = matrix.indptr.take(touched.rows + 1) - starts
    ends = lengths.cumsum()
    at = (starts - ends + lengths).repeat(lengths)
    at += np.arange(len(at))
    values = weights.take(at)
    values *= touched.values.repeat(lengths)
    circles = matrix.indices.take(at)
    raw = np.asarray(np.bincount(circles, values, num_circles), dtype=np.float64)
    raw -= np.add.reduce(raw) / len(raw)
    return Given(lengths, circles, values, raw, math.sqrt(raw @ raw / len(raw)))


def latent_raw(latent: LatentVectors, profile: Profile) -> Float64:
    """Products of a person's vector with those of all circles: float64 (num_circles,)."""
    joined = latent.circles[profile.of_kind("circle").rows]
    if not len(joined):
        return np.zeros(len(latent.circles))
    vector = coefficients(joined, latent.confidence) @ joined
    return np.asarray(latent.circles @ vector, dtype=np.float64)


def latent_given(latent: LatentVectors, profile: Profile) -> LatentGiven | None:
    """What the factors give all circles; None for who joined nothing."""
    joined = latent.circles[profile.of_kind("circle").rows]
    if not len(joined):
        return None
    counted = coefficients(joined, latent.confidence)
    raw = np.asarray(latent.circles @ (counted @ joined), dtype=np.float64)
    raw -= np.add.reduce(raw) / len(raw)
    joined = joined * counted[:, None]
    spread = spreads_of(np.add.reduce(joined, axis=0, dtype=np.float64), latent.spread)
    return LatentGiven(joined, raw, float(spread))


def latent_shares(given: LatentGiven, towards: Float64) -> Float64:
    """What each circle joined gives circles less what it gives them on average, standardised.

    Args:
        towards: float64 (num_asked, dim), vectors of circles less the mean of all.

    Returns:
        float64 (num_joined, num_asked); sums over the joined are the standardised scores.
    """
    if given.spread <= EPSILON:
        return np.zeros((len(given.joined), len(towards)))
    return np.asarray(given.joined @ towards.T / given.spread)


def vectors_of(gnn: GnnVectors, profile: Profile) -> dict[str, Float32]:
    """Vectors of what a person touched times their weights, by kind; float32 (num_touched, dim).

    Their sum is the person's vector, not yet normalised.
    """
    out = {}
    for touch, vectors in gnn.things.items():
        touched = profile.of_kind(touch)
        if len(touched.rows):
            total = np.add.reduce(touched.values, dtype=np.float64)
            scale = np.float32(gnn.gains[touch] / np.sqrt(max(total, EPSILON)))
            out[touch] = vectors.take(touched.rows, axis=0) * (touched.values * scale)[:, None]
    return out


def user_vector(gnn: GnnVectors, profile: Profile) -> Float64:
    """Sum of the vectors of what a person touched, not yet normalised; float64 (dim,)."""
    return _added(gnn, vectors_of(gnn, profile))


def _added(gnn: GnnVectors, touched: Mapping[str, Float32]) -> Float64:
    out = np.zeros(gnn.circles.shape[1])
    for vectors in touched.values():
        out += np.add.reduce(vectors, axis=0, dtype=np.float64)
    return out


def gnn_given(gnn: GnnVectors, profile: Profile) -> GnnGiven | None:
    """What the GNN gives all circles; None for who touched nothing it knows."""
    touched = vectors_of(gnn, profile)
    vector = _added(gnn, touched)
    length = math.sqrt(vector @ vector)
    if length <= EPSILON:
        return None
    vector /= length
    raw = gnn.circles @ vector.astype(np.float32) + gnn.bias
    mean = float(gnn.middle @ vector + gnn.middle_bias)
    return GnnGiven(touched, raw, length, mean, float(spreads_of(vector, gnn.spread)))


def spreads_of(vectors: Float64, spread: Spread) -> Float64:
    """Standard deviation over circles of their products with each vector, bias added: float64 (...,).

    From the covariances of the circles' vectors, so that no score is needed, and in double precision, so that
    people are given the same in a block as alone.

    Args:
        vectors: float64 (..., dim).
    """
    across = np.add.reduce(vectors @ spread.vectors * vectors, axis=-1)
    variances: Float64 = np.maximum(across + 2 * (vectors @ spread.biases) + spread.bias, 0.0)
    return np.sqrt(variances)
