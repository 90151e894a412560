"""Pairs of people, and what both of a pair visit: one join that every feature is a sum over."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from embeddings.links.ground import Bool, Ground, Int64
from embeddings.touches import Matrix
from graph.policy.trust import Shared


@dataclass(frozen=True)
class Pairs:
    """Each pair once: `one` < `other`, int64 (num_pairs,), increasing by (one, other)."""

    one: Int64
    other: Int64

    def __len__(self) -> int:
        return len(self.one)

    def __getitem__(self, kept: Any) -> "Pairs":
        return Pairs(self.one[kept], self.other[kept])

    @classmethod
    def of(cls, one: Int64, other: Int64, num_users: int) -> "Pairs":
        """From pairs in any order and direction; doubles and pairs of somebody with themselves go."""
        low, high = np.minimum(one, other), np.maximum(one, other)
        keys = np.unique((low * num_users + high)[low != high])
        return cls(keys // num_users, keys % num_users)

    def keys(self, num_users: int) -> Int64:
        """A number for each pair, increasing."""
        return self.one * num_users + self.other

    def among(self, other: "Pairs", num_users: int) -> Bool:
        """Whether each pair is among others."""
        return np.isin(self.keys(num_users), other.keys(num_users))


def pairs_in(matrix: Matrix) -> Pairs:
    """The pairs of a symmetric matrix."""
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return Pairs.of(rows, matrix.indices.astype(np.int64), matrix.shape[0])


@dataclass(frozen=True)
class Joined:
    """What pairs share; one entry a shared thing. pair: position of the pair. thing: column.

    at_one, at_other: where the two entries lie in the matrix's data. All int64.
    """

    pair: Int64
    thing: Int64
    at_one: Int64
    at_other: Int64


def join(matrix: Matrix, one: Int64, other: Int64) -> Joined:
    """The columns that both rows of each pair have.

    Walks the shorter row of the two, and looks its columns up in the other. Rows must be sorted.
    """
    degree = np.diff(matrix.indptr)
    swapped = degree[one] > degree[other]
    short, long = np.where(swapped, other, one), np.where(swapped, one, other)
    lengths = degree[short].astype(np.int64)
    pair = np.repeat(np.arange(len(one), dtype=np.int64), lengths)
    ends = np.cumsum(lengths)
    at = np.arange(len(pair), dtype=np.int64) - np.repeat(ends - lengths, lengths)
    at += np.repeat(matrix.indptr[short].astype(np.int64), lengths)
    width = max(matrix.shape[1], 1)
    keys = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), degree) * width + matrix.indices
    wanted = long[pair] * width + matrix.indices[at]
    found = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    hit = keys[found] == wanted if len(keys) else np.zeros(0, dtype=bool)
    pair, at, found = pair[hit], at[hit], found[hit]
    turned = swapped[pair]
    return Joined(
        pair,
        matrix.indices[at].astype(np.int64),
        np.where(turned, found, at),
        np.where(turned, at, found),
    )


def shared_of(ground: Ground, joined: Joined) -> Shared:
    """The same as `trust` reads it."""
    return Shared(
        pair=joined.pair,
        scene=ground.scene[joined.thing],
        customers=ground.customers[joined.thing],
        days_one=ground.days[joined.at_one],
        days_other=ground.days[joined.at_other],
        age_days=np.maximum(ground.age_days[joined.at_one], ground.age_days[joined.at_other]),
    )
