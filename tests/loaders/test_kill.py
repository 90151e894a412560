"""A loader that is killed with -9, and the same load again: as if nothing had happened."""

import random
import subprocess
import sys
import time

import pytest

# Imports everything, then forks a loader for each line "home source calls": so a loader starts at once.
# calls: the loader kills itself in that call to the store; 0: the caller does.
LOADERS = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path

import graph.aggregate, loaders.job
from graph.home import Home
from graph.policy.values import read_policy
from graph.settings import PROJECT
from graph.stores.open import open_store
from loaders.run import load

policy = replace(read_policy(PROJECT / "policy.toml"), unknown_category="ordinary")


class Mortal:
    def __init__(self, store, calls):
        self.store, self.left = store, calls

    def __getattr__(self, name):
        value = getattr(self.store, name)
        if callable(value):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return value


print("ready", flush=True)
for line in sys.stdin:
    folder, source, calls = line.split()
    child = os.fork()
    if not child:
        home = Home(Path(folder)).make()
        store = open_store(home.store_address("sqlite:///circles.db"))
        mortal = Mortal(store, int(calls)) if int(calls) else store
        load([source], home=home, store=mortal, policy=policy, key=b"k" * 32, now=1_800_000_000, threads=1)
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""
SEED = 20260301


@pytest.fixture(scope="module")
def loaders():
    """A process that forks loaders."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOADERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout.readline() == "ready\n"

    def start(home, source, calls=0):
        process.stdin.write(f"{home} {source} {calls}\n")
        return int(process.stdout.readline()), lambda: int(process.stdout.readline())

    yield start
    process.stdin.close()
    process.wait(timeout=30)
    process.stdout.close()


@pytest.fixture
def exports(pay, write):
    """A folder with payments, some of them twice, some refused, a wall, refunds and circles."""
    rng = random.Random(SEED)
    rows = [
        pay.row(
            rng.randrange(1000),
            user=f"u{rng.randrange(120)}",
            merchant=f"m{rng.randrange(40)}",
            product=f"t{rng.randrange(60)}",
            amount=rng.choice(["1", "20", "-3", "x"]),
            day=rng.randrange(1, 29),
        )
        for _ in range(1200)
    ]
    path = pay(*rows, name="in/payments.csv")
    write("in/merchants.csv", "merchant_id,category", *([f"m{i}", "Pharmacy"] for i in range(3)))
    write("in/circles.csv", "circle_id,name", ["c", "Tea"])
    write("in/themes.csv", "circle_id,kind,target_id", ["c", "merchant", "m9"])
    write("in/memberships.csv", "user_id,circle_id", *([f"u{i}", "c"] for i in range(0, 120, 3)))
    return path.parent


def state_of(house):
    """Everything that must be the same: rows of the log, the graph, and what the load said."""
    # How changes are numbered tells how often a step was tried; the store's identity is its own.
    exported = {n: columns for n, columns in house.store.export() if n not in ("changes", "touched")}
    meta, counters = (dict(zip(*exported.pop(n).values(), strict=True)) for n in ("meta", "counters"))
    exported["meta"] = {key: value for key, value in meta.items() if key != "store_id"}
    exported["counters"] = {n: value for n, value in counters.items() if n not in ("seq", "circles")}
    (entry,) = zip(*exported.pop("loads").values(), strict=True)
    return house.rows().tolist(), exported, entry[:4]


def told(report):
    return {
        k: v for k, v in report.as_dict().items() if k not in ("already_loaded", "seconds", "refused_file")
    }


@pytest.fixture
def undisturbed(houses, exports):
    house = houses()
    start = time.monotonic()
    report = house.load(exports)
    return state_of(house), told(report), time.monotonic() - start


def check(house, exports, undisturbed):
    state, report, _ = undisturbed
    assert told(house.load(exports)) == report
    assert state_of(house) == state
    assert house.store.check() == []
    assert house.log.check(house.store) == []


def test_ten_random_moments(houses, exports, undisturbed, loaders):
    rng = random.Random(SEED)
    num_killed = 0
    for number in range(10):
        house = houses()
        child, ended = loaders(house.home.path, exports)
        time.sleep(undisturbed[2] * (number + rng.random()) / 10)
        subprocess.run(["kill", "-9", str(child)], check=False)
        num_killed += ended() != 0
        check(house, exports, undisturbed)
    assert num_killed >= 5


def test_any_call_to_the_store_may_be_the_last(houses, exports, undisturbed, loaders):
    for calls in range(1, 80, 4):
        house = houses()
        _, ended = loaders(house.home.path, exports, calls)
        if ended() == 0:
            assert calls > 15  # the loop ended because a load makes no more calls
            return
        check(house, exports, undisturbed)
    raise AssertionError("a load makes more calls than expected; raise the bound")
