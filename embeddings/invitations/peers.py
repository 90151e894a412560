"""Orders that others would use: likeness to those who already buy in a theme.

Cosine to the mean of the seeds, in two spaces: vectors of behaviour, as look-alike audiences are usually
made, and shares of product and shop categories, which hold the theme itself and are the stronger peer.
"""

import numpy as np
from scipy import sparse

from embeddings.invitations.features import Ground
from embeddings.invitations.theme import Bool, Float64, Int64
from embeddings.touches import Matrix, touches_of


def look_alike(ground: Ground, seeds: Bool) -> Float64:
    """Cosine of everybody's vector to the mean of the seeds': float64 (num_users,); zeros without seeds."""
    vectors = ground.vectors * ground.shrink
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(length, 1e-12)
    if not seeds.any():
        return np.zeros(len(unit))
    return np.asarray(unit @ unit[seeds].mean(axis=0))


def profiles_of(ground: Ground) -> Matrix:
    """What everybody buys by category, rows of length 1 or 0: csr (num_users, num_columns)."""
    touched = touches_of(ground.snapshot, half_life_days=10_000.0).of
    joined = Matrix(
        sparse.hstack([touched[kind] for kind in ("product_category", "merchant_category")], format="csr")
    )
    rows = np.repeat(np.arange(joined.shape[0]), np.diff(joined.indptr))
    length = np.sqrt(np.bincount(rows, joined.data.astype(np.float64) ** 2, joined.shape[0]))
    return Matrix((joined.data / length[rows], joined.indices, joined.indptr), shape=joined.shape)


def profile_alike(profiles: Matrix, seeds: Bool) -> Float64:
    """The same by categories; `profiles` are those of `profiles_of`."""
    if not seeds.any():
        return np.zeros(profiles.shape[0])
    mean = np.asarray(Matrix(profiles[np.flatnonzero(seeds)]).mean(axis=0)).ravel()
    return np.asarray(profiles @ mean, dtype=np.float64)


def best_of(scores: Float64, invited: Bool, size: int) -> Int64:
    """The `size` people of the highest scores, the earlier one of equals."""
    order = np.argsort(-scores, kind="stable")
    return order[invited[order]][:size]
