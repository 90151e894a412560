"""How near circles are to each other in a published version; numpy only, nothing of any person.

A version holds what people may be told: a thing-to-circle weight with too few people behind it is not in it,
and a circle of which nothing may be told has a vector of zeros.
"""

import numpy as np
import numpy.typing as npt

from api.versions import Served
from embeddings.model import Channel

Float64 = npt.NDArray[np.float64]
THEMES = ("theme_product_categories", "theme_merchant_categories", "theme_scenes")
BEHAVIOUR = ("product_categories", "merchant_categories")


def theme_likeness(served: Served, index: int) -> dict[int, float]:
    """Store index of each circle -> cosine of what both are about, in categories and scenes; in [0, 1]."""
    return _by_store_index(served, index, _of_channels(served, THEMES, index))


def behaviour_likeness(served: Served, index: int) -> dict[int, float]:
    """Store index of each circle -> cosine of trained vectors, else of what members buy; empty if unknown."""
    vectors = _vectors(served)
    if vectors is None:
        return _by_store_index(served, index, _of_channels(served, BEHAVIOUR, index))
    row = _row(served, index)
    if row < 0 or not vectors[row].any():
        return {}
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = vectors @ vectors[row] / np.where(lengths > 0, lengths * lengths[row], np.inf)
    return _by_store_index(served, index, np.where(lengths > 0, cosines, np.nan))


def column_cosines(channel: Channel, circle: int) -> Float64 | None:
    """Cosine of one column of a thing-to-circle matrix with all; float64 (num_circles,), NaN for empty ones.

    None where the circle's own column is empty.
    """
    matrix = channel.matrix
    columns, rows = matrix.indices, matrix.rows()
    weights = matrix.columns["weight"].astype(np.float64)
    own = np.bincount(rows, np.where(columns == circle, weights, 0.0), minlength=matrix.num_rows)
    squares = np.bincount(columns, weights**2, minlength=matrix.num_columns)
    if not squares[circle]:
        return None
    dots = np.bincount(columns, weights * own[rows], minlength=matrix.num_columns)
    return np.asarray(dots / np.sqrt(np.where(squares > 0, squares * squares[circle], np.nan)))


def _of_channels(served: Served, names: tuple[str, ...], index: int) -> Float64 | None:
    """The largest of the cosines that channels of these names know."""
    row = _row(served, index)
    channels = [channel for channel in served.version.model.channels if channel.name in names]
    found = [column_cosines(channel, row) for channel in channels] if row >= 0 else []
    known = [cosines for cosines in found if cosines is not None]
    return np.fmax.reduce(known) if known else None


def _by_store_index(served: Served, index: int, cosines: Float64 | None) -> dict[int, float]:
    if cosines is None:
        return {}
    indices = served.version.circle_store_index
    known = np.flatnonzero(~np.isnan(cosines) & (indices >= 0) & (indices != index))
    return {int(indices[at]): float(cosines[at]) for at in known.tolist()}


def _row(served: Served, index: int) -> int:
    return int(served.version.rows("circles", np.array([index], dtype=np.int64))[0])


def _vectors(served: Served) -> npt.NDArray[np.float32] | None:
    """Float32 (num_circles, dim): of the GNN, else the factors."""
    model = served.version.model
    if model.gnn is not None:
        return model.gnn.circles
    return None if model.latent is None else model.latent.circles
