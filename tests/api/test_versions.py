"""A worker takes up a new version by itself, and keeps the old one when the new one is broken."""

import json
import os
import shutil
import time

import pytest

from api import versions
from api.versions import Versions
from embeddings.seal import sealed
from graph.errors import NoPublishedVersion


@pytest.fixture
def no_wait(monkeypatch):
    monkeypatch.setattr(versions, "CHECK_EVERY_S", 0.0)


@pytest.fixture
def folder(published_home, tmp_path):
    shutil.copytree(published_home / "versions", tmp_path / "versions")
    return tmp_path / "versions"


def copied(folder, name):
    """A second version with another name."""
    (old,) = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    shutil.copytree(old, folder / name)
    manifest = folder / name / "manifest.json"
    about = json.loads(manifest.read_text()) | {"version": name}
    manifest.write_text(json.dumps(sealed(about)))
    return Versions(folder).registry


def test_nothing_published_is_said_so(tmp_path):
    with pytest.raises(NoPublishedVersion):
        Versions(tmp_path).current()


def test_a_new_version_is_taken_up(folder, no_wait):
    held = Versions(folder)
    first = held.current()
    copied(folder, "second").set_current("second")
    assert (first.version.name, held.current().version.name) != ("second", first.version.name)
    assert held.current().version.name == "second"
    assert held.current() is held.current()


def test_a_broken_version_leaves_the_old_one_in_place(folder, no_wait, caplog):
    held = Versions(folder)
    first = held.current()
    copied(folder, "second").set_current("second")
    manifest = folder / "second" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 99'))
    assert held.current() is first
    assert "cannot be served" in caplog.text


def test_a_version_with_missing_files_leaves_the_old_one_in_place(folder, no_wait):
    held = Versions(folder)
    first = held.current()
    copied(folder, "second").set_current("second")
    os.remove(folder / "second" / "lists.npy")
    assert held.current() is first


def test_the_pointer_is_looked_at_once_a_second_at_most(folder, monkeypatch):
    held = Versions(folder)
    held.current()
    looked = []
    monkeypatch.setattr(versions, "_mark", lambda path: looked.append(path) or (0, 0))
    for _ in range(100):
        held.current()
    assert looked == []
    held._checked_at = time.monotonic() - 2
    held.current()
    assert len(looked) == 1


def test_a_clock_that_went_back_hides_no_new_version(folder, no_wait):
    held = Versions(folder)
    held.current()
    times = (folder / "current").stat()
    copied(folder, "second").set_current("second")
    os.utime(folder / "current", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert held.current().version.name == "second"
