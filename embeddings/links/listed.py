"""Lists of an evaluation: the best of everybody for whoever is asked, and what they hit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from embeddings.links.ground import Bool, Float64, Ground, Int64
from embeddings.links.pairs import Pairs
from embeddings.touches import Matrix

LIST_SIZE = 100
BLOCK = 512


@dataclass(frozen=True)
class Question:
    """Whom to find. users: asked, rows. truth: new links. labelled: pairs with labels and kinds."""

    ground: Ground
    known: Pairs
    truth: Pairs
    users: Int64
    labelled: tuple[Pairs, Bool, Any]


@dataclass(frozen=True)
class Lists:
    """others: int64 (num_users, LIST_SIZE), best first, -1 where a list has ended; scores: float64."""

    others: Int64
    scores: Float64


def listed(question: Question, rows: Callable[[Int64], Any]) -> Lists:
    """The best of everybody, without known links and oneself."""
    num = question.ground.num_users
    known = _both_ways(question.known, num)
    size = min(LIST_SIZE, num)
    others = np.full((len(question.users), size), -1, dtype=np.int64)
    scores = np.full((len(question.users), size), -np.inf)
    for start in range(0, len(question.users), BLOCK):
        block = question.users[start : start + BLOCK]
        dense = rows(block).astype(np.float64)
        left_out = known[block].tocoo()
        dense[left_out.row, left_out.col] = -np.inf
        dense[np.arange(len(block)), block] = -np.inf
        dense[:, ~question.ground.eligible] = -np.inf
        top = np.argpartition(-dense, size - 1, axis=1)[:, :size]
        values = np.take_along_axis(dense, top, axis=1)
        order = np.lexsort((top, -values), axis=1)
        part = slice(start, start + len(block))
        others[part] = np.take_along_axis(top, order, axis=1)
        scores[part] = np.take_along_axis(values, order, axis=1)
    others[~np.isfinite(scores)] = -1
    return Lists(others, scores)


def listed_from_pairs(question: Question, pairs: Pairs, scores: Float64) -> Lists:
    num = question.ground.num_users
    matrix = _both_ways(pairs, num, scores - scores.min() + 1.0 if len(scores) else scores)

    def rows(users: Int64) -> Any:
        dense = matrix[users].toarray()
        return np.where(dense > 0, dense + (scores.min() - 1.0 if len(scores) else 0.0), -np.inf)

    return listed(question, rows)


def _both_ways(pairs: Pairs, num: int, values: Float64 | None = None) -> Matrix:
    data = np.ones(len(pairs)) if values is None else values
    ends = np.concatenate([pairs.one, pairs.other]), np.concatenate([pairs.other, pairs.one])
    return Matrix((np.concatenate([data, data]), ends), shape=(num, num))


def hits_of(question: Question, lists: Lists, truth: Pairs) -> tuple[Bool, Int64]:
    num = question.ground.num_users
    keys = np.sort(np.concatenate([truth.keys(num), truth.other * num + truth.one]))
    asked = question.users[:, None] * num + lists.others
    at = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    counts = np.bincount(np.concatenate([truth.one, truth.other]), minlength=num)
    return (keys[at] == asked) & (lists.others >= 0), counts[question.users]
