"""Connections to one file, each used by one thread at a time, and safe across fork.

SQLite keeps its locks in memory that a forked child would share and misread. So before a fork every
connection of the process is closed, and parent and child open new ones when they need them.
"""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from graph.errors import StoreLocked, StoreUnavailable


class Connections:
    """Idle connections, taken last in, first out; grows to as many as are used at once.

    Args:
        opener: makes a connection.
        timeout_s: how long a writer waits for another writer of this process.
        crowd_s: the same for all but the first who waits; so that not all threads of a process wait for long,
            and some are left for reading.
    """

    def __init__(
        self, opener: Callable[[], sqlite3.Connection], timeout_s: float, crowd_s: float | None = None
    ) -> None:
        self._opener = opener
        self._timeout_s = timeout_s
        self._crowd_s = timeout_s if crowd_s is None else crowd_s
        self._closed = False
        self._forked_while_busy = False
        self._start()
        _ALL.add(self)

    def _start(self) -> None:
        self._idle: list[sqlite3.Connection] = []
        self._num_busy = 0
        self._returned = threading.Condition(threading.Lock())
        self._writer = threading.Lock()
        self._first = threading.Lock()  # of whoever waits first

    @contextmanager
    def lease(self) -> Iterator[sqlite3.Connection]:
        """A connection for the length of one transaction."""
        db = self.take()
        try:
            yield db
        finally:
            self.give(db)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection for one write; writers of one process queue here, which is fairer than in SQLite.

        Raises:
            StoreLocked: another thread of this process wrote, or waited to write, for too long.
        """
        is_first = self._first.acquire(blocking=False)
        try:
            has_turn = self._writer.acquire(timeout=self._timeout_s if is_first else self._crowd_s)
        finally:
            if is_first:
                self._first.release()
        if not has_turn:
            raise StoreLocked("another write of this process takes too long; try again")
        try:
            with self.lease() as db:
                yield db
        finally:
            self._writer.release()

    def close(self) -> None:
        """Close what is idle now; what is busy closes when it comes back."""
        with self._returned:
            self._closed = True
            self._close_idle()

    def take(self) -> sqlite3.Connection:
        """A connection that is to be given back."""
        with self._returned:
            if self._closed or self._forked_while_busy:
                raise StoreUnavailable(
                    "the store is closed"
                    if self._closed
                    else "this process was forked in the middle of a store operation; start it again"
                )
            self._num_busy += 1
            if self._idle:
                return self._idle.pop()
        try:
            return self._opener()
        except BaseException:
            self.give(None)
            raise

    def give(self, db: sqlite3.Connection | None) -> None:
        """Take one back; None for one that could not be opened."""
        with self._returned:
            self._num_busy -= 1
            if db is not None:
                self._idle.append(db)
            if self._closed:
                self._close_idle()
            self._returned.notify_all()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    # -- fork ---------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Wait until nothing is busy, close everything, and hold still until after the fork."""
        deadline = time.monotonic() + self._timeout_s
        self._returned.acquire()
        while self._num_busy and time.monotonic() < deadline:
            self._returned.wait(timeout=0.1)
        self._close_idle()

    def after_fork_in_parent(self) -> None:
        self._returned.release()

    def after_fork_in_child(self) -> None:
        self._forked_while_busy = self._num_busy > 0
        self._start()


_ALL: weakref.WeakSet[Connections] = weakref.WeakSet()


def _before_fork() -> None:
    global _held
    _held = list(_ALL)
    for connections in _held:
        connections.before_fork()


def _after_fork_in_parent() -> None:
    for connections in _held:
        connections.after_fork_in_parent()


def _after_fork_in_child() -> None:
    for connections in _held:
        connections.after_fork_in_child()


_held: list[Connections] = []
os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child,
)
