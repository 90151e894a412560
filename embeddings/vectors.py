"""Vectors of circles, merchants and products in one space: what a published version says, factorised.

The version's filters say how much each thing speaks for each circle, W (things x circles). Its leading
singular vectors give both sides a place in one space: with W = U S V', a thing is U S^1/2 and a circle
V S^1/2, so that their product is the part of W that the leading directions carry. Where the version has a
GNN, its vectors are taken instead. For looking and joining; answers are not made from them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import svds

from embeddings.registry import Version
from graph.errors import IncompatibleVersion

Float32 = npt.NDArray[np.float32]
DIMENSIONS = 64
LABELS = {"circle": "Circle", "merchant": "Merchant", "product": "Product"}
_THINGS = ("merchant", "product")


@dataclass(frozen=True)
class Placed:
    """Vectors of nodes that have one. indices: int64 (n,), of the store. vectors: float32 (n, dimensions)."""

    indices: npt.NDArray[np.int64]
    vectors: Float32


def place(version: Version, *, dimensions: int = DIMENSIONS) -> dict[str, Placed]:
    """Vectors by label (`Circle`, `Merchant`, `Product`), for nodes that the version says something about.

    Raises:
        IncompatibleVersion: the version has neither filters of things nor a GNN.
    """
    found = _of_gnn(version) or _of_filters(version, dimensions)
    return {LABELS[kind]: _placed(version, kind, vectors) for kind, vectors in found.items()}


def _of_gnn(version: Version) -> dict[str, Float32]:
    gnn = version.model.gnn
    if gnn is None:
        return {}
    things = {kind: np.asarray(gnn.things[kind]) for kind in _THINGS if kind in gnn.things}
    return things | {"circle": np.asarray(gnn.circles)}


def _of_filters(version: Version, dimensions: int) -> dict[str, Float32]:
    model = version.model
    sums = {
        kind: sparse.csr_array((model.num_things[kind], model.num_circles), dtype=np.float32)
        for kind in _THINGS
    }
    for channel in model.channels:
        if channel.touch in sums:
            part = channel.matrix
            values = np.asarray(part.columns["weight"], dtype=np.float32)
            weight = float(np.mean(model.weights[channel.name])) / max(float(np.linalg.norm(values)), 1e-12)
            matrix = sparse.csr_array(
                (values * weight, np.asarray(part.indices), np.asarray(part.indptr)),
                shape=(part.num_rows, part.num_columns),
            )
            sums[channel.touch] = sums[channel.touch] + matrix
    together = sparse.vstack([sums[kind] for kind in _THINGS]).tocsr()
    wanted = min(dimensions, min(together.shape) - 1)
    if not together.nnz or wanted < 1:
        raise IncompatibleVersion(f"version {version.name} has no filter of merchants or products to place")
    # A fixed start, so that the same version gives the same vectors.
    left, spread, right = svds(together.astype(np.float64), k=wanted, v0=np.ones(min(together.shape)))
    order = np.argsort(-spread)
    root = np.sqrt(spread[order])
    things, circles = left[:, order] * root, right[order].T * root
    ends = np.cumsum([sums[kind].shape[0] for kind in _THINGS])[:-1]
    parts = dict(zip(_THINGS, np.split(things, ends), strict=True))
    return {kind: part.astype(np.float32) for kind, part in {**parts, "circle": circles}.items()}


def _placed(version: Version, kind: str, vectors: Float32) -> Placed:
    """Vectors of the nodes that the store has, without those of length 0."""
    row_of_index = np.asarray(version.store_rows[f"{kind}s"], dtype=np.int64)
    indices = np.flatnonzero(row_of_index >= 0)
    taken = vectors[row_of_index[indices]]
    has_length = np.linalg.norm(taken, axis=1) > 1e-9
    return Placed(indices[has_length].astype(np.int64), np.ascontiguousarray(taken[has_length]))
