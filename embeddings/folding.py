"""Fold people into least-squares factors: a new person's vector without training anything again.

Hu, Koren and Volinsky 2008, equation 4: the vector of somebody who joined the circles S, each with
confidence a, is (G + (a - 1) Y_S' Y_S)^-1 a Y_S' 1, with G = Y'Y + lambda I. In the basis where G is the
identity that is

    x = a Y_S' c,    c = (I + (a - 1) Y_S Y_S')^-1 1

so that it is a sum over what somebody joined, and the products a c_i <y_i, y_circle> explain a score.
numpy only.
"""

import numpy as np

from embeddings.model import Float32


def coefficients(vectors: Float32, confidence: float) -> Float32:
    """How much each circle that somebody joined counts in their vector; float32 (..., num_joined).

    Circles that are alike share what they say: two equal ones count hardly more than one.

    Args:
        vectors: float32 (..., num_joined, dim), of people who joined equally many.
        confidence: a, at least 1.
    """
    num_joined, dim = vectors.shape[-2:]
    transposed = np.swapaxes(vectors, -1, -2)
    ones, more = np.ones((*vectors.shape[:-1], 1), dtype=np.float32), np.float32(confidence - 1)
    if num_joined <= dim:
        inner = np.eye(num_joined, dtype=np.float32) + more * (vectors @ transposed)
        solved = np.linalg.solve(inner, ones)
    else:  # the same by Woodbury's identity, with the smaller matrix
        inner = np.eye(dim, dtype=np.float32) + more * (transposed @ vectors)
        solved = ones - more * (vectors @ np.linalg.solve(inner, transposed @ ones))
    return np.asarray(confidence * solved[..., 0], dtype=np.float32)
