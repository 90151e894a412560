"""Shares among a merchant's peers, all of them together; pure.

The counts of at least `min_peers` merchants, with the noise of each, added up.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph.policy.disclosed_portraits import peer_share
from graph.policy.portraits import CLOSENESS, STANDING
from graph.policy.values import Policy
from graph.portraits.body import Body, Int64
from graph.portraits.weeks import Peers


@dataclass(frozen=True)
class Pooled:
    """Peers beside one merchant's portrait, whose labels they share. peers: None where there are too few."""

    peers: Peers | None
    body: Body
    policy: Policy

    @property
    def is_there(self) -> bool:
        return self.peers is not None and self.peers.number >= self.policy.portraits.min_peers

    def shares(self, question: str, closeness: str | None = None) -> list[float | None]:
        """Of each cell of a question with rows by closeness, among peers' fans: all, or of one closeness."""
        cells = self._cells(question, closeness)
        if cells is None:
            return [None] * (self.body.counts[question].size // len(CLOSENESS))
        return [self._share(int(size), question, 1, closeness) for size in cells]

    def grouped(self, places: Sequence[Sequence[int]], closeness: str | None) -> list[float | None]:
        """Of groups of cells of `interests`."""
        cells = self._cells("interests", closeness)
        if cells is None:
            return [None] * len(places)
        return [self._share(int(cells[list(at)].sum()), "interests", len(at), closeness) for at in places]

    def standing(self) -> list[float | None]:
        """Near, mid and far among all fans of peers, and lost among those who came before."""
        cells = self._counts("standing")
        if cells is None:
            return [None] * len(STANDING)
        *present, lost = cells.tolist()
        before = int(cells.sum()) - present[CLOSENESS.index("far")]
        wholes = [*[sum(present)] * len(present), before]
        scale = self._scale("standing", 1)
        pairs = zip([*present, lost], wholes, strict=True)
        return [peer_share(part, whole, scale, self.policy.disclosure) for part, whole in pairs]

    def _share(self, size: int, question: str, num_cells: int, closeness: str | None) -> float | None:
        rows = 1 if closeness else len(CLOSENESS)
        return peer_share(
            size, self._whole(closeness), self._scale(question, num_cells * rows), self.policy.disclosure
        )

    def _whole(self, closeness: str | None) -> int:
        standing = self._counts("standing")
        if standing is None:
            return 0
        return int(standing[: len(CLOSENESS)].sum() if closeness is None else standing[_row(closeness)])

    def _scale(self, question: str, num_cells: int) -> float:
        """Of the noise in a sum of so many cells of each peer."""
        return self.body.scale(question) * math.sqrt(num_cells * (self.peers.number if self.peers else 0))

    def _cells(self, question: str, closeness: str | None) -> Int64 | None:
        counts = self._counts(question)
        if counts is None:
            return None
        rows = counts.reshape(len(CLOSENESS), -1)
        return np.asarray(rows.sum(axis=0) if closeness is None else rows[_row(closeness)])

    def _counts(self, question: str) -> Int64 | None:
        if self.peers is None or not self.is_there or question not in self.peers.counts:
            return None
        return np.asarray(self.peers.counts[question], dtype=np.int64)


def _row(closeness: str) -> int:
    return CLOSENESS.index(closeness)
