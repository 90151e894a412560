"""The scoring model as plain arrays: what fitting makes, what a version keeps, what serving adds up.

    score(u, c) = sum over channels of  w(channel, group of u) * z(channel, u, c)

A channel's raw value is a sum over what the user touched, `sum_i x_ui * M[i, c]` with the rows of one
thing-to-circle matrix; the GNN's is a cosine with a vector that is such a sum; the latent voice is a
product with a vector solved from the circles joined (`folding.py`); a prior is one number a circle. z is
standardised over all circles of the model for this user, and 0 where a channel says nothing. There is no
parameter of a user.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from graph.csr import Csr

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

# Kinds of things a user can touch; each has its own rows.
TOUCHES = ("circle", "merchant", "product", "merchant_category", "product_category", "scene")
GROUPS = ("0", "1-3", "4+")  # by number of memberships; each has its own weights
GNN = "gnn"  # name of the GNN among the weights
LATENT = "latent"  # name of the least-squares factors among them
EPSILON = 1e-12  # a spread below it says nothing


@dataclass(frozen=True)
class Channel:
    """One filter: `matrix` is things of kind `touch` x circles, column `weight` (float32)."""

    name: str
    touch: str
    matrix: Csr


@dataclass(frozen=True)
class Spread:
    """How circles differ: covariances of their vectors, float64 (dim, dim), of vectors and biases, float64
    (dim,), and the variance of the biases."""

    vectors: Float64
    biases: Float64
    bias: float

    @classmethod
    def of(cls, vectors: Float32, biases: Float32) -> "Spread":
        """Of these circles; nothing differs where there are none."""
        if not len(vectors):
            dim = vectors.shape[1]
            return cls(np.zeros((dim, dim)), np.zeros(dim), 0.0)
        centred = vectors - vectors.mean(axis=0, dtype=np.float64)
        apart = biases - biases.mean(dtype=np.float64)
        num = len(vectors)
        return cls(centred.T @ centred / num, apart @ centred / num, float(apart @ apart / num))


@dataclass(frozen=True)
class GnnVectors:
    """Trained vectors; a user's is `sum over kinds of gain * (sum_i x_ui)^-1/2 * sum_i x_ui * things[i]`.

    things: kind of touch -> float32 (num_things, dim), zero where too few people stand behind a thing.
    gains: kind of touch -> weight of the kind.
    circles: float32 (num_circles, dim), of length 1 / temperature; zero where `eligible` is False.
    bias: float32 (num_circles,), the learned popularity term.
    eligible: bool (num_circles,), circles with enough members to have a GNN score.
    """

    things: Mapping[str, Float32]
    gains: Mapping[str, float]
    circles: Float32
    bias: Float32
    eligible: npt.NDArray[np.bool_]

    @cached_property
    def middle(self) -> Float64:
        """Mean of the vectors of eligible circles, float64 (dim,); zero where there are none."""
        found = self.circles[self.eligible]
        return np.asarray(found.sum(axis=0, dtype=np.float64) / max(1, len(found)))

    @cached_property
    def middle_bias(self) -> float:
        """Mean of their biases."""
        found = self.bias[self.eligible]
        return float(found.sum(dtype=np.float64)) / max(1, len(found))

    @cached_property
    def spread(self) -> Spread:
        """How eligible circles differ."""
        return Spread.of(self.circles[self.eligible], self.bias[self.eligible])


@dataclass(frozen=True)
class LatentVectors:
    """Least-squares factors of memberships and themes, in the basis where their regularised Gram matrix is 1.

    circles: float32 (num_circles, dim); zero for a circle of which nothing may be told.
    confidence: how much more a membership counts than a circle that somebody has not joined.
    """

    circles: Float32
    confidence: float

    @cached_property
    def middle(self) -> Float64:
        """Mean of the factors of all circles: float64 (dim,)."""
        return np.asarray(self.circles.mean(axis=0, dtype=np.float64))

    @cached_property
    def spread(self) -> Spread:
        """How circles differ."""
        return Spread.of(self.circles, np.zeros(len(self.circles), np.float32))


@dataclass(frozen=True)
class Model:
    """A fitted mixture.

    num_things: kind of touch -> number of rows.
    priors: name -> float32 (num_circles,), already standardised.
    weights: name of a channel or prior, `gnn` or `latent` -> one weight for each of GROUPS.
    newest_at: epoch seconds; ages are counted back from here. half_life_s: seconds.
    num_members: int64 (num_circles,), consenting members; 0 where fewer than `min_supporters`.
    """

    num_circles: int
    num_things: Mapping[str, int]
    channels: tuple[Channel, ...]
    priors: Mapping[str, Float32]
    gnn: GnnVectors | None
    latent: LatentVectors | None
    weights: Mapping[str, tuple[float, float, float]]
    newest_at: int
    half_life_s: float
    num_members: npt.NDArray[np.int64]
    exponents: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def group_of(num_memberships: int) -> int:
    """Index in GROUPS of a user with this many memberships."""
    return 0 if num_memberships == 0 else 1 if num_memberships <= 3 else 2


def groups_of(num_memberships: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """`group_of` of many users."""
    return np.asarray(np.digitize(num_memberships, (1, 4)), dtype=np.int64)


def standardised(values: Float32) -> Float32:
    """Values less their mean over their spread, along the last axis; 0 where there is no spread."""
    if not values.size:
        return values
    centred = values - values.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.mean(np.square(centred), axis=-1, keepdims=True))
    return np.asarray(centred / np.where(spread > EPSILON, spread, np.inf), dtype=np.float32)
