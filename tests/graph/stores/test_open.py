"""Addresses."""

import subprocess
import sys

import pytest

from graph.errors import ConfigError
from graph.stores.open import open_store


@pytest.mark.parametrize(
    "address", ["", "circles.db", "sqlite://circles.db", "sqlite:///", "mysql://host/db"]
)
def test_an_unknown_address_is_named_with_the_form_expected(address):
    with pytest.raises(ConfigError, match="sqlite:///") as caught:
        open_store(address)
    assert repr(address) in str(caught.value)


def test_a_password_in_an_address_is_never_repeated():
    with pytest.raises(ConfigError) as caught:
        open_store("mysql://neo4j:sesame@graph:7687")
    assert "sesame" not in str(caught.value)
    assert "graph:7687" in str(caught.value)


def test_a_relative_address_lies_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///graph.db").close()
    assert (tmp_path / "graph.db").is_file()


WITHOUT_DRIVER = """
import sys
sys.modules["neo4j"] = None  # as if it were not installed
from graph.errors import ConfigError
from graph.stores.open import open_store
open_store(f"sqlite:///{sys.argv[1]}").close()
try:
    open_store("neo4j://neo4j:sesame@graph:7687")
except ConfigError as error:
    print(error)
"""


def test_the_driver_is_needed_for_a_server_only_and_named_when_it_is_missing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIVER, tmp_path / "graph.db"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "circles[neo4j]" in done.stdout
    assert "sesame" not in done.stdout


def test_a_worker_keeps_little_of_the_file_in_each_connection(tmp_path):
    kept = []
    for serving in (True, False):
        store = open_store(f"sqlite:///{tmp_path}/circles.db", serving=serving)
        with store._connections.lease() as db:
            kept.append(-db.execute("PRAGMA cache_size").fetchone()[0])
        store.close()
    assert kept[0] * 4 * 2 <= 16_000 < kept[1]  # four threads of two workers, KiB
