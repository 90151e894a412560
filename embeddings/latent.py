"""Least-squares factors of circles: alternating least squares over memberships and what circles are about.

A target of themes is read as one more person, who joined all circles about it; thereby circles that
nobody has joined get a vector too. Source: Hu, Koren and Volinsky 2008, by the package `implicit`; people
are folded in afterwards (`folding.py`), so that no vector of a person is kept.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from embeddings.channels import Ground, liking
from embeddings.model import LatentVectors
from embeddings.touches import Matrix, binary


@dataclass(frozen=True)
class Settings:
    """factors: dimensions. confidence: of a membership; a circle not joined has 1. regularization: lambda."""

    factors: int
    confidence: float
    regularization: float
    iterations: int


# Chosen on parts of train of mafengwo, weeplaces and meetup; more factors find less there. And of Gowalla,
# where 64 factors add a tenth of what 256 do, and 512 hardly more than those.
FEW = Settings(factors=64, confidence=10.0, regularization=5.0, iterations=15)
MANY = Settings(factors=256, confidence=30.0, regularization=20.0, iterations=8)
MANY_CIRCLES = 20_000
CIRCLES_OF_FACTOR = 4  # at least, in what is served


def latent_of(ground: Ground, seed: int) -> LatentVectors | None:
    """Factorise what a snapshot says; None when nobody has joined anything that may be told.

    Memberships of circles with fewer than `min_supporters` members are not read: such a circle speaks through
    its theme alone. Where that floor is above 1, there are at most a quarter as many factors as circles that
    are read: with as many as circles, two circles would be near by the one person they share.
    """
    seen = _seen(ground.touches.teaching, ground.num_members)
    if not seen.nnz:
        return None
    settings = MANY if ground.num_circles > MANY_CIRCLES else FEW
    if ground.min_supporters > 1:
        most = max(1, int((ground.num_members > 0).sum()) // CIRCLES_OF_FACTOR)
        settings = replace(settings, factors=min(settings.factors, most))
    factors = _factors(Matrix(sparse.vstack([seen, _targets(ground)], format="csr")), settings, seed)
    gram = factors.T @ factors + settings.regularization * np.eye(factors.shape[1])
    basis = np.linalg.cholesky(np.linalg.inv(gram))
    return LatentVectors(np.ascontiguousarray(factors @ basis, dtype=np.float32), settings.confidence)


def _seen(members: Matrix, num_members: np.ndarray) -> Matrix:
    kept = num_members[members.indices] > 0
    rows = np.repeat(np.arange(members.shape[0]), np.diff(members.indptr))[kept]
    weights = members.data[kept].astype(np.float32)
    return Matrix(sparse.coo_array((weights, (rows, members.indices[kept])), shape=members.shape).tocsr())


def _targets(ground: Ground) -> Matrix:
    """Targets x circles: 1 where a circle is about a target."""
    return binary(Matrix(liking(ground).T.tocsr()))


def _factors(rows: Matrix, settings: Settings, seed: int) -> np.ndarray:
    """Factors of the columns; float64 (num_circles, factors)."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    # The package warns when BLAS has a pool of threads of its own, which only gets in its way.
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=settings.factors,
            alpha=settings.confidence,
            regularization=settings.regularization,
            iterations=settings.iterations,
            num_threads=1,
            random_state=seed,
        )
        model.fit(sparse.csr_matrix(rows, dtype=np.float32), show_progress=False)
    return np.asarray(model.item_factors, dtype=np.float64)
