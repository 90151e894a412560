"""Servers that are harmed while people use them: real processes, load, and what must hold afterwards.

Acknowledged is stored, once; every answer is of one version; the service comes back by itself.
"""

import http.client
import itertools
import json
import logging
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil

from embeddings.registry import Registry
from graph.home import Home
from graph.local_neo4j.ports import free_port
from tests.houses import CIRCLES, Client, House

log = logging.getLogger(__name__)

PATIENCE_S = 120  # a machine that tests share may stand still for long
ROUNDS = int(os.environ.get("FAULT_ROUNDS", 1))  # `make soak` asks for a hundred
FROM = int(os.environ.get("FAULT_FROM", 0))  # the round to go on with
FROZEN_S = 8.0 if ROUNDS == 1 else 20.0
SOON_S = 20.0  # 3 s to notice that a store is away, and more for a machine that tests share
STEADY = 2  # first places of a list, in which nothing is drawn by lot: other days have other lots
SEED = int(os.environ.get("FAULT_SEED", 9))
Answer = tuple[int, dict[str, str], Any]


def freeze(pid: int) -> None:
    """Stop every thread of a process; a busy machine stops them one after the other."""
    os.kill(pid, signal.SIGSTOP)
    tasks = Path(f"/proc/{pid}/task")
    until(lambda: all(_state(task) == "T" for task in tasks.glob("*/stat")), "the process is frozen")


def thaw(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)


def _state(stat: Path) -> str:
    return stat.read_text().rpartition(")")[2].split()[0]


def until(holds: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """What `holds` gives, once it gives something true."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {patience_s} s: {what}")


def ended(pid: int) -> bool:
    """Whether a process runs no more; one that nobody has collected yet has ended too."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Server:
    """`circles serve` in a session of its own, so that all of it can be killed at once."""

    def __init__(
        self,
        house: House,
        *,
        workers: int = 2,
        wrap: tuple[str, ...] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.house, self.num_workers, self.port = house, workers, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = house.home.parent / "serve.log"
        self._wrap, self._environment = wrap, environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        command = [*self._wrap, str(CIRCLES), "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--workers", str(self.num_workers)],
                env=self.house.environment() | {**self._environment, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def workers(self) -> list[int]:
        return [child.pid for child in psutil.Process(self.pid).children()]

    def kill_worker(self, luck: random.Random) -> None:
        """Kill one worker, and wait until there are as many as before."""
        victim = luck.choice(until(self._all_workers, "all workers are there"))
        os.kill(victim, signal.SIGKILL)
        until(lambda: ended(victim), "the worker is gone")
        until(self._all_workers, "the worker was replaced")

    def _all_workers(self) -> list[int]:
        found = [pid for pid in self.workers() if not ended(pid)]
        return found if len(found) >= self.num_workers else []

    def kill(self) -> None:
        """Kill the process that looks after the workers; they must go with it."""
        workers = self.workers()
        os.kill(self.pid, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        until(lambda: all(map(ended, workers)), "workers leave when nobody looks after them")

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=30)
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def ask(self, method: str, path: str, key: str, body: Any = None, timeout_s: float = 60) -> Answer:
        """One request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            return request(connection, method, path, key, body)
        finally:
            connection.close()

    def ready(self) -> bool:
        """Whether it says that it can answer."""
        try:
            return self.ask("GET", "/readyz", "")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def lives(self) -> bool:
        """Whether it answers at all."""
        try:
            return self.ask("GET", "/healthz", "")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def wait(self) -> None:
        until(self.ready, f"the server is ready; see {self.log}")


@contextmanager
def running(house: House, **how: Any) -> Iterator[Server]:
    """A server that is ready."""
    server = Server(house, **how)
    try:
        server.start()
        server.wait()
        yield server
    finally:
        server.stop()


def request(
    connection: http.client.HTTPConnection, method: str, path: str, key: str, body: Any = None
) -> Answer:
    """Status, headers by lower-case name, and value of one request over an open connection."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
    response = connection.getresponse()
    names = {name.lower(): value for name, value in response.headers.items()}
    return response.status, names, json.loads(response.read() or b"null")


@dataclass
class Load:
    """Readers and writers, each a thread; a write is repeated with its id until it is acknowledged.

    acknowledged: user -> ids of payments. answers: statuses of all requests; 0 for one that broke off.
    lists: version and reader -> the list; all answers of one version must show the same.
    """

    server: Server
    key: str
    readers: tuple[str, ...]
    num_writers: int = 2
    tag: str = "w"
    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    lists: dict[tuple[str, str], Any] = field(default_factory=dict)
    slowest: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._count = threading.Lock()
        work = [(self._read, reader) for reader in self.readers]
        work += [(self._write, f"{self.tag}{number}") for number in range(self.num_writers)]
        self._threads = [threading.Thread(target=self._guarded, args=(job, who)) for job, who in work]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let every request that is under way come to its end."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=PATIENCE_S)
        assert not any(thread.is_alive() for thread in self._threads)

    def _guarded(self, job: Callable[[str], None], who: str) -> None:
        try:
            job(who)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must fail with it
            self.problems.append(f"{who}: {error!r}")

    def _read(self, user: str) -> None:
        while not self._over.is_set():
            status, body = self._ask("read", "GET", f"/v1/users/{user}/circles?limit={STEADY}")
            if status == 200 and not body["degraded"]:
                shown = [(item["circle_id"], item["score"]) for item in body["items"]]
                before = self.lists.setdefault((body["version"], user), shown)
                if before != shown:
                    self.problems.append(f"{user}: version {body['version']} gave {before} and {shown}")
            time.sleep(0.002 if status == 200 else 0.05)  # who is refused leaves the machine to the server

    def _write(self, user: str) -> None:
        kept = self.acknowledged.setdefault(user, [])
        for number in itertools.count():
            if self._over.is_set():
                return
            payment = paid(f"{user}-{number}", user)
            tries = 1
            while not self._acknowledged(payment):  # also when it is over: what was begun is finished
                tries += 1
                assert tries < 5000, f"payment is never acknowledged; {dict(self.answers)}"
                time.sleep(0.05)
            kept.append(payment["payment_id"])

    def _acknowledged(self, payment: dict[str, Any]) -> bool:
        status, body = self._ask("write", "POST", "/v1/payments", [payment])
        if status == 200 and (body["rejected"] or body["accepted"] + body["duplicates"] != 1):
            self.problems.append(f"{payment['payment_id']}: {body}")
        return status == 200

    def _ask(self, kind: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        began = time.monotonic()
        try:
            status, _, value = self.server.ask(method, path, self.key, body)
        except (OSError, http.client.HTTPException, ValueError):
            status, value = 0, None
        with self._count:
            self.answers[kind, status] += 1
            self.slowest[kind] = max(self.slowest[kind], time.monotonic() - began)
        return status, value

    def goes_on(self) -> None:
        """Wait until reads and writes are answered again, several times."""
        before = Counter(self.answers)
        good = (("read", 200), ("write", 200))
        wanted = [kind for kind in good if (self.readers if kind[0] == "read" else self.num_writers)]
        until(
            lambda: all(self.answers[kind] >= before[kind] + 3 for kind in wanted),
            f"answers go on after {dict(before)}; now {dict(self.answers)}",
        )

    def soon_s(self) -> float:
        """Seconds in which a read must be answered from now on, though something is about to go away.

        What noticing takes, and several times what the machine, which others use too, needed until now.
        """
        slowest, self.slowest = self.slowest["read"], Counter()
        return SOON_S + 5 * slowest

    def settle(self) -> None:
        """What must hold when all is over: every acknowledged payment is stored, and stored once."""
        assert self.problems == []
        for user, payments in self.acknowledged.items():
            self._all_stored(user, payments)

    def _all_stored(self, user: str, payments: list[str]) -> None:
        for start in range(0, len(payments), 1000):
            batch = [paid(payment, user) for payment in payments[start : start + 1000]]
            status, _, body = self.server.ask("POST", "/v1/payments", self.key, batch)
            assert (status, body["accepted"], body["duplicates"]) == (200, 0, len(batch)), user


def paid(payment_id: str, user: str) -> dict[str, Any]:
    """A payment as the app sends it; all of a user's go to one merchant."""
    return {"payment_id": payment_id, "user_id": user, "merchant_id": "c0", "amount": "4.50",
            "currency": "CNY", "paid_at": "2026-09-02T08:00:00Z"}  # fmt: skip


def key_of(house: House, role: str = "service", *more: str) -> str:
    return house.run("keys", "create", role, *more).strip()


def client_of(server: Server, key: str) -> Client:
    return Client(server.address, key)


def versions_are_whole(home: Path) -> int:
    """Every folder that has a version's name can be read to the last byte; returns how many there are."""
    folder = Home(home).versions
    names = [path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    registry = Registry(folder)
    for name in names:
        registry.open(name)
    assert registry.current().name in names
    return len(names)


def in_background(house: House, *arguments: str) -> subprocess.Popen[bytes]:
    """A command of the house that runs while something else happens."""
    return subprocess.Popen(
        [CIRCLES, *arguments],
        env=house.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_after(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Kill a command with all it started, unless it ends before."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# -- while the store is away --------------------------------------------------------------------------


def slowest_degraded(server: Server, key: str, user: str, times: int = 6) -> float:
    """Seconds of the slowest of several reads, all of which are answered from the published version."""
    slowest = 0.0
    for _ in range(times):
        began = time.monotonic()
        status, _, body = server.ask("GET", f"/v1/users/{user}/circles?limit=3", key)
        assert (status, body["degraded"]) == (200, True)
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def seconds_refused(server: Server, key: str) -> float:
    """Seconds of a write that nobody can take now; it says when to come back."""
    began = time.monotonic()
    status, headers, body = server.ask("POST", "/v1/payments", key, [paid("later", "late")])
    assert (status, body["code"], "retry-after" in headers) == (503, "store_unavailable", True)
    return time.monotonic() - began


def is_left_alone(server: Server, key: str, user: str, soon_s: float) -> None:
    """A store that is away is noticed; then reads are answered soon, and writes soon refused."""
    until(lambda: not is_whole(server, key, user), "it is noticed")
    assert slowest_degraded(server, key, user) < soon_s
    assert seconds_refused(server, key) < soon_s


def is_used_again(server: Server, key: str, user: str, load: Load) -> None:
    """A store that is back serves reads and writes as ever, without a hand, and has all it acknowledged."""
    until(lambda: is_whole(server, key, user), "it is used again")
    load.goes_on()
    load.stop()
    load.settle()


def is_whole(server: Server, key: str, user: str) -> bool:
    """Whether a read is as ever."""
    status, _, body = server.ask("GET", f"/v1/users/{user}/circles?limit=3", key)
    return status == 200 and not body["degraded"]
