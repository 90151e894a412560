"""What only the embedded store can do wrong: its file."""

import os
import random
import sqlite3
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from graph.edges import BOUGHT, PAID, UserEdges
from graph.errors import ConfigError, StoreConflict, StoreMismatch, StoreUnavailable
from graph.queries import migrations
from graph.settings import PROJECT
from graph.stores.sqlite.file import APPLICATION_ID, prepare
from graph.stores.sqlite.store import SqliteStore

SHORT_S = 0.1


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "graph.db"


def opened(path, timeout_s=SHORT_S):
    return closing(SqliteStore(f"sqlite:///{path}", timeout_s=timeout_s))


def filled(path):
    with opened(path) as store:
        store.intern("User", [f"u{i}" for i in range(2_000)])
    return path


def test_the_file_is_for_its_owner_only(path):
    previous = os.umask(0)
    try:
        with opened(path) as store:
            store.set_meta("a", "b")
            modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    finally:
        os.umask(previous)
    assert modes == {"graph.db": 0o600, "graph.db-wal": 0o600, "graph.db-shm": 0o600}


def test_writes_are_synchronised_in_full_and_in_write_ahead_mode(path):
    with opened(path) as store, store._connections.lease() as db:
        settings = [
            db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        ]
    assert settings == ["wal", 2, 1, 1]


# -- files that are no store --------------------------------------------------------------------------


def test_a_folder_is_refused_by_name(tmp_path):
    with pytest.raises(StoreMismatch, match="is a folder"):
        SqliteStore(f"sqlite:///{tmp_path}")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ConfigError, match="nowhere"):
        SqliteStore(f"sqlite:///{tmp_path / 'nowhere' / 'graph.db'}")


def test_a_file_of_another_kind_is_refused_and_left_alone(path):
    path.write_bytes(b"PAR1 and so on")
    with pytest.raises(StoreMismatch, match="not an SQLite file"):
        SqliteStore(f"sqlite:///{path}")
    assert path.read_bytes() == b"PAR1 and so on"


def test_a_database_of_another_program_is_named_and_left_alone(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE moz_places (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StoreMismatch, match=r"another program.*moz_places"):
        SqliteStore(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_store(path):
    path.touch()
    with opened(path) as store:
        assert store.check() == []


def test_a_file_that_cannot_be_opened_is_unavailable(path):
    path.symlink_to(path)
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        SqliteStore(f"sqlite:///{path}")


def test_a_damaged_file_says_so(path):
    filled(path)
    damaged = bytearray(path.read_bytes())
    for start in range(100, 4096):
        damaged[start] = 0xFF
    path.write_bytes(damaged)
    with pytest.raises(StoreUnavailable, match="damaged"):
        SqliteStore(f"sqlite:///{path}")


def test_check_finds_damage_further_inside(path):
    filled(path)
    damaged = bytearray(path.read_bytes())
    inside = len(damaged) * 3 // 4 // 4096 * 4096  # behind the pages of the schema
    damaged[inside : inside + 3 * 4096] = random.Random(3).randbytes(3 * 4096)
    path.write_bytes(damaged)
    with opened(path) as store:
        assert store.check() != []


def test_a_file_cut_short_is_damaged(path):
    filled(path)
    os.truncate(path, 4096 * 3 + 17)
    try:
        with opened(path) as store:
            problems = store.check()
    except StoreUnavailable as error:
        problems = [str(error)]
    assert problems != []


def test_a_file_that_vanished_is_unavailable_and_not_made_again(path):
    with opened(path) as store:
        store._connections._close_idle()
        path.unlink()
        with pytest.raises(StoreUnavailable, match=r"graph\.db"):
            store.ping()
    assert not path.exists()


# -- locks --------------------------------------------------------------------------------------------


def test_a_write_waits_for_a_lock_and_then_names_the_file(path):
    filled(path)
    with opened(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreConflict, match=r"graph\.db.*locked"):
            store.set_meta("a", "b")
        assert store.seq() == 0  # reading goes on
        other.execute("ROLLBACK")
        store.set_meta("a", "b")


def test_a_file_locked_for_one_program_alone_cannot_be_opened(path):
    filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreConflict, match="locked"):
            SqliteStore(f"sqlite:///{path}", timeout_s=SHORT_S)


def test_a_thread_that_writes_too_long_is_not_waited_for(path):
    with opened(path) as store, ThreadPoolExecutor(1) as other, store._writing():
        with pytest.raises(StoreConflict, match="try again"):
            other.submit(store.set_meta, "a", "b").result()
        assert other.submit(store.meta, "a").result() is None


def test_a_failed_write_leaves_nothing_behind_and_the_store_usable(path):
    with opened(path) as store:
        with pytest.raises(ZeroDivisionError), store._writing() as tx:
            tx.run("set_meta", ("a", str(tx.run("set_meta", ("a", "b")).rowcount // 0)))
        assert store.meta("a") is None
        store.set_meta("a", "c")


# -- schema -------------------------------------------------------------------------------------------

ADDED = """
ALTER TABLE user ADD COLUMN since INTEGER;
CREATE TABLE later_thing (id TEXT PRIMARY KEY);
"""


def test_an_older_schema_is_migrated_in_place(path):
    filled(path)
    assert prepare(path, SHORT_S, [*migrations(), ADDED]) == len(migrations()) + 1
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(migrations()) + 1,)
        assert db.execute("SELECT COUNT(*), COUNT(since) FROM user").fetchone() == (2_000, 0)


def test_a_migration_that_fails_changes_nothing(path):
    filled(path)
    with pytest.raises(sqlite3.OperationalError):
        prepare(path, SHORT_S, [*migrations(), ADDED + "CREATE TABLE user (id TEXT);"])
    with opened(path) as store:
        assert store.schema_version() == len(migrations())
        assert store.check() == []
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT name FROM sqlite_master WHERE name = 'later_thing'").fetchone() is None


def test_a_newer_schema_is_refused_with_both_numbers(path):
    prepare(path, SHORT_S, [*migrations(), ADDED])
    with pytest.raises(StoreMismatch, match=rf"schema {len(migrations()) + 1}.*up to {len(migrations())}"):
        SqliteStore(f"sqlite:///{path}")


def test_the_file_carries_the_mark_of_this_program(path):
    filled(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


OPEN = """
    import sys
    from graph.stores.open import open_store
    print(open_store(sys.argv[1]).meta("store_id"))
"""


def test_processes_that_make_a_store_at_once_make_one_store(path):
    command = [sys.executable, "-c", textwrap.dedent(OPEN), f"sqlite:///{path}"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) for _ in range(4)]
    identities = {process.communicate()[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert len(identities) == 1


FORK_WHILE_BUSY = """
    import os, sys
    from graph.errors import StoreUnavailable
    from graph.stores.sqlite.store import SqliteStore
    store = SqliteStore(sys.argv[1], timeout_s=0.1)
    with store._connections.lease():
        child = os.fork()
        if child == 0:
            try:
                store.ping()
            except StoreUnavailable:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    store.ping()
"""


def test_a_child_forked_in_the_middle_of_an_operation_refuses_to_touch_the_file(path):
    command = [sys.executable, "-c", textwrap.dedent(FORK_WHILE_BUSY), f"sqlite:///{path}"]
    assert subprocess.run(command, cwd=PROJECT, check=False).returncode == 0


# -- erasure ------------------------------------------------------------------------------------------


def traces(folder, needles):
    """How many of the byte strings are in any file of the store."""
    content = b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
    return sum(needle in content for needle in needles)


def test_the_bytes_of_a_forgotten_person_are_gone_from_the_files(path):
    random_ = np.random.default_rng(5)
    num_users, needles = 600, []
    ids = [random_.bytes(16).hex() for _ in range(num_users)]
    with opened(path, timeout_s=5) as store:
        store.intern("Circle", ["c"])
        store.intern("User", ids)
        for _ in range(4):  # each round moves rows between pages, which leaves old copies in them
            counts = random_.integers(1, 60, num_users)
            offsets = np.concatenate([[0], np.cumsum(counts)])
            edges = np.zeros(offsets[-1], dtype=PAID)
            edges["payments"], edges["first_at"] = random_.integers(2**24, 2**32, (2, offsets[-1]))
            store.set_edges("paid", UserEdges(np.arange(num_users), offsets, edges))
            needles += [edges[i].tobytes() for i in range(offsets[7], offsets[8])]
        for name in ("event", "other event"):
            store.add_event(f"{name} of {ids[7]}", "join", 7, 0, f"rec of {ids[7]}", 10)
        needles += [ids[7].encode(), b"event of " + ids[7].encode()]
        assert traces(path.parent, needles) > 2
        assert store.forget(7)["users"] == 1
        store.sweep()
        assert traces(path.parent, needles) == 0
        assert traces(path.parent, [ids[8].encode()]) == 1


def test_a_reader_that_keeps_old_pages_alive_is_named_and_the_removal_can_be_repeated(path):
    filled(path)
    with opened(path) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT COUNT(*) FROM user").fetchone()
            store.forget(7)
            assert store.user("u7") is None
            with pytest.raises(StoreConflict, match="repeat"):
                store.sweep()
        store.sweep()
        assert (path.parent / "graph.db-wal").stat().st_size == 0


def test_check_names_edges_out_of_order_and_edges_to_nothing(path):
    records = np.array([(2, 1, 1, 5), (1, 1, 1, 5), (77, 1, 1, 5)], dtype=BOUGHT)
    with opened(path) as store:
        store.intern("User", ["u0", "u1"])
        store.intern("Product", ["p0", "p1", "p2"])
        store.set_edges("bought", UserEdges(np.array([0, 1]), np.array([0, 2, 3]), records))
        sentences = " ".join(store.check())
    assert "1 bought edges are not in order" in sentences
    assert "1 bought edges name a product that does not exist" in sentences
