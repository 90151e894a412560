"""The real command `circles serve` in a process of its own, with its log, for tests that need all of it."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from prometheus_client.parser import text_string_to_metric_families

from api.auth import Keys
from graph.home import Home
from graph.local_neo4j.ports import free_port
from tests.houses import CIRCLES

PATIENCE_S = 90.0  # the machine is shared


@dataclass(frozen=True)
class Server:
    """A running service; `process` is its parent, whose children are the workers."""

    process: subprocess.Popen[bytes]
    port: int
    home: Path
    log: Path

    def key(self, role: str, subject: str | None = None) -> str:
        return Keys(Home(self.home)).create(role, subject=subject, now=int(time.time()))

    def ask(
        self, path: str, key: str = "", *, method: str = "GET", body: bytes | None = None, **headers: str
    ):
        """(status, headers, body) of one request."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body, headers=sent, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def samples(self, key: str) -> dict[str, list[tuple[dict[str, str], float]]]:
        """What /metrics says: name -> (labels, value)."""
        status, _, text = self.ask("/metrics", key)
        assert status == 200, text
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for family in text_string_to_metric_families(text.decode()):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found

    def total(self, key: str, name: str, **labels: str) -> float:
        """The sum of a metric over all samples that have these labels."""
        rows = self.samples(key).get(name, [])
        return sum(value for found, value in rows if found.items() >= labels.items())

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def lines(self) -> list[dict[str, Any]]:
        """The log so far; every line of it must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def worker_of(self, connection: socket.socket) -> psutil.Process | None:
        """The worker that has taken up a connection, once one has."""
        port = connection.getsockname()[1]
        for worker in self.workers():
            if any(found.raddr and found.raddr.port == port for found in worker.net_connections()):
                return worker
        return None

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def is_ready(self) -> bool:
        try:
            return self.ask("/readyz")[0] == 200
        except OSError:
            return False

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_S)


def wait_until(true: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait for a condition, for as long as a busy machine may need."""
    until = time.monotonic() + patience_s
    while not _holds(true):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def _holds(true: Callable[[], bool]) -> bool:
    try:
        return true()
    except OSError:  # asked of a worker that was just killed
        return False


def start(home: Path, *arguments: str, workers: int = 1, **settings: str) -> Server:
    """Start the command and return at once."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CIRCLES_", "OTEL_"))}
    names = {name: value for name, value in settings.items() if name.startswith("OTEL_")}
    ours = {f"CIRCLES_{name}": value for name, value in settings.items() if name not in names}
    port, log = free_port(), home.parent / f"serve-{time.monotonic_ns()}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [CIRCLES, "serve", "--port", str(port), "--workers", str(workers), *arguments],
            env=kept | names | ours | {"CIRCLES_HOME": str(home)},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Server(process, port, home, log)


@contextmanager
def serving(home: Path, *arguments: str, workers: int = 1, **settings: str) -> Iterator[Server]:
    """A server that is ready, until it is stopped."""
    server = start(home, *arguments, workers=workers, **settings)
    try:
        wait_until(server.is_ready)
        yield server
    finally:
        server.stop()
