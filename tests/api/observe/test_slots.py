"""Slots: one a process, given back by the kernel, their folder gone with the service."""

import os
import subprocess
import sys
import time

from api.observe import slots

HOLD = """
import sys, time
from pathlib import Path
from api.observe import slots
print(slots.take(Path(sys.argv[1])), flush=True)
time.sleep(60)
"""


def holder(folder):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def test_a_slot_is_free_again_when_its_process_is_killed(tmp_path):
    first, slot = holder(tmp_path)
    try:
        assert (slot, slots.take(tmp_path)) == ("0", "1")
    finally:
        first.kill()
        first.wait()
    assert slots.take(tmp_path) == "0"


def test_what_the_dead_were_doing_is_forgotten_and_what_they_did_is_kept(tmp_path):
    for name in ("gauge_livesum_0.db", "counter_0.db", "gauge_livesum_1.db"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "0.lock").touch()
    living, slot = holder(tmp_path)  # takes 0 and drops what was under way in it
    try:
        assert slot == "0"
        (tmp_path / "gauge_livesum_0.db").write_bytes(b"y")
        (tmp_path / "1.lock").touch()
        slots.drop_dead(tmp_path)
        left = {path.name for path in tmp_path.glob("*.db")}
        assert left == {"gauge_livesum_0.db", "counter_0.db"}
    finally:
        living.kill()
        living.wait()


def test_folders_of_services_that_are_gone_are_removed_and_others_stay(tmp_path):
    mine = slots.open_folder(tmp_path)
    gone, young = tmp_path / f"{slots.PREFIX}gone", tmp_path / f"{slots.PREFIX}young"
    for folder in (gone, young):
        folder.mkdir()
    for folder in (gone, mine):
        os.utime(folder, (time.time() - 3600,) * 2)
    slots.open_folder(tmp_path)
    assert (gone.exists(), young.exists(), mine.exists()) == (False, True, True)
