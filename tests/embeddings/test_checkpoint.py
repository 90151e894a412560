"""A checkpoint is whole or not there."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from embeddings.checkpoint import load_checkpoint, save_checkpoint

WRITER = """
import sys, pathlib, torch
from embeddings.checkpoint import save_checkpoint
path, number = pathlib.Path(sys.argv[1]), 0
print("ready", flush=True)
while True:
    number += 1
    save_checkpoint(path, {"run_id": "run", "values": torch.full((300_000,), float(number))})
"""


def test_what_is_saved_is_loaded(tmp_path):
    save_checkpoint(tmp_path / "a" / "run.pt", {"run_id": "run", "values": torch.arange(3)})
    state = load_checkpoint(tmp_path / "a" / "run.pt", "run")
    assert state["values"].tolist() == [0, 1, 2]


def test_another_run_or_no_file_gives_none(tmp_path):
    save_checkpoint(tmp_path / "run.pt", {"run_id": "run"})
    assert load_checkpoint(tmp_path / "run.pt", "other") is None
    assert load_checkpoint(tmp_path / "none.pt", "run") is None


def test_a_killed_writer_leaves_a_whole_checkpoint(tmp_path):
    path = tmp_path / "run.pt"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"ready\n"
        deadline = time.monotonic() + 30
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        os.kill(writer.pid, signal.SIGKILL)
    values = load_checkpoint(path, "run")["values"]
    assert (values == values[0]).all()
    assert values[0] >= 1


def test_only_plain_data_is_read(tmp_path):
    path = tmp_path / "run.pt"
    torch.save({"run_id": "run", "evil": os.system}, path)
    with pytest.raises(Exception, match=r"(?i)weights"):
        load_checkpoint(path, "run")
