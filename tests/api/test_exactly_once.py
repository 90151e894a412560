"""kill -9 of workers under load of keyed requests: sent again until answered, each counts exactly once.

`KILLS` says how many workers are killed; `make soak` kills a hundred.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException

import psutil
import pytest

from api.auth import Keys
from graph.home import Home
from graph.stores.open import open_store
from tests.api.test_serve import PROGRAM, wait

KILLS = int(os.environ.get("KILLS", "4"))
CALLERS = 4
PATIENCE_S = 120


class Supervised:
    """The real server, started again when it ends, as a supervisor does: granian gives up by itself where a
    worker dies within seconds of having been replaced."""

    def __init__(self, command):
        self._command = command
        self.process = self._start()

    def _start(self):
        return subprocess.Popen(self._command, stderr=subprocess.DEVNULL)

    def look_after(self):
        if self.process.poll() is not None:
            self.process = self._start()


@pytest.fixture
def server(settings, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = tmp_path / "run.py"
    program.write_text(PROGRAM)
    made = Supervised([sys.executable, program, str(settings.home), str(port)])
    yield made, f"http://127.0.0.1:{port}"
    made.process.terminate()
    made.process.wait(timeout=30)


def payments(number):
    """Three of its own, and one that the next batch sends too."""
    names = [f"{number}-{i}" for i in range(3)] + [f"shared-{number}"]
    names += [f"shared-{number - 1}"] if number % 2 else []
    return [
        {"payment_id": n, "user_id": f"u{number % 8}", "merchant_id": "c0", "paid_at": "2026-09-20T09:00:00Z"}
        for n in names
    ]


def events(number):
    shared = [{"event_id": f"shared-{number - number % 2}"}]
    own = [{"event_id": f"{number}-{i}"} for i in range(3)]
    return [e | {"kind": "click", "user_id": f"u{number % 8}", "circle_id": "bakers"} for e in own + shared]


def until_answered(base, key, path, number, records):
    """The answer to a request that is sent again, with its key, as long as none comes."""
    request = urllib.request.Request(base + path, json.dumps(records).encode(), method="POST")
    request.add_header("Content-Type", "application/json")
    request.add_header("Authorization", f"Bearer {key}")
    request.add_header("Idempotency-Key", f"{path}-{number}")
    until, why = time.monotonic() + PATIENCE_S, ""
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code not in (409, 503):
                raise AssertionError(error.read()) from error
            why = f"{error.code} {error.read()!r}"
        except (OSError, ValueError, HTTPException) as error:
            why = str(error)  # killed before or while it answered
        time.sleep(0.02)
    raise AssertionError(f"{path} {number} was not answered in {PATIENCE_S} s: {why}")


def kill_workers(server, stop, ended):
    """Kill one worker after another, each at a moment drawn by lot, while all others work."""
    lot = random.Random(9)
    for _ in range(KILLS):
        time.sleep(lot.uniform(0.2, 1.2))
        server.look_after()
        with suppress(ProcessLookupError, psutil.NoSuchProcess):  # it ended by itself in between
            workers = psutil.Process(server.process.pid).children()
            if workers:
                os.kill(lot.choice(workers).pid, signal.SIGKILL)
    stop.set()
    while not ended.wait(0.5):
        server.look_after()


def send_all(base, key, stop):
    """Batches from several callers until the killing ends: what each was sent and answered."""
    numbers, lock, done = iter(range(1_000_000)), threading.Lock(), []

    def caller():
        while not stop.is_set():
            with lock:
                number = next(numbers)
            for path, records in (("/v1/payments", payments(number)), ("/v1/events", events(number))):
                done.append((path, records, until_answered(base, key, path, number, records)))

    with ThreadPoolExecutor(CALLERS) as pool:
        for ended in [pool.submit(caller) for _ in range(CALLERS)]:
            ended.result()
    return done


def test_what_was_sent_again_until_answered_counts_once_and_the_answers_add_up(server, settings):
    supervised, base = server
    key = Keys(Home(settings.home)).create("service", now=int(time.time()))
    wait(base)
    with_store = open_store(Home(settings.home).store_address(settings.store))
    before = with_store.stats()
    stop, ended = threading.Event(), threading.Event()
    killer = threading.Thread(target=kill_workers, args=(supervised, stop, ended))
    killer.start()
    try:
        done = send_all(base, key, stop)
    finally:
        ended.set()
        killer.join()
    after = with_store.stats()
    with_store.close()
    for path, name, table in (("/v1/payments", "payment_id", "inbox"), ("/v1/events", "event_id", "events")):
        batches = [(records, answer) for p, records, answer in done if p == path]
        distinct = {record[name] for records, _ in batches for record in records}
        accepted = sum(answer["accepted"] for _, answer in batches)
        assert all(a["accepted"] + a["duplicates"] == len(r) for r, a in batches)
        assert accepted == len(distinct) == after[table] - before[table]
