"""Vectors of circles, merchants and products in one space: what a published version says, factorised.

The version's filters say how much each thing speaks for each circle, W (things x circles); what is known
of circles by who joined them are further rows: filters of circles, least-squares factors, the GNN's
vectors. The leading singular vectors give both sides a place in one space: with W = U S V', a thing is U
S^1/2 and a circle V S^1/2, so that their product is the part of W that the leading directions carry.
Thereby a circle has a place whoever tells of it. For looking and joining; answers are not made from them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import svds

from embeddings.model import GNN, LATENT, Model
from embeddings.registry import Version
from graph.errors import IncompatibleVersion

Float32 = npt.NDArray[np.float32]
DIMENSIONS = 64
LABELS = {"circle": "Circle", "merchant": "Merchant", "product": "Product"}
_THINGS = ("merchant", "product")
_ROWS = (*_THINGS, "circle")


@dataclass(frozen=True)
class Placed:
    """Vectors of nodes that have one. indices: int64 (n,), of the store. vectors: float32 (n, dimensions)."""

    indices: npt.NDArray[np.int64]
    vectors: Float32


def place(version: Version, *, dimensions: int = DIMENSIONS) -> dict[str, Placed]:
    """Vectors by label (`Circle`, `Merchant`, `Product`), for nodes that the version says something about.

    Raises:
        IncompatibleVersion: the version has neither filters, factors nor a GNN.
    """
    found = _placed_together(version, dimensions)
    return {LABELS[kind]: _placed(version, kind, vectors) for kind, vectors in found.items()}


def _placed_together(version: Version, dimensions: int) -> dict[str, Float32]:
    model = version.model
    sums = {
        kind: sparse.csr_array((model.num_things[kind], model.num_circles), dtype=np.float32)
        for kind in _ROWS
    }
    for channel in model.channels:
        if channel.touch in sums:
            part = channel.matrix
            values = np.asarray(part.columns["weight"], dtype=np.float32)
            shape = (part.num_rows, part.num_columns)
            matrix = sparse.csr_array(
                (values, np.asarray(part.indices), np.asarray(part.indptr)), shape=shape
            )
            sums[channel.touch] = sums[channel.touch] + matrix * _share(model, channel.name, values)
    rows = [sums[kind] for kind in _ROWS]
    dense = {LATENT: model.latent, GNN: model.gnn}
    for name, factors in ((name, np.asarray(of.circles)) for name, of in dense.items() if of is not None):
        rows.append(sparse.csr_array(factors.T * _share(model, name, factors)))
    together = sparse.vstack(rows).tocsr()
    wanted = min(dimensions, min(together.shape) - 1)
    if not together.nnz or wanted < 1:
        raise IncompatibleVersion(
            f"version {version.name} has no filter of merchants, products or circles to place"
        )
    # A fixed start, so that the same version gives the same vectors.
    left, spread, right = svds(together.astype(np.float64), k=wanted, v0=np.ones(min(together.shape)))
    order = np.argsort(-spread)
    root = np.sqrt(spread[order])
    things, circles = left[:, order] * root, right[order].T * root
    ends = np.cumsum([sums[kind].shape[0] for kind in _THINGS])
    parts = dict(zip(_THINGS, np.split(things, ends)[: len(_THINGS)], strict=True))
    return {kind: part.astype(np.float32) for kind, part in {**parts, "circle": circles}.items()}


def _share(model: Model, name: str, values: Float32) -> np.float32:
    """What a voice counts in the mixture, over the size of its matrix."""
    return np.float32(np.mean(model.weights[name]) / max(float(np.linalg.norm(values)), 1e-12))


def _placed(version: Version, kind: str, vectors: Float32) -> Placed:
    """Vectors of the nodes that the store has, without those of length 0."""
    row_of_index = np.asarray(version.store_rows[f"{kind}s"], dtype=np.int64)
    indices = np.flatnonzero(row_of_index >= 0)
    taken = vectors[row_of_index[indices]]
    has_length = np.linalg.norm(taken, axis=1) > 1e-9
    return Placed(indices[has_length].astype(np.int64), np.ascontiguousarray(taken[has_length]))
