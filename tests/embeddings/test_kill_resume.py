"""A training that is killed goes on as if nothing had happened: the real command, a real SIGKILL."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embeddings.registry import Registry
from graph import snapshot as snapshots
from graph.home import Home

RUNS = ("tuning-0", "tuning-1", "tuning-2", "tuning-3", "everything")
# Starts `circles train` three times, each in a process of its own: uninterrupted, killed, resumed. They are
# forked, so that torch is imported once. Prints what checkpoint and manifest say of each run's losses.
DRIVER = """
import json, os, pathlib, signal, sys, time
import torch, api.commands.train, embeddings.fit, embeddings.hetero, embeddings.publish, embeddings.train_gnn
from api.cli import main

whole, broken, snapshot, *runs = sys.argv[1:]

def start(home, *options):
    child = os.fork()
    if not child:
        os.environ["CIRCLES_HOME"] = home
        sys.argv = ["circles", "train", "--snapshot", snapshot, "--device", "cpu", "--seed", "3", *options]
        os.dup2(2, 1)
        main()
    return child

def ended(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def checkpoints(home):
    paths = [pathlib.Path(home, "checkpoints", f"{run}.pt") for run in runs]
    return {p.stem: torch.load(p, weights_only=True)["losses"] for p in paths if p.exists()}

def losses(home):
    manifest, = pathlib.Path(home).glob("versions/*/manifest.json")
    return json.loads(manifest.read_text())["losses"]

told = {"whole": ended(start(whole))}
victim = start(broken)
while not (first := pathlib.Path(broken, "checkpoints", f"{runs[0]}.pt")).exists():
    time.sleep(0.001)
os.kill(victim, signal.SIGKILL)
told |= {"killed": ended(victim), "at": checkpoints(broken)}
told["published"] = [str(path) for path in pathlib.Path(broken).glob("versions/*")]
told["resumed"] = ended(start(broken, "--resume"))
told |= {"whole losses": losses(whole), "resumed losses": losses(broken)}
told["left"] = [str(path) for path in pathlib.Path(broken).glob("checkpoints/*")]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def trained(planted, tmp_path_factory):
    """Homes of an uninterrupted and of a killed and resumed training, what was told, and the log."""
    homes = [tmp_path_factory.mktemp(name) for name in ("whole", "broken")]
    ids = {snapshots.save(planted, Home(home).snapshots).name for home in homes}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIRCLES_")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DRIVER, *map(str, homes), *ids, *RUNS],
        # Two threads of linear algebra wait longer than they work on shared cores.
        env=kept | {"CIRCLES_LOG_LEVEL": "INFO", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return *homes, json.loads(done.stdout), done.stderr


def test_the_kill_came_in_the_middle_and_nothing_was_published(trained):
    _, _, told, _ = trained
    assert (told["whole"], told["killed"], told["resumed"]) == (0, -9, 0)
    assert told["published"] == []
    assert len(told["at"][RUNS[0]]) > 0
    assert RUNS[-1] not in told["at"]


def test_the_resumed_run_went_on_from_the_checkpoint(trained):
    _, _, told, log = trained
    last = list(told["at"])[-1]
    assert f"{last}: going on after step {len(told['at'][last])}" in log


def test_the_loss_curves_are_equal_bit_for_bit(trained):
    _, _, told, _ = trained
    assert set(told["whole losses"]) == set(RUNS)
    assert told["left"] == []  # what is finished needs no checkpoint
    assert told["resumed losses"] == told["whole losses"]


def test_the_published_arrays_are_equal_bit_for_bit(trained):
    one, other = (Registry(Home(Path(home)).versions).current().folder for home in trained[:2])
    names = sorted(path.name for path in one.glob("*.npy"))
    assert {"gnn_merchant.npy", "gnn_towards.npy", "lists.npy"} <= set(names)
    assert names == sorted(path.name for path in other.glob("*.npy"))
    for name in names:
        assert np.load(one / name).tobytes() == np.load(other / name).tobytes(), name
