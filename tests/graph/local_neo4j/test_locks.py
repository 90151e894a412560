"""Locks that a child keeps."""

import os
import subprocess

import pytest

from graph.errors import ConfigError, StoreConflict
from graph.local_neo4j.locks import held, is_held


def test_a_lock_is_held_inside_and_free_outside(tmp_path):
    lock = tmp_path / "lock"
    assert not is_held(lock)
    with held(lock, wait_s=0, doing="testing"):
        assert is_held(lock)
        with pytest.raises(StoreConflict, match="testing"), held(lock, wait_s=0.2, doing="testing"):
            pass
    assert not is_held(lock)


def test_a_child_holds_on_to_the_lock_until_it_is_killed(tmp_path):
    lock = tmp_path / "lock"
    with held(lock, wait_s=0, doing="testing") as handle:
        child = subprocess.Popen(["sleep", "60"], pass_fds=(handle,))
    assert is_held(lock)
    child.kill()
    child.wait()
    assert not is_held(lock)


def test_a_child_that_was_not_given_the_lock_does_not_hold_it(tmp_path):
    with held(tmp_path / "lock", wait_s=0, doing="testing"):
        child = subprocess.Popen(["sleep", "60"])
    assert not is_held(tmp_path / "lock")
    child.kill()
    child.wait()


def test_a_lock_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ConfigError, match="absent"), held(tmp_path / "absent" / "lock", wait_s=0, doing="x"):
        pass
    assert os.listdir(tmp_path) == []
