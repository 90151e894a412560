"""One interface of everything that ranks circles, and the simplest thing that ours has to beat."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from embeddings.model import Float32
from embeddings.touches import degrees, touches_of
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
