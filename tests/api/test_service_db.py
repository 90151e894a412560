"""The service's own database: made, recognised, refused."""

import sqlite3
import stat

import pytest

from api.service_db import ServiceDb, query
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
    assert query("receipts.forget") == "delete from receipts where user_id = ?"
    with pytest.raises(KeyError):
        query("receipts.nothing")
