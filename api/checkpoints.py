"""Moves what was written from the write-ahead file of a database into it, beside the requests.

SQLite does it in the middle of the commit that makes that file too long: once in a few hundred receipts a
request waited for the disk with everybody behind it. A thread with a connection of its own lets all go on.
"""

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

log = logging.getLogger(__name__)

EVERY = 1000  # writes of a process; receipts change two or three pages of 4 KiB each
# Where the thread comes too late a commit does it after all: 40 MiB, several processes' turns.
MOST_PAGES = 10_000


class Checkpoints:
    """Counts the writes of a process to one database, and sees to it when there were many."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writes = 0

    def written(self) -> None:
        """Count a write; called by one thread at a time."""
        self._writes += 1
        if self._writes % EVERY == 0:
            threading.Thread(target=checkpoint, args=(self._path,), daemon=True).start()


def checkpoint(path: Path) -> None:
    """Move what nobody reads any more; what is left is moved next time."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as db:
            db.execute("pragma wal_checkpoint(passive)").fetchone()
    except sqlite3.Error as error:
        log.warning("the service database keeps its write-ahead file for now: %s", error)
