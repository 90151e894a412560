"""Counters of the library `limits` in a small SQLite file, so that limits hold over all workers of a machine.

The file needs no durability: it is never synced, and one that is damaged is made anew. Where it cannot be
used the library raises `limits.errors.StorageError`.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import floor
from pathlib import Path

from limits.storage.base import SlidingWindowCounterSupport, Storage, TimestampedSlidingWindow

from api.service_db import QUERIES, query
from graph.queries import statements
from graph.stores.sqlite.file import is_damage, use_write_ahead

TIMEOUT_S = 0.5  # counting is worth no longer wait


class SqliteStorage(Storage, SlidingWindowCounterSupport, TimestampedSlidingWindow):
    """One connection a process, shared by its threads under a lock."""

    STORAGE_SCHEME = None

    def __init__(self, path: Path) -> None:
        super().__init__(wrap_exceptions=True)
        self._lock = threading.Lock()
        try:
            self._connection = _opened(path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            for part in path.parent.glob(f"{path.name}*"):
                part.unlink(missing_ok=True)
            self._connection = _opened(path)

    @property
    def base_exceptions(self) -> type[Exception]:
        return sqlite3.Error

    def close(self) -> None:
        self._connection.close()

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` more unless this window and what is left of the one before would exceed `limit`."""
        with self._writing():
            now = time.time()
            before, current = self.sliding_window_keys(key, expiry, now)
            counted = self._count(current, now)
            if floor(self._count(before, now) * _left(expiry, now) + counted) + amount > limit:
                return False
            if not counted:
                self._connection.execute(query("rates.drop_old"), (now,))
            self._add(current, amount, now, 2 * expiry)
            return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Count and seconds to live, of the window before and of this one."""
        with self._lock:
            now = time.time()
            before, current = self.sliding_window_keys(key, expiry, now)
            left_s = _left(expiry, now) * expiry
            return self._count(before, now), left_s, self._count(current, now), left_s + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        for name in self.sliding_window_keys(key, expiry, time.time()):
            self.clear(name)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        with self._writing():
            return self._add(key, amount, time.time(), expiry)

    def get(self, key: str) -> int:
        with self._lock:
            return self._count(key, time.time())

    def get_expiry(self, key: str) -> float:
        with self._lock:
            rows = self._connection.execute(query("rates.expiry"), (key,)).fetchall()
        return float(rows[0][0]) if rows else time.time()

    def check(self) -> bool:
        with self._lock:
            return bool(self._connection.execute("pragma user_version").fetchall())

    def reset(self) -> int:
        with self._writing():
            return self._connection.execute(query("rates.drop_all")).rowcount

    def clear(self, key: str) -> None:
        with self._writing():
            self._connection.execute(query("rates.drop"), (key,))

    def _count(self, name: str, now: float) -> int:
        rows = self._connection.execute(query("rates.count"), (name, now)).fetchall()
        return int(rows[0][0]) if rows else 0

    def _add(self, name: str, amount: int, now: float, expiry: int) -> int:
        values = {"name": name, "amount": amount, "now": now, "expires_at": now + expiry}
        return int(self._connection.execute(query("rates.add"), values).fetchall()[0][0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield
                self._connection.execute("commit")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")


def _left(expiry: int, now: float) -> float:
    """Share of the window before that still counts: 1 where this one begins, 0 where it ends."""
    return 1 - (now / expiry) % 1


def _opened(path: Path) -> sqlite3.Connection:
    made = sqlite3.connect(path, timeout=TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        use_write_ahead(made, TIMEOUT_S)
        made.execute("pragma synchronous = off")
        for statement in statements((QUERIES / "rates_schema.sql").read_text(encoding="utf-8")):
            made.execute(statement)
        path.chmod(0o600)
    except BaseException:
        made.close()
        raise
    return made
