"""One interface of everything that ranks circles, and the simple methods that ours has to beat."""

from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings.batch import raw_scores
from embeddings.model import Float32
from embeddings.touches import Matrix, Touches, degrees, touches_of
from graph.snapshot import Snapshot

Int64 = npt.NDArray[np.int64]


class Method(Protocol):
    """Ranks circles for users of the snapshot it was fitted to."""

    name: str

    def fit(self, snapshot: Snapshot) -> None:
        """Learn from a snapshot; only people who grant the purpose `circles` are used."""

    def scores(self, users: Int64) -> Float32:
        """Scores of all circles for some users: float32 (len(users), num_circles)."""


class Popularity:
    """Circles by number of members; the same list for everybody."""

    name = "popularity"

    def fit(self, snapshot: Snapshot) -> None:
        members = touches_of(snapshot, half_life_days=1.0).members
        self._scores = degrees(members, 0).astype(np.float32)

    def scores(self, users: Int64) -> Float32:
        return np.tile(self._scores, (len(users), 1))


class ItemKnn:
    """Cosine between circles over who joined them, all neighbours: score = sum over a user's circles."""

    name = "item-knn"

    def fit(self, snapshot: Snapshot) -> None:
        self._touched = self._columns(touches_of(snapshot, half_life_days=36_500.0))
        members = touches_of(snapshot, half_life_days=36_500.0).members
        self._matrix = cosine(self._touched, members)

    def scores(self, users: Int64) -> Float32:
        return raw_scores(self._touched[users], self._matrix)

    def _columns(self, touches: Touches) -> Matrix:
        return touches.members


class JointItemKnn(ItemKnn):
    """The same with merchants and products beside circles in one matrix: every touch counts alike."""

    name = "item-knn-joint"

    def _columns(self, touches: Touches) -> Matrix:
        kinds = ("circle", "merchant", "product")
        joined = Matrix(sparse.hstack([touches.of[kind] for kind in kinds], format="csr"))
        joined.data[:] = 1.0
        return joined


BASELINES: dict[str, type[Popularity] | type[ItemKnn]] = {
    method.name: method for method in (Popularity, ItemKnn, JointItemKnn)
}


def cosine(things: Matrix, members: Matrix) -> Matrix:
    """Cosine of each thing with each circle over the users: csr (num_things, num_circles)."""
    shared = Matrix(things.T.tocsr() @ members)
    by_thing = 1.0 / np.sqrt(np.maximum(degrees(things, 0), 1))
    by_circle = 1.0 / np.sqrt(np.maximum(degrees(members, 0), 1))
    shared.data *= (np.repeat(by_thing, np.diff(shared.indptr)) * by_circle[shared.indices]).astype(
        np.float32
    )
    return shared
