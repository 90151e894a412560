"""Candidates: who of everybody is worth a closer look, from several sources, always among the eligible.

Rare shared merchants, similar habits, near vectors (faiss, with the consent bitmap inside the scan and exact
distances after it), shared circles, friends of accepted friends and their PageRank.
"""

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np
from scipy import sparse

from embeddings.links.features import Describer
from embeddings.links.ground import Bool, Float32, Float64, Ground, Int64, rarity_weighted
from embeddings.links.pairs import Pairs
from embeddings.touches import Matrix

TOP_K = 150  # of each source
POPULAR = 2_000  # visitors from which a merchant brings nobody together
EXACT_BELOW = 20_000  # people up to which the scan is exact
ROWS = 512


def candidates_of(describer: Describer, *, top_k: int = TOP_K) -> Pairs:
    """All pairs that any source names, each once; known links among them."""
    ground = describer.ground
    found = [*_by_overlap(ground, top_k)]
    found.append(near(ground.vectors, ground.eligible & (ground.busy > 0), top_k))
    if describer.ranks is not None:
        found.append(_top(describer.ranks.matrix, 2 * top_k))
    one, other = (np.concatenate([part[side] for part in found]) for side in (0, 1))
    good = ground.eligible[one] & ground.eligible[other]
    return Pairs.of(one[good], other[good], ground.num_users)


def _by_overlap(ground: Ground, top_k: int) -> Iterator[tuple[Int64, Int64]]:
    degree = np.bincount(ground.visits.indices, minlength=ground.visits.shape[1])
    kept = (degree > 1) & (degree <= POPULAR)
    for matrix, power in ((_binary(ground.visits), 1.0), (_binary(ground.visits), 0.0)):
        weights = np.where(
            kept, 1.0 / np.maximum(degree, 1) if power else 1 / np.log(np.maximum(degree, 2)), 0
        )
        yield _alike(matrix, weights, top_k)
    yield _alike(rarity_weighted(ground.visits), kept.astype(np.float64), top_k)
    if ground.circles.nnz:
        members = np.bincount(ground.circles.indices, minlength=ground.circles.shape[1])
        small = np.where((members > 1) & (members <= POPULAR), 1.0 / np.maximum(members, 1), 0.0)
        yield _alike(ground.circles, small, top_k)


def _binary(matrix: Matrix) -> Matrix:
    return Matrix((np.ones(matrix.nnz, np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)


def _alike(matrix: Matrix, weights: Float64, top_k: int) -> tuple[Int64, Int64]:
    """For each row the `top_k` rows with the largest weighted overlap."""
    scaled = Matrix(matrix @ sparse.diags_array(weights.astype(np.float32)))
    scaled.eliminate_zeros()
    turned, parts = matrix.T.tocsr(), []
    for start in range(0, matrix.shape[0], ROWS):
        rows, columns = _top(Matrix(scaled[start : start + ROWS] @ turned), top_k, start)
        parts.append((rows + start, columns))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _top(matrix: Matrix, top_k: int, first: int = 0) -> tuple[Int64, Int64]:
    """Rows and columns of the largest entries of each row, without the diagonal (shifted by `first`)."""
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    off = matrix.indices != rows + first
    rows, columns, values = rows[off], matrix.indices[off].astype(np.int64), matrix.data[off]
    order = np.lexsort((columns, -values, rows))
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=matrix.shape[0]))])
    place = np.arange(len(rows)) - starts[rows[order]]
    kept = order[place < top_k]
    return rows[kept], columns[kept]


def near(vectors: Float32, eligible: Bool, top_k: int) -> tuple[Int64, Int64]:
    """The eligible people with the nearest vectors of each eligible person."""
    asked = np.flatnonzero(eligible)
    if len(asked) < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    found = search(index_of(vectors, eligible), vectors, vectors[asked], eligible, min(top_k + 1, len(asked)))
    rows, columns = np.repeat(asked, found.shape[1]), found.ravel()
    kept = (columns >= 0) & (columns != rows)
    return rows[kept], columns[kept]


def index_of(vectors: Float32, eligible: Bool) -> Any:
    """Flat for few, inverted lists for many; trained on eligible people only."""
    num, dim = vectors.shape
    if num <= EXACT_BELOW:
        index: Any = faiss.IndexFlatIP(dim)
    else:
        lists = int(4 * np.sqrt(num))
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
        sample = np.random.default_rng(0).permutation(np.flatnonzero(eligible))[: 40 * lists]
        index.train(np.ascontiguousarray(vectors[sample]))
        index.nprobe = max(8, lists // 250)  # among a million .988 of the nearest 20 in half a millisecond
    index.add(np.ascontiguousarray(vectors))
    return index


def search(index: Any, vectors: Float32, queries: Float32, eligible: Bool, top_k: int) -> Int64:
    """Rows of the nearest eligible people: int64 (num_queries, top_k), best first, -1 where too few."""
    bitmap = np.packbits(eligible, bitorder="little")
    library: Any = faiss  # its stubs know no selectors
    selector = library.IDSelectorBitmap(len(eligible), library.swig_ptr(bitmap))
    if isinstance(index, faiss.IndexIVFFlat):
        settings = library.SearchParametersIVF(sel=selector, nprobe=index.nprobe)
    else:
        settings = library.SearchParameters(sel=selector)
    _, found = index.search(np.ascontiguousarray(queries), top_k, params=settings)
    return np.asarray(found, dtype=np.int64)
