"""The service's own small database, `service.db` in the home folder: keys, receipts, jobs.

SQLite in WAL mode with `synchronous = NORMAL`: a crash of a process loses nothing, a power cut may lose the
last receipts but never harms the file. One connection a process, shared by its threads under a lock; a
statement takes tens of microseconds. Query text lies in `api/queries/`, nowhere else.
"""

import logging
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from graph.errors import StoreConflict, StoreMismatch, StoreUnavailable
from graph.queries import statements

log = logging.getLogger(__name__)

APPLICATION_ID = 0x43697253  # "CirS"
SCHEMA_VERSION = 1
QUERIES = Path(__file__).parent / "queries"
TIMEOUT_S = 5.0

Row = tuple[Any, ...]


class ServiceDb:
    """An open service database; made when absent.

    Raises:
        StoreUnavailable: the file cannot be opened or does not answer.
        StoreMismatch: the file belongs to another program or to a newer schema.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        with _translated(path):
            self._connection = sqlite3.connect(
                path, timeout=TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._prepare()

    def close(self) -> None:
        self._connection.close()

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Rows of a named statement, such as `keys.find`."""
        with self._lock, _translated(self.path):
            return self._connection.execute(query(statement), values).fetchall()

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run and commit a named statement; returns how many rows it changed."""
        with self._lock, _translated(self.path):
            return self._connection.execute(query(statement), values).rowcount

    def clear_history(self) -> None:
        """Leave nothing of what was deleted in the write-ahead file.

        Raises:
            StoreConflict: another process reads old pages; try again.
        """
        with self._lock, _translated(self.path):
            (busy, *_) = self._connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        if busy:
            raise StoreConflict("the service database is being read; try again")

    def _prepare(self) -> None:
        execute = self._connection.execute
        execute("pragma journal_mode = wal")
        execute("pragma synchronous = normal")
        execute("pragma secure_delete = on")  # what is forgotten is overwritten, not only unlinked
        execute("begin immediate")  # two processes may both find an empty file
        try:
            self._check_or_make()
        finally:
            execute("commit")

    def _check_or_make(self) -> None:
        read = self._connection.execute
        owner = read("pragma application_id").fetchone()[0]
        version = read("pragma user_version").fetchone()[0]
        tables = read("select count(*) from sqlite_master").fetchone()[0]
        if owner == APPLICATION_ID and version == SCHEMA_VERSION:
            return
        if tables:
            raise StoreMismatch(
                f"{str(self.path)!r} is not a service database of this program (schema {version}, "
                f"expected {SCHEMA_VERSION}); move it away or set another CIRCLES_HOME"
            )
        for statement in statements((QUERIES / "schema.sql").read_text(encoding="utf-8")):
            read(statement)
        read(f"pragma application_id = {APPLICATION_ID}")
        read(f"pragma user_version = {SCHEMA_VERSION}")
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
