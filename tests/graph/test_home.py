"""The home folder and its locks."""

import os
import signal
import subprocess
import sys

import pytest

from graph.errors import ConfigError, StoreConflict
from graph.home import Home
from graph.settings import PROJECT


def test_a_home_is_made_for_its_owner_only_and_may_exist_already(tmp_path):
    home = Home(tmp_path / "a" / "b").make()
    assert home.path.stat().st_mode & 0o777 == 0o700
    assert home.make() == home


@pytest.mark.parametrize("inside", ["", "home"])
def test_a_file_in_the_way_is_named(tmp_path, inside):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ConfigError, match="file"):
        Home(file / inside).make()


def test_everything_lies_in_the_home(tmp_path):
    home = Home(tmp_path)
    paths = (home.log, home.snapshots, home.versions, home.refused, home.service_db, home.key_file)
    assert len(set(paths)) == 6
    assert all(path.parent == tmp_path for path in paths)


def test_only_a_relative_sqlite_address_moves_into_the_home(tmp_path):
    home = Home(tmp_path)
    assert home.store_address("sqlite:///circles.db") == f"sqlite:///{tmp_path}/circles.db"
    assert home.store_address("sqlite:////data/circles.db") == "sqlite:////data/circles.db"
    assert home.store_address("neo4j://host") == "neo4j://host"


def test_a_lock_keeps_a_second_holder_out_and_names_the_first(tmp_path):
    home = Home(tmp_path)
    with home.lock("load"):
        with pytest.raises(StoreConflict, match=str(os.getpid())), home.lock("load"):
            pass
        with home.lock("train"):
            pass
    with home.lock("load"):
        pass


def test_a_lock_is_free_after_an_error(tmp_path):
    home = Home(tmp_path)
    with pytest.raises(ZeroDivisionError), home.lock("load"):
        _ = 1 / 0
    with home.lock("load"):
        pass


HOLD = """
import sys, time
from pathlib import Path
from graph.home import Home
with Home(Path(sys.argv[1])).lock("load"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    home = Home(tmp_path)
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(StoreConflict, match=f"process {process.pid}"), home.lock("load"):
            pass
        process.send_signal(signal.SIGKILL)
    with home.lock("load"):
        pass


def test_a_lock_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "load.lock").mkdir()
    with pytest.raises(ConfigError, match=r"load\.lock"), Home(tmp_path).lock("load"):
        pass
