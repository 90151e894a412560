"""What was written reaches the database file itself without a request that waits for it."""

import sqlite3
import time
from contextlib import closing

from api.checkpoints import EVERY, checkpoint
from api.receipts import new_rec_id
from api.service_db import ServiceDb


def filled(path, number):
    db = ServiceDb(path)
    checkpoint(path)  # the schema
    for _ in range(number):
        db.write("receipts.insert", (new_rec_id(), "a" * 32, "v1", "s1", "p1", 1, b"{}"))
    return db


def in_the_file_alone(path):
    """Receipts that are there for whoever does not read the write-ahead file; 0 while they move."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as file:
            return file.execute("select count(*) from receipts").fetchone()[0]
    except sqlite3.DatabaseError:  # half of the pages are the new ones
        return 0


def test_a_checkpoint_moves_what_was_written_while_the_database_is_open(tmp_path):
    path = tmp_path / "service.db"
    db = filled(path, 20)
    assert in_the_file_alone(path) == 0
    checkpoint(path)
    assert in_the_file_alone(path) == 20
    db.close()


def test_after_many_writes_a_thread_does_it(tmp_path):
    path = tmp_path / "service.db"
    db = filled(path, EVERY)
    until = time.monotonic() + 60
    while in_the_file_alone(path) < EVERY and time.monotonic() < until:
        time.sleep(0.02)
    assert in_the_file_alone(path) == EVERY
    db.close()


def test_a_database_that_is_gone_is_no_error(tmp_path):
    checkpoint(tmp_path / "service.db")
    assert list(tmp_path.iterdir()) == []
