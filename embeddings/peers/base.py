"""The interface of a peer, and the choice of its settings on a validation part of train.

Every peer declares a small grid; the first option of each setting is where the search begins. Settings are
tried one after the other, twice around, as ours are. Nothing here ever sees an answer of a test.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from embeddings.batch import blocks_of, mask_out
from embeddings.metrics import discounts_of, gain_of, rank_of
from embeddings.model import Float32
from embeddings.peers.sight import Sight
from embeddings.split import Validation
from embeddings.touches import Matrix, touches_of

Int64 = npt.NDArray[np.int64]
Settings = Mapping[str, Any]
Grid = Mapping[str, tuple[Any, ...]]
TOP_K = 20
ROUNDS = 2


class Peer(Protocol):
    """A method of others, fitted to one `Sight`.

    grid: setting -> options.
    weighs: the values of the matrix count, not only where they are.
    learned: what a fit found by itself and a later one starts from, such as the best number of epochs.
    """

    name: ClassVar[str]
    grid: ClassVar[Grid]
    weighs: ClassVar[bool]
    learned: dict[str, Any]

    def __init__(self, seed: int) -> None: ...

    def fit(
        self,
        sight: Sight,
        settings: Settings,
        *,
        deadline: float | None = None,
        watch: Callable[[], float] | None = None,
    ) -> None:
        """Learn.

        Args:
            deadline: `time.monotonic()` after which no further step starts.
            watch: ndcg@20 of `scores` as they stand; for methods that stop at their best epoch.
        """

    def scores(self, users: Int64) -> Float32:
        """float32 (len(users), num_circles)."""


class Examiner:
    """Asks the people of a validation part; `measure` is the weighted mean of their ndcg@20."""

    def __init__(self, validation: Validation) -> None:
        self._asked = validation
        self._members: Matrix = touches_of(validation.train, half_life_days=1.0).members

    def measure(self, peer: Peer) -> float:
        asked = self._asked
        if not len(asked.users):
            return 0.0
        gains = np.zeros(len(asked.rows))
        start = 0
        for block in blocks_of(asked.users, len(asked.candidates)):
            scores = peer.scores(block)
            mask_out(scores, self._members[block])
            scores[:, ~asked.candidates] = -np.inf
            mine = (asked.rows >= start) & (asked.rows < start + len(block))
            ranks = rank_of(scores, asked.rows[mine] - start, asked.circles[mine])
            gains[mine] = gain_of(ranks, TOP_K)
            start += len(block)
        gained = np.bincount(asked.rows, gains, len(asked.users))
        answers = np.bincount(asked.rows, minlength=len(asked.users))
        ideal = np.cumsum(discounts_of(TOP_K))[np.clip(answers, 1, TOP_K) - 1]
        return float(np.average(gained / ideal, weights=asked.importance))


def search(
    grid: Grid, measure: Callable[[Settings], float], deadline: float | None
) -> tuple[dict[str, Any], bool]:
    """The best settings found by trying each option of each setting in turn.

    Returns:
        The settings, and whether the deadline cut the search short.
    """
    known: dict[tuple[Any, ...], float] = {}

    def value_of(settings: dict[str, Any]) -> float:
        key = tuple(settings[name] for name in grid)
        if key not in known:
            known[key] = measure(settings)
        return known[key]

    best = {name: options[0] for name, options in grid.items()}
    highest = value_of(best)
    for _ in range(ROUNDS):
        before = dict(best)
        for name, option in ((name, option) for name, options in grid.items() for option in options):
            if is_over(deadline):
                return best, True
            tried = best | {name: option}
            if value_of(tried) > highest:
                best, highest = tried, value_of(tried)
        if best == before:
            break
    return best, False


def in_blocks(users: Int64, width: int, score: Callable[[Int64], Float32]) -> Float32:
    """Scores of users, a few at a time, where a method needs `width` numbers for each on its way."""
    if not len(users):
        return score(users)
    return np.concatenate([score(block) for block in blocks_of(users, width)])


def is_over(deadline: float | None) -> bool:
    """Has the time run out?"""
    return deadline is not None and time.monotonic() > deadline
