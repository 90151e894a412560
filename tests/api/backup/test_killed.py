"""A backup and a restore that are killed at any moment leave a whole thing or nothing."""

import os
import random
import signal
import subprocess
import time

import pytest

from api.backup.files import problems
from tests.api.backup.conftest import parts_of, silent
from tests.houses import CIRCLES, House

ROUNDS = int(os.environ.get("BACKUP_KILLS", "2"))  # moments spread over the time that a whole run takes


@pytest.fixture
def house(settings):
    return House(settings.home, "sqlite:///circles.db")


def start(house, *arguments):
    return subprocess.Popen(
        [CIRCLES, *arguments], env=house.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def took(process, began):
    assert process.wait(timeout=120) == 0
    return time.monotonic() - began


def kill_after(process, seconds):
    """Whether it was still running."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    return process.returncode == -signal.SIGKILL


def test_a_killed_backup_is_not_there_or_whole_and_leaves_nothing_for_the_next(house, tmp_path):
    began, draw = time.monotonic(), random.Random(1)
    whole = took(start(house, "backup", str(tmp_path / "b0")), began)
    for number in range(1, ROUNDS + 1):
        target = tmp_path / f"b{number}"
        kill_after(start(house, "backup", str(target)), whole * (0.3 + 0.6 * draw.random()))
        assert not target.exists() or problems(target, silent) == []
        again = took(start(house, "backup", str(tmp_path / f"b{number}-again")), time.monotonic())
        assert again
        assert not list(tmp_path.glob(f".b{number}-again.*"))
    assert house.json("graph", "check") == {"problems": []}


def test_a_killed_restore_leaves_the_old_home_or_the_new_one(house, settings, tmp_path):
    house.run("backup", str(tmp_path / "backup"), "--with-key")
    began, draw = time.monotonic(), random.Random(2)
    whole = took(start(house, "restore", str(tmp_path / "backup"), "--replace"), began)
    for _ in range(ROUNDS):
        (settings.home / "old").touch()
        kill_after(
            start(house, "restore", str(tmp_path / "backup"), "--replace"),
            whole * (0.4 + 0.6 * draw.random()),
        )
        parts = parts_of(settings.home)
        assert parts.store.user(parts.pseudonym("u1")) is not None
        assert parts.store.check() == []
        parts.store.close()
    house.run("restore", str(tmp_path / "backup"), "--replace")
    assert not (settings.home / "old").exists()
    assert not list(tmp_path.glob(".home.restoring-*"))
    assert house.json("graph", "check") == {"problems": []}
