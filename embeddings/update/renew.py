"""A model with the parameters of an earlier version and the people of now.

Parameters are what training chose or learned: exponents, weights, vectors, and the moment from which payments
fade. They stay. What people add up to is read from the books, and a row that has hardly changed stays as it
was served, so that nobody's list changes but of those whom it concerns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings.channels import FILTERS, TOUCH_OF, channel_of, filter_from, theme_matrix, themes_of
from embeddings.model import Channel, Float32, Float64, GnnVectors, LatentVectors, Model, standardised
from embeddings.touches import Matrix
from embeddings.tuning import priors_of
from embeddings.update.books import LABEL_OF, Books, core_of
from embeddings.update.rows import Moved, moved_matrix, moved_values
from graph.snapshot import Snapshot

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
FAR = 0.5  # a row that is off by more is another one, and nobody waits for it


@dataclass(frozen=True)
class Counted:
    """What channels need of people once they are added up; see `channels.Counted`."""

    books: Books
    themes: Mapping[str, Matrix]
    num_members: Int64
    min_supporters: int

    @classmethod
    def of(cls, books: Books, snapshot: Snapshot, min_supporters: int) -> "Counted":
        members = books.users_of["circle"]
        num_members = np.where(members >= min_supporters, members, 0)
        return cls(books, themes_of(snapshot), num_members, min_supporters)

    def users_of(self, touch: str) -> Int64:
        return self.books.users_of[touch]


@dataclass(frozen=True)
class Renewed:
    """A model and what of it is not as before: touch -> bool (num_things,), rows that lists depend on.

    everything: whether something that everybody's list depends on is not as before. waiting: rows that were
    to change but concern too many people for a day. furthest: how far the furthest of these is off.
    """

    model: Model
    rows: Mapping[str, Bool]
    everything: bool
    waiting: int = 0
    furthest: float = 0.0


@dataclass(frozen=True)
class Patience:
    """How far a model that is served may be from the new one.

    tolerance: of a row or prior, as a part of its length (Euclidean); 0 for not at all. most: people whom all
    rows that are changed may concern together, but for rows that are off by more than `FAR`.
    """

    tolerance: float
    most: float

    def taken(self, off: Float64, audience: Int64) -> Bool:
        """Which rows change: those that are furthest off for each person whom they concern."""
        wanted = np.flatnonzero(off > self.tolerance)
        order = wanted[np.argsort(-off[wanted] / np.maximum(audience[wanted], 1), kind="stable")]
        affordable = np.cumsum(audience[order]) <= (self.most if self.tolerance else np.inf)
        out = np.zeros(len(off), dtype=bool)
        out[order] = affordable | (off[order] > FAR)
        return out


def powers_of(model: Model) -> dict[str, float]:
    """Exponent a of each filter that the weights of a model let speak."""
    return {
        name: exponents["a"]
        for name, exponents in model.exponents.items()
        if name in FILTERS and any(model.weights.get(name, ()))
    }


def rebuilt(before: Model, counted: Counted, moved: Moved | None, sizes: Mapping[str, int]) -> Model:
    """The model of these books, with the parameters of `before`.

    Args:
        moved: where the rows of `before` are now; None where they are the same. sizes: label -> how many.
    """
    priors = {name: standardised(values) for name, values in priors_of(counted.num_members).items()}
    heard = [name for name in before.exponents if any(before.weights.get(name, ()))]
    num_things = {
        touch: sizes[LABEL_OF[touch]] if touch in LABEL_OF else size
        for touch, size in before.num_things.items()
    }
    return replace(
        before,
        num_circles=sizes["circles"],
        num_things=num_things,
        channels=tuple(_channel(name, before, counted) for name in heard),
        priors={name: values for name, values in priors.items() if name in before.weights},
        gnn=_gnn(before.gnn, moved, sizes),
        latent=_latent(before.latent, moved, sizes),
        num_members=counted.num_members,
    )


def held(new: Model, before: Model, moved: Moved, users_of: Mapping[str, Int64], how: Patience) -> Renewed:
    """The new model, but with the rows of before wherever they are as good, or cannot be changed today.

    Args:
        users_of: touch -> int64 (num_things,), whom each row concerns.
    """
    old = {channel.name: channel for channel in before.channels}
    if new.num_circles != before.num_circles or old.keys() != {channel.name for channel in new.channels}:
        return Renewed(new, {}, True)
    was = [_moved(old[channel.name], channel, moved) for channel in new.channels]
    off = [_off(_matrix(channel), then) for channel, then in zip(new.channels, was, strict=True)]
    taken = _taken(new, off, users_of, how)
    channels, rows = [], {touch: np.zeros(size, dtype=bool) for touch, size in new.num_things.items()}
    for channel, then, differs in zip(new.channels, was, taken, strict=True):
        channels.append(_mixed(channel, then, differs))
        rows[channel.touch] |= differs
    priors = dict(new.priors)
    for name, values in new.priors.items():
        prior = before.priors.get(name)
        if prior is not None and np.linalg.norm(values - prior) <= how.tolerance * np.linalg.norm(values):
            priors[name] = prior
    everything = priors.keys() != before.priors.keys() or any(
        not np.array_equal(values, before.priors[name]) for name, values in priors.items()
    )
    left = [part[(part > how.tolerance) & ~now] for part, now in zip(off, taken, strict=True)]
    furthest = max((float(part.max(initial=0.0)) for part in left), default=0.0)
    model = replace(new, channels=tuple(channels), priors=priors)
    return Renewed(model, rows, everything, sum(map(len, left)), furthest)


def _taken(model: Model, off: list[Float64], users_of: Mapping[str, Int64], how: Patience) -> list[Bool]:
    """Which rows of each channel change."""
    if not off:
        return []
    audience = np.concatenate([users_of[channel.touch] for channel in model.channels])
    ends = np.cumsum([len(part) for part in off])[:-1]
    return np.split(how.taken(np.concatenate(off), audience), ends)


def _channel(name: str, before: Model, counted: Counted) -> Channel:
    exponents = before.exponents[name]
    if name in FILTERS:
        core = core_of(counted.books, name, counted.min_supporters)
        return channel_of(name, filter_from(core, counted, TOUCH_OF[name], exponents))
    return channel_of(name, theme_matrix(name, counted, exponents))


def _moved(channel: Channel, like: Channel, moved: Moved) -> Matrix:
    matrix = _matrix(channel)
    label = LABEL_OF.get(channel.touch)
    rows = np.arange(matrix.shape[0]) if label is None else moved.to[label]
    return moved_matrix(matrix, rows, moved.to["circles"], (like.matrix.num_rows, like.matrix.num_columns))


def _off(new: Matrix, before: Matrix) -> Float64:
    """How far each row is from the one before, as a part of the longer of the two; float64 (num_rows,)."""
    length = np.maximum(_lengths(new), _lengths(before))
    return np.divide(_lengths(Matrix(new - before)), length, out=np.zeros(len(length)), where=length > 0)


def _mixed(channel: Channel, before: Matrix, differs: Bool) -> Channel:
    """A channel with the rows of before but where it differs."""
    if not differs.any():
        return channel_of(channel.name, before.copy())  # what is mapped cannot be tidied
    taken = sparse.diags_array(differs.astype(np.float32)).tocsr()
    kept = sparse.diags_array((~differs).astype(np.float32)).tocsr()
    return channel_of(channel.name, Matrix(taken @ _matrix(channel) + kept @ before))


def _lengths(matrix: Matrix) -> Float64:
    """Euclidean length of each row."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return np.sqrt(np.bincount(rows, np.square(matrix.data.astype(np.float64)), matrix.shape[0]))


def _matrix(channel: Channel) -> Matrix:
    csr = channel.matrix
    return Matrix((csr.columns["weight"], csr.indices, csr.indptr), shape=(csr.num_rows, csr.num_columns))


def _gnn(gnn: GnnVectors | None, moved: Moved | None, sizes: Mapping[str, int]) -> GnnVectors | None:
    """Trained vectors where their things are now; what is new has none yet."""
    if gnn is None or moved is None:
        return gnn
    to, num_circles = moved.to["circles"], sizes["circles"]
    things = {
        touch: _vectors(vectors, moved.to[LABEL_OF[touch]], sizes[LABEL_OF[touch]])
        if touch in LABEL_OF
        else vectors
        for touch, vectors in gnn.things.items()
    }
    return GnnVectors(
        things=things,
        gains=gnn.gains,
        circles=_vectors(gnn.circles, to, num_circles),
        bias=_vectors(gnn.bias, to, num_circles),
        eligible=moved_values(gnn.eligible, to, num_circles).astype(bool, copy=False),
    )


def _latent(
    latent: LatentVectors | None, moved: Moved | None, sizes: Mapping[str, int]
) -> LatentVectors | None:
    if latent is None or moved is None:
        return latent
    return LatentVectors(_vectors(latent.circles, moved.to["circles"], sizes["circles"]), latent.confidence)


def _vectors(values: Float32, rows: Int64, size: int) -> Float32:
    return moved_values(values, rows, size).astype(np.float32, copy=False)
