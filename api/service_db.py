"""The service's own small database, `service.db` in the home: keys, receipts, jobs, sessions, audit log.

SQLite in WAL mode with `synchronous = NORMAL`: a crash of a process loses nothing, a power cut may lose the
last receipts but never harms the file. Who is to be erased is synchronised at once. One connection a process,
shared by its threads under a lock; a statement takes tens of microseconds. Query text lies in `api/queries/`,
nowhere else.
"""

import logging
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from api.checkpoints import MOST_PAGES, Checkpoints
from api.traces import files_with
from graph.errors import StoreConflict, StoreMismatch, StoreUnavailable
from graph.queries import statements
from graph.stores.sqlite.file import use_write_ahead

log = logging.getLogger(__name__)

APPLICATION_ID = 0x43697253  # "CirS"
# Version n is the first n of these files, run one after the other; what was released never changes.
SCHEMA = ("schema.sql", "schema_2.sql", "schema_3.sql", "schema_4.sql", "schema_5.sql")
SCHEMA_VERSION = len(SCHEMA)
QUERIES = Path(__file__).parent / "queries"
TIMEOUT_S = 5.0

Row = tuple[Any, ...]
Values = Sequence[Any] | Mapping[str, Any]


class Transaction:
    """Statements that are kept together or not at all; see `ServiceDb.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def read(self, statement: str, values: Values = ()) -> list[Row]:
        """Rows of a named statement."""
        return self._connection.execute(query(statement), values).fetchall()

    def write(self, statement: str, values: Values = ()) -> int:
        """Run a named statement; returns how many rows it changed."""
        return self._connection.execute(query(statement), values).rowcount


class ServiceDb:
    """An open service database; made when absent, brought to this schema when older.

    Raises:
        StoreUnavailable: the file cannot be opened or does not answer.
        StoreMismatch: the file belongs to another program or to a newer schema.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._checkpoints = Checkpoints(path)
        with _translated(path):
            self._connection = sqlite3.connect(
                path, timeout=TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._prepare()

    def close(self) -> None:
        self._connection.close()

    def read(self, statement: str, values: Values = ()) -> list[Row]:
        """Rows of a named statement, such as `keys.find`."""
        with self._lock, _translated(self.path):
            return self._connection.execute(query(statement), values).fetchall()

    def write(self, statement: str, values: Values = ()) -> int:
        """Run and commit a named statement; returns how many rows it changed."""
        with self._lock, _translated(self.path):
            changed = self._connection.execute(query(statement), values).rowcount
            self._checkpoints.written()
        return changed

    def write_many(self, statement: str, rows: Sequence[Values]) -> None:
        """Run a named statement for each of many rows, all of them or none."""
        with self.transaction():
            self._connection.executemany(query(statement), rows)

    @contextmanager
    def transaction(self, *, is_durable: bool = False) -> Iterator[Transaction]:
        """Several statements as one: nobody writes between them, and an error in the block keeps none.

        Args:
            is_durable: a power cut right afterwards loses nothing of it either.

        Raises:
            StoreUnavailable: another process keeps the file too long, or the disk is full.
        """
        with self._lock, _translated(self.path):
            execute = self._connection.execute
            if is_durable:
                execute("pragma synchronous = full")
            execute("begin immediate")
            try:
                yield Transaction(self._connection)
                execute("commit")
            finally:
                if self._connection.in_transaction:
                    execute("rollback")
                if is_durable:
                    execute("pragma synchronous = normal")

    def clear_history(self) -> None:
        """Leave nothing of what was deleted in the write-ahead file.

        Raises:
            StoreConflict: another process goes on reading old pages; try again.
        """
        until = time.monotonic() + TIMEOUT_S
        while self._is_read():
            if time.monotonic() > until:
                raise StoreConflict("the service database is being read; try again")
            time.sleep(0.05)

    def _is_read(self) -> bool:
        """Whether somebody kept the write-ahead file from being emptied."""
        with self._lock, _translated(self.path):
            (busy, *_) = self._connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        return bool(busy)

    def leave_nothing_of(self, text: str | None) -> None:
        """Empty the write-ahead file; write the file anew where a text that was deleted still stands in it.

        Overwriting what is deleted is not enough: moving rows between pages left old copies of 6 people in
        100. Writing anew takes 1.5 s for 100 MB, in which other writers wait.

        Args:
            text: None to write anew in any case.

        Raises:
            StoreConflict, StoreUnavailable: another process keeps the file; try again.
        """
        self.clear_history()
        if text is None or files_with([text.encode()], [self.path]):
            with self._lock, _translated(self.path):
                self._connection.execute("vacuum")
            self.clear_history()

    def _prepare(self) -> None:
        execute = self._connection.execute
        use_write_ahead(self._connection, TIMEOUT_S)
        execute("pragma synchronous = normal")
        execute(f"pragma wal_autocheckpoint = {MOST_PAGES}")
        execute("pragma secure_delete = on")  # what is forgotten is overwritten, not only unlinked
        execute("begin immediate")  # two processes may both find an empty or an older file
        try:
            self._check_or_make()
            execute("commit")
        finally:
            if self._connection.in_transaction:
                execute("rollback")  # all of a schema or nothing of it

    def _check_or_make(self) -> None:
        read = self._connection.execute
        owner = read("pragma application_id").fetchone()[0]
        version = read("pragma user_version").fetchone()[0]
        tables = read("select count(*) from sqlite_master").fetchone()[0]
        is_ours = owner == APPLICATION_ID and 1 <= version <= SCHEMA_VERSION
        if tables and not is_ours:
            raise StoreMismatch(
                f"{str(self.path)!r} is not a service database of this program (schema {version}, "
                f"expected {SCHEMA_VERSION}); move it away or set another CIRCLES_HOME"
            )
        self._grow(version if tables else 0)

    def _grow(self, version: int) -> None:
        """From one version of the schema to the newest; from 0 a new file."""
        for file in SCHEMA[version:]:
            for statement in statements((QUERIES / file).read_text(encoding="utf-8")):
                self._connection.execute(statement)
        if version < SCHEMA_VERSION:
            self._connection.execute(f"pragma application_id = {APPLICATION_ID}")
            self._connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
            self.path.chmod(0o600)


@cache
def query(statement: str) -> str:
    """The text of `file.name`: what follows `-- name: name` in `api/queries/file.sql`."""
    file, name = statement.split(".")
    text = (QUERIES / f"{file}.sql").read_text(encoding="utf-8")
    found = dict(re.findall(r"^-- name: (\w+)\n(.*?)(?=^-- name:|\Z)", text, re.DOTALL | re.MULTILINE))
    return str(found[name]).strip().rstrip(";")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        log.warning("service database does not answer: %s", error)
        raise StoreUnavailable(
            f"service database {str(path)!r} does not answer ({error}); check the disk and try again"
        ) from error
