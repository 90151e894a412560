"""The real server: it comes up, loses a worker, goes on, and stops when told."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

from api.auth import Keys
from graph.home import Home

PROGRAM = """
import sys
from pathlib import Path
from api.serve import Serving, serve
from graph.settings import Settings

if __name__ == "__main__":
    serve(Settings(home=Path(sys.argv[1])), Serving(port=int(sys.argv[2]), workers=2))
"""


@pytest.fixture
def server(settings, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = tmp_path / "run.py"
    program.write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, program, str(settings.home), str(port)], stderr=subprocess.DEVNULL
    )
    yield process, f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=30)


def ask(base, path, key=None):
    request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def wait(base, num=1):
    """Until so many requests in a row are answered."""
    until, answered = time.monotonic() + 60, 0
    while answered < num:
        try:
            answered = answered + 1 if ask(base, "/readyz")["status"] == "ready" else 0
        except OSError:
            answered = 0
            time.sleep(0.1)
        assert time.monotonic() < until


def test_a_killed_worker_is_replaced_and_answers_go_on(server, settings):
    process, base = server
    key = Keys(Home(settings.home)).create("service", now=int(time.time()))
    wait(base)
    before = ask(base, "/v1/users/u60/circles", key)
    workers = psutil.Process(process.pid).children()
    os.kill(workers[0].pid, signal.SIGKILL)
    wait(base, num=20)
    assert ask(base, "/v1/users/u60/circles", key)["items"] == before["items"]
    until = time.monotonic() + 30
    while workers[0].pid in psutil.pids() or len(psutil.Process(process.pid).children()) < len(workers):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_it_stops_when_told_even_while_starting(server):
    process, _ = server
    time.sleep(0.5)
    process.terminate()
    assert process.wait(timeout=30) is not None
