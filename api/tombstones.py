"""Whoever is being erased is out of every answer of every worker once that is written down.

The note in the service's database is the tombstone; every worker reads it anew. Mostly the person's rows
leave the store in the same request. Where the store is too busy for that, it is seen without them until the
job has removed them, and whoever writes about them first removes what is left: they have come back, under
another index.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from api.service_db import ServiceDb
from graph.policy.meeting import NOBODY, Answer, Meeting, State
from graph.stores.base import Columns, GraphStore, User, UserState
from graph.stores.columns import Int64

NO_ONE = -1  # an index that nobody has
Gone = Callable[[], dict[int, str]]


def gone(db: ServiceDb) -> dict[int, str]:
    """Store index -> pseudonym of those whose erasure is not done; mostly empty, 10 microseconds."""
    return {int(index): str(user) for user, index in db.read("erasures.pending")}


def is_being_erased(db: ServiceDb, user: str) -> bool:
    """Whether there is a tombstone of a pseudonym, also while the store is away."""
    return bool(db.read("erasures.find", {"user": user}))


def covers(db: ServiceDb, user: str, at: int) -> bool:
    """Whether something of a moment (epoch seconds) is of before an erasure that is not done."""
    return bool(db.read("erasures.covers", (user, at)))


def without_erased(store: GraphStore, db: ServiceDb) -> GraphStore:
    """A store as everybody may see it who serves answers from it."""
    return cast(GraphStore, _WithoutErased(store, lambda: gone(db)))


class _WithoutErased:
    """All of a store but those who are being erased, wherever a person is asked for or met."""

    def __init__(self, store: GraphStore, gone: Gone) -> None:
        self.whole = store  # with everybody
        self._gone = gone

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def user(self, user_id: str) -> User | None:
        found = self.whole.user(user_id)
        return None if found is None or found.index in self._gone() else found

    def user_state(self, user_id: str) -> UserState | None:
        found = self.whole.user_state(user_id)
        return None if found is None or found.user.index in self._gone() else found

    def indices(self, label: str, ids: Sequence[str]) -> Int64:
        found = self.whole.indices(label, ids)
        return np.where(self._are_gone(found), NO_ONE, found) if label == "User" else found

    def intern(self, label: str, ids: Sequence[str]) -> Int64:
        self._leave(label, ids)
        return self.whole.intern(label, ids)

    def upsert(self, label: str, columns: Columns) -> Int64:
        self._leave(label, columns["id"])
        return self.whole.upsert(label, columns)

    def meetings(self, user: int, others: Sequence[int]) -> list[Meeting]:
        known, gone = self.whole.meetings(user, others), self._gone()
        return [NOBODY if other in gone else one for other, one in zip(others, known, strict=True)]

    def answer_suggestion(self, user: int, other: int, answer: Answer, **when: int) -> State | None:
        return self.whole.answer_suggestion(user, NO_ONE if other in self._gone() else other, answer, **when)

    def links_of(self, user: int) -> Int64:
        return self._others(self.whole.links_of(user))

    def consents(self, purpose: str) -> Int64:
        return self._others(self.whole.consents(purpose))

    def visible(self, viewer: int, others: Sequence[int], purpose: str) -> npt.NDArray[np.bool_]:
        return self.whole.visible(viewer, others, purpose) & ~self._are_gone(np.asarray(others, np.int64))

    def _others(self, people: Int64) -> Int64:
        left: Int64 = people[~self._are_gone(people)]
        return left

    def _are_gone(self, people: Int64) -> npt.NDArray[np.bool_]:
        """bool, shape (num_people,)."""
        return np.isin(people, np.fromiter(self._gone(), dtype=np.int64))

    def _leave(self, label: str, ids: Iterable[str]) -> None:
        """Remove what is left of those who come back by this write."""
        pending = self._gone() if label == "User" else {}
        if pending:
            wanted = set(ids)
            for index, user in pending.items():
                if user in wanted:
                    self.whole.forget(index)
