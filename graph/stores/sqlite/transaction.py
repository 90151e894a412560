"""One transaction of the embedded store, and the base that every part of it shares."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from graph.queries import load_queries
from graph.schema import LABELS
from graph.stores.columns import Int64
from graph.stores.sqlite.connections import Connections
from graph.stores.sqlite.file import CACHE_KIB, connect, prepare, translated


@cache
def _text(name: str, table: str) -> str:
    return load_queries("sqlite")[name].replace("{table}", table)


class Transaction:
    """Runs named queries; `table` fills `{table}` in those that have it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def run(self, name: str, values: Any = (), *, table: str = "") -> sqlite3.Cursor:
        return self._db.execute(_text(name, table), values)

    def run_many(self, name: str, rows: Iterable[Any], *, table: str = "") -> int:
        """Run for each row; returns how many rows changed."""
        return max(self._db.executemany(_text(name, table), rows).rowcount, 0)

    def one(self, name: str, values: Any = (), *, table: str = "") -> Any:
        """First value of the first row, or None."""
        row = self.run(name, values, table=table).fetchone()
        return None if row is None else row[0]

    def numbers(self, name: str, values: Any = (), *, table: str = "") -> Int64:
        """First column; int64."""
        return np.fromiter((number for (number,) in self.run(name, values, table=table)), dtype=np.int64)

    def want(self, values: Iterable[Any]) -> None:
        """Fill the temporary table `wanted` with values, numbered from 0."""
        self.run("clear_wanted")
        self.run_many("want", enumerate(values))

    def next_seq(self) -> int:
        """The number that the next change will get."""
        return int(self.one("counter", ("seq",))) + 1

    def change(
        self,
        kind: str,
        *,
        at: int | None = None,
        user: int | None = None,
        circle: int | None = None,
        touched: Iterable[int] = (),
    ) -> int:
        """Add an entry to the change feed and mark the users touched as changed; returns its seq."""
        seq = self.next_seq()
        self.run("set_counter", (seq, "seq"))
        self.run("put_change", (seq, at, kind, user, circle))
        self.run_many("touch_user", ((seq, index) for index in touched))
        return seq

    def circles_change(self, kind: str, *, at: int | None = None, circle: int | None = None) -> None:
        """A change that makes cached circles old."""
        self.run("set_counter", (self.change(kind, at=at, circle=circle), "circles"))


class StoreBase:
    """Address, file and connections; the parts of the store are mixins over this.

    Args:
        address: `sqlite:///path`.
        timeout_s: how long to wait for a lock before a StoreLocked.
        crowd_s: see `Connections`.
        cache_kib: pages that each connection keeps in the memory of this process.
    """

    def __init__(
        self,
        address: str,
        timeout_s: float = 10.0,
        crowd_s: float | None = None,
        cache_kib: int = CACHE_KIB,
    ) -> None:
        self.address = address
        self.path = Path(address.removeprefix("sqlite:///")).absolute()
        self._timeout_s = timeout_s
        self._schema_version = prepare(self.path, timeout_s)
        self._connections = Connections(lambda: connect(self.path, timeout_s, cache_kib), timeout_s, crowd_s)

    @contextmanager
    def _reading(self) -> Iterator[Transaction]:
        """All that is read inside is of one moment."""
        with (
            translated(self.path),
            self._connections.lease() as db,
            _transaction(db, "begin_read", "rollback") as tx,
        ):
            yield tx

    def _reading_once(self) -> "_Once":
        """For one statement, which is of one moment by itself."""
        return _Once(self.path, self._connections)

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        """All that is written inside is durable together, or not at all."""
        with (
            translated(self.path),
            self._connections.writing() as db,
            _transaction(db, "begin_write", "commit") as tx,
        ):
            yield tx


class _Once:
    """A lease whose errors are translated. Every answer takes one, and two generators cost as much as a
    statement."""

    __slots__ = ("_connections", "_db", "_path")

    def __init__(self, path: Path, connections: Connections) -> None:
        self._path, self._connections = path, connections

    def __enter__(self) -> Transaction:
        try:
            self._db = self._connections.take()
        except sqlite3.Error as error:
            self._raise(error)
        return Transaction(self._db)

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._connections.give(self._db)
        if isinstance(error, (sqlite3.Error, UnicodeEncodeError)):
            self._raise(error)

    def _raise(self, error: Exception) -> NoReturn:
        with translated(self._path):
            raise error
        raise AssertionError("translated errors are raised")


@contextmanager
def _transaction(db: sqlite3.Connection, begin: str, end: str) -> Iterator[Transaction]:
    tx = Transaction(db)
    tx.run(begin)
    try:
        yield tx
        tx.run(end)
    except BaseException:
        if db.in_transaction:  # SQLite ends it by itself after some errors, such as a full disk
            tx.run("rollback")
        raise


def table_of(label: str) -> str:
    """Table of a node label."""
    if label not in LABELS:
        raise ValueError(f"label is {label!r}; expected one of {', '.join(LABELS)}")
    return label.lower()
