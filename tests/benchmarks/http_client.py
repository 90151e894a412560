"""A closed-loop HTTP client: each connection is kept, asks, waits for the answer, and asks again.

Meant to run in a process of its own (`in_own_process`), so that what it costs is nowhere in the server's CPU.
It is as lean as it can be and understands only what our server sends: a status, headers, a body of the length
they give. With threads of one process it reaches some thousand answers a second: enough to saturate a server
that shares two cores with it, and no measure of what a server could send beyond that.
"""

import itertools
import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

TIMEOUT_S = 30.0
Asked = TypeVar("Asked")


@dataclass(frozen=True)
class Driven:
    """What one stretch of asking came to; failed: no answer, or another status than 200."""

    answers: int
    failed: int
    wall_s: float
    p50_ms: float
    p99_ms: float


def request_of(path: str, key: str | None = None, *, method: str = "GET", body: Any = None) -> bytes:
    """The bytes of one request; a body goes as JSON."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: bench"]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content


class Connection:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local_port: int = self._socket.getsockname()[1]

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises:
            OSError: the connection broke. ValueError: the answer is none that this client understands.
        """
        self._socket.sendall(request)
        seen = self._more(b"")
        while (end := seen.find(b"\r\n\r\n")) < 0:
            seen = self._more(seen)
        head = seen[:end].lower()
        _, named, rest = head.partition(b"\r\ncontent-length:")
        if not named:
            raise ValueError(f"an answer without a length: {head[:200]!r}")
        whole = end + 4 + int(rest.split(b"\r\n", 1)[0])
        while len(seen) < whole:
            seen = self._more(seen)
        return int(head[9:12]), seen[end + 4 : whole]

    def json(self, request: bytes) -> Any:
        """The answer to a request that must succeed."""
        status, body = self.ask(request)
        if status >= 300:
            raise ValueError(f"answered {status}: {body[:300]!r}")
        return json.loads(body)

    def _more(self, seen: bytes) -> bytes:
        got = self._socket.recv(65_536)
        if not got:
            raise ConnectionError("closed in the middle of an answer")
        return seen + got

    def close(self) -> None:
        self._socket.close()


def drive(port: int, requests: Sequence[bytes], connections: int, number: int) -> Driven:
    """Ask `number` requests in all, taken in turn; a connection that breaks is opened again."""
    turns = itertools.count()  # `next` of it is atomic
    took: list[tuple[float, int]] = []

    def run() -> None:
        connection = Connection(port)
        while (turn := next(turns)) < number:
            begin = time.perf_counter()
            try:
                status, _ = connection.ask(requests[turn % len(requests)])
            except (OSError, ValueError):
                status, connection = 0, _again(connection, port)
            took.append((time.perf_counter() - begin, status))
        connection.close()

    begun = time.perf_counter()
    _in_threads(run, connections)
    wall = time.perf_counter() - begun
    ordered = sorted(seconds for seconds, _ in took)
    p50, p99 = (1e3 * ordered[min(len(ordered) - 1, int(q * len(ordered)))] for q in (0.5, 0.99))
    return Driven(len(took), sum(status != 200 for _, status in took), wall, p50, p99)


@dataclass(frozen=True)
class Got:
    """One answer: its status (0: none came), its body and how long it took."""

    status: int
    body: bytes
    took_ms: float


def collect(port: int, requests: Sequence[bytes], connections: int, until: Path) -> list[Got]:
    """Ask on and on until a file is there; everything that came, in no particular order."""
    found: list[Got] = []
    turns = itertools.count()

    def run() -> None:
        connection = Connection(port)
        while not until.exists():
            begin = time.perf_counter()
            try:
                status, body = connection.ask(requests[next(turns) % len(requests)])
            except (OSError, ValueError) as error:
                status, body = 0, repr(error).encode()
                connection = _again(connection, port)
            found.append(Got(status, body, 1e3 * (time.perf_counter() - begin)))
        connection.close()

    _in_threads(run, connections)
    return found


def _again(connection: Connection, port: int) -> Connection:
    connection.close()
    for _ in range(100):  # the server may be away for a moment; the failure is counted already
        try:
            return Connection(port)
        except OSError:
            time.sleep(0.05)
    raise ConnectionError(f"nothing listens on port {port}")


def _in_threads(run: Callable[[], None], number: int) -> None:
    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class OwnProcess:
    """A process that asks, apart from the one that measures."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))

    def drive(self, port: int, requests: Sequence[bytes], connections: int, number: int) -> Driven:
        return self._pool.submit(drive, port, requests, connections, number).result()

    def start(self, ask: Callable[..., Asked], *arguments: Any) -> "Future[Asked]":
        """Let it begin and go on; `result()` waits for its end."""
        return self._pool.submit(ask, *arguments)

    def __enter__(self) -> "OwnProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
