"""Where the vectors begin: a randomised singular value decomposition of the normalised touches.

Source: Halko, Martinsson and Tropp 2011, two power iterations.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings.touches import Matrix, degrees

Float32 = npt.NDArray[np.float32]
POWER_ITERATIONS = 2
OVERSAMPLING = 8


def spectral_start(touched: Mapping[str, Matrix], dim: int, seed: int) -> dict[str, Float32]:
    """Right singular vectors times the root of their value, by kind: float32 (num_things, dim).

    Kinds stand side by side in one matrix, each normalised by users' and things' own degrees of that kind.
    """
    joined = Matrix(sparse.hstack([_normalised(matrix) for matrix in touched.values()], format="csr"))
    rng = np.random.default_rng([seed, 2])
    vectors = _right_vectors(joined, dim, rng)
    out, start = {}, 0
    for kind, matrix in touched.items():
        out[kind] = np.ascontiguousarray(vectors[start : start + matrix.shape[1]])
        start += matrix.shape[1]
    return out


def spectral_users(touched: Matrix, dim: int, seed: int) -> Float32:
    """Left singular vectors times their values: float32 (num_users, at most dim)."""
    matrix = _normalised(touched)
    right, _ = _decomposed(matrix, dim, np.random.default_rng([seed, 2]))
    return np.asarray(matrix @ right, dtype=np.float32)


def _right_vectors(matrix: Matrix, dim: int, rng: np.random.Generator) -> Float32:
    # A little noise keeps things that the first directions do not reach apart from each other.
    out = 0.01 * rng.standard_normal((matrix.shape[1], dim)).astype(np.float32)
    right, values = _decomposed(matrix, dim, rng)
    out[:, : len(values)] += (right * np.sqrt(values)).astype(np.float32)
    return out


def _decomposed(
    matrix: Matrix, dim: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Right singular vectors, one a column, and their values, the largest first; none of zero."""
    transposed = matrix.T.tocsr()
    width = min(dim + OVERSAMPLING, *matrix.shape) if min(matrix.shape) else 0
    if not width or not matrix.nnz:
        return np.zeros((matrix.shape[1], 0)), np.zeros(0)
    basis = matrix @ rng.standard_normal((matrix.shape[1], width)).astype(np.float32)
    for _ in range(POWER_ITERATIONS):
        basis = np.linalg.qr(basis)[0]
        basis = matrix @ (transposed @ basis)
    basis = np.linalg.qr(basis)[0]
    # Eigenvectors of the small matrix: a decomposition of the wide one takes longer than all the rest.
    wide = (transposed @ basis).astype(np.float64)
    squares, left = np.linalg.eigh(wide.T @ wide)
    values = np.sqrt(np.maximum(squares[::-1], 0.0))
    kept = int((values[:dim] > 1e-6).sum())
    right = wide @ left[:, ::-1][:, :kept] / values[:kept]
    return right, values[:kept]


def _normalised(matrix: Matrix) -> Matrix:
    by_user = 1.0 / np.sqrt(np.maximum(np.asarray(matrix.sum(axis=1)), 1e-12))
    by_thing = 1.0 / np.sqrt(np.maximum(degrees(matrix, 0), 1))
    data = matrix.data * np.repeat(by_user, np.diff(matrix.indptr)) * by_thing[matrix.indices]
    return Matrix((data.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
