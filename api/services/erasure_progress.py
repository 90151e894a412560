"""How far an erasure came, so that its receipt counts what earlier tries removed too."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import orjson

from api.erasure_receipts import Facts
from api.service_db import ServiceDb, Transaction

_NOBODY = ""  # stands for a file in whose free space somebody may still be read


class Removed:
    """Counts of one erasure, kept after each step.

    Args:
        user: whose; None keeps nothing, for somebody of whom nothing was noted.
    """

    def __init__(self, db: ServiceDb, user: str | None) -> None:
        self._db, self._user = db, user
        self._counts = Counter[str]()

    @property
    def counts(self) -> dict[str, int]:
        return dict(self._counts)

    def add(self, found: Mapping[str, int]) -> None:
        """Count what a step removed, to what others removed: a request and a job may be at it together."""
        self._counts.update(found)
        if self._user:
            with self._db.transaction() as writing:
                for _, kept, _ in writing.read("erasures.progress", (self._user,)):
                    self._counts = Counter(orjson.loads(kept))
                    self._counts.update(found)
                    writing.write("erasures.removed", (orjson.dumps(self.counts).decode(), self._user))


@contextmanager
def taken_up(db: ServiceDb, user: str | None, *, now: int) -> Iterator[Removed]:
    """Work on an erasure; that a process died in it is seen by the next one.

    now: epoch seconds; taken for the moment it was asked for where an earlier program noted none.
    """
    if user:
        db.write("erasures.ask", (user, now))
        db.write("erasures.take_up", (user,))
    try:
        yield Removed(db, user)
    except Exception:
        if user:
            db.write("erasures.put_down", (user,))
        raise


def facts(writing: Transaction, user: str, *, done_at: int) -> Facts:
    """What a receipt says of an erasure that is done now."""
    ((asked_at, removed, cut_off),) = writing.read("erasures.progress", (user,))
    return Facts(user, asked_at, done_at, orjson.loads(removed), cut_off)


def close(writing: Transaction, user: str, *, now: int) -> None:
    """Leave, in place of the person, that the file has still to be written anew."""
    writing.write("erasures.close", (user,))
    writing.write("erasures.ask", (_NOBODY, now))


def rewrite_if_due(db: ServiceDb) -> None:
    """Write the file anew where a process died before it could; whose traces it has nobody knows any more."""
    if rewrite_is_due(db):
        db.leave_nothing_of(None)
        rewritten(db)


def rewrite_is_due(db: ServiceDb) -> bool:
    """Whether the file has still to be written anew after an erasure."""
    return bool(db.read("erasures.progress", (_NOBODY,)))


def rewritten(db: ServiceDb) -> None:
    db.write("erasures.close", (_NOBODY,))
