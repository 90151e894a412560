"""The service's own database: made, recognised, refused."""

import random
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from subprocess import PIPE

import pytest

from api.receipts import Receipts
from api.service_db import APPLICATION_ID, QUERIES, SCHEMA_VERSION, ServiceDb, query
from graph.errors import StoreMismatch, StoreUnavailable


def test_it_is_made_for_its_owner_only_and_opened_again(tmp_path):
    path = tmp_path / "service.db"
    ServiceDb(path).close()
    again = ServiceDb(path)
    assert again.read("keys.list") == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again.close()


def test_a_file_of_another_program_is_refused_untouched(tmp_path):
    path = tmp_path / "service.db"
    with sqlite3.connect(path) as other:
        other.execute("create table notes (text)")
    with pytest.raises(StoreMismatch, match="not a service database of this program"):
        ServiceDb(path)
    assert sqlite3.connect(path).execute("select name from sqlite_master").fetchall() == [("notes",)]


def test_text_instead_of_a_database_is_an_error_with_a_name(tmp_path):
    path = tmp_path / "service.db"
    path.write_text("not a database at all, but long enough to look like one" * 20)
    with pytest.raises(StoreUnavailable, match=r"service\.db"):
        ServiceDb(path)


def test_a_folder_that_is_not_there_is_an_error_with_a_name(tmp_path):
    with pytest.raises(StoreUnavailable, match="nowhere"):
        ServiceDb(tmp_path / "nowhere" / "service.db")


def test_a_query_is_found_by_file_and_name():
    assert query("receipts.forget").startswith("update receipts set user_id = ''")
    assert query("receipts.forget").endswith("where user_id = ?")
    with pytest.raises(KeyError):
        query("receipts.nothing")


# The schema of the first version, as files of it are out there.
FIRST = QUERIES / "schema.sql"


@pytest.fixture
def old(tmp_path):
    """A database of the first version with a key in it."""
    path = tmp_path / "service.db"
    with sqlite3.connect(path) as made:
        made.executescript(FIRST.read_text(encoding="utf-8"))
        made.execute(
            "insert into keys (key_id, role, secret_hash, created_at) values ('k', 'service', x'', 1)"
        )
        made.execute(f"pragma application_id = {APPLICATION_ID}")
        made.execute("pragma user_version = 1")
    made.close()
    return path


def test_an_older_database_grows_and_keeps_what_it_held(old):
    db = ServiceDb(old)
    assert db.read("keys.list")[0][0] == "k"
    assert db.write("sessions.delete", (b"",)) == 0
    assert version_of(old) == SCHEMA_VERSION
    db.close()
    ServiceDb(old).close()


@pytest.mark.parametrize("had", [(), ("audit_about",), ("audit_about", "erasing")])
def test_a_fourth_schema_gets_the_tables_that_some_of_them_had(tmp_path, had):
    path = tmp_path / "service.db"
    ServiceDb(path).close()
    with closing(sqlite3.connect(path)) as db:
        for name in {"audit_about", "erasing"} - set(had):
            db.execute(f"drop table {name}")
        db.execute("pragma user_version = 4")
    ServiceDb(path).close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("select count(*) from audit_about, erasing").fetchone() == (0,)


def version_of(path):
    with closing(sqlite3.connect(path)) as db:
        return db.execute("pragma user_version").fetchone()[0]


def test_an_upgrade_that_fails_leaves_the_old_database(old, monkeypatch, tmp_path):
    bad = tmp_path / "bad.sql"
    bad.write_text("create table halfway (a);\ncreate table keys (a);\n")
    monkeypatch.setattr("api.service_db.SCHEMA", ("schema.sql", str(bad)))
    with pytest.raises(StoreUnavailable, match="already exists"):
        ServiceDb(old)
    with closing(sqlite3.connect(old)) as db:
        assert db.execute("select 1 from sqlite_master where name = 'halfway'").fetchall() == []
    assert version_of(old) == 1


OPEN = """
import sys
from pathlib import Path
from api.receipts import Receipts
from api.service_db import ServiceDb
print("ready", flush=True)
sys.stdin.readline()
ServiceDb(Path(sys.argv[1])).close()
"""


def test_processes_that_find_an_older_database_at_once_agree(old):
    command = [sys.executable, "-c", OPEN, str(old)]
    opened = [subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) for _ in range(3)]
    for process in opened:
        assert process.stdout.readline() == "ready\n"
    for process in opened:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in opened:
        process.communicate(timeout=60)
    assert [process.returncode for process in opened] == [0, 0, 0]
    assert version_of(old) == SCHEMA_VERSION


def test_a_newer_database_is_refused_untouched(old):
    with closing(sqlite3.connect(old)) as newer:
        newer.execute(f"pragma user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreMismatch, match=f"schema {SCHEMA_VERSION + 1}, expected {SCHEMA_VERSION}"):
        ServiceDb(old)
    assert version_of(old) == SCHEMA_VERSION + 1


def test_what_was_deleted_is_not_left_in_free_space(tmp_path):
    """Moving rows between pages leaves copies that secure_delete does not know: of 1 to 6 people in 100."""
    luck = random.Random(1)
    people = [f"{luck.getrandbits(128):032x}" for _ in range(150)]
    with closing(ServiceDb(tmp_path / "service.db")) as db:
        for number in range(1000):
            content = b"x" * luck.randrange(3000)
            row = (f"rec_{luck.getrandbits(80):020x}", luck.choice(people), "v", "s", "p", number, content)
            db.write("receipts.insert", row)
        for person in people[:60]:
            Receipts(db).forget(person)
        db.clear_history()
    path = tmp_path / "service.db"
    left = [person for person in people[:60] if person.encode() in path.read_bytes()]
    with closing(ServiceDb(path)) as db:
        for person in left:
            db.leave_nothing_of(person)
    data = path.read_bytes()
    assert [person for person in people[:60] if person.encode() in data] == []
    assert all(person.encode() in data for person in people[60:])
