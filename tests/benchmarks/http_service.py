"""A server under measurement: a real process on a home folder, its workers, its CPU and its memory."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from http_client import Connection, request_of
from measure import CIRCLES, PROJECT

sys.path.insert(0, str(PROJECT))

from api.auth import Keys
from embeddings.registry import Registry
from graph.home import Home
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.pseudonyms import Pseudonyms, read_or_make_key

START_S = 120.0
HELLO = Path(__file__).with_name("http_hello.py")
WORKERS = 2
OPTIONS = ("--port", "PORT", "--workers", str(WORKERS))


class Service:
    """One server with two workers, started and stopped with its children.

    Args:
        argv: the command; `PORT` in it becomes the port.
        ready: path that answers once it can be measured, with any status below 500.
    """

    def __init__(self, home: Path, argv: Sequence[str], ready: str, log: Path) -> None:
        self.home, self.port = Home(home), free_port()
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CIRCLES_")}
        environ |= {"CIRCLES_HOME": str(home), "CIRCLES_LOG_LEVEL": "INFO"}
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [argument.replace("PORT", str(self.port)) for argument in argv],
            cwd=PROJECT,
            env=environ,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._root = psutil.Process(self._process.pid)
        self._wait(ready)

    def _wait(self, ready: str) -> None:
        """Until it is ready and every worker has its threads, which they have once they take connections."""
        until = time.monotonic() + START_S
        while not (_answers(f"http://127.0.0.1:{self.port}{ready}") and len(self.workers()) == WORKERS):
            if self._process.poll() is not None or time.monotonic() > until:
                self.close()
                sys.exit(f"the server did not come up; see {self._log.name}")
            time.sleep(0.1)

    def workers(self) -> list[psutil.Process]:
        """The processes that answer: those with a thread pool, not helpers of the standard library."""
        children = self._root.children(recursive=True)
        return sorted((c for c in children if c.num_threads() > 1), key=lambda process: process.pid)

    def cpu_s(self) -> float:
        """CPU of the whole process tree so far, seconds."""
        times = [process.cpu_times() for process in (self._root, *self._root.children(recursive=True))]
        return sum(time_.user + time_.system for time_ in times)

    def private_mib(self) -> list[float]:
        """Memory of each worker that no other process could share.

        That is USS without the pages of our own mapped files: a page of a version that only one worker has
        touched so far counts there too, but the kernel may drop it, and the other worker would share it.
        """
        return [
            (worker.memory_full_info().uss - sum(m.private_clean for m in self._maps(worker))) / 2**20
            for worker in self.workers()
        ]

    def mapped_mib(self) -> float:
        """File-backed memory under the home folder that the worker that touched most has touched (Rss)."""
        return max(sum(m.rss for m in self._maps(worker)) for worker in self.workers()) / 2**20

    def _maps(self, worker: psutil.Process) -> list[Any]:
        return [m for m in worker.memory_maps() if m.path.startswith(str(self.home.path))]

    def pinned(self) -> list[Connection]:
        """One open connection to each worker, in the order of `workers`.

        A kept connection stays with the worker that accepted it; which one that was, the kernel knows.
        """
        found: dict[int, Connection] = {}
        pids, spare = [worker.pid for worker in self.workers()], []
        until = time.monotonic() + START_S
        while len(found) < len(pids):
            connection = Connection(self.port)
            connection.ask(request_of("/healthz"))
            holder = next((p for p in pids if connection.local_port in _peers(p)), None)
            if holder is None or holder in found:
                spare.append(connection)
            else:
                found[holder] = connection
            if time.monotonic() > until:
                sys.exit(f"only {len(found)} of {len(pids)} workers took a connection")
        for connection in spare:
            connection.close()
        return [found[pid] for pid in pids]

    def close(self) -> None:
        """Stop it as an operator would; kill what is left."""
        family = [self._root, *self._root.children(recursive=True)] if self._root.is_running() else []
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        for process in family:
            if process.is_running() and process.pid != self._process.pid:
                process.kill()
        self._log.close()


def serve(home: Path, log: Path) -> Service:
    """`circles serve` with two workers."""
    return Service(home, [str(CIRCLES), "serve", *OPTIONS], "/readyz", log)


def hello(kind: str, home: Path, log: Path) -> Service:
    """`raw` or `dressed`, see `http_hello.py`."""
    return Service(home, [sys.executable, str(HELLO), kind, *OPTIONS], "/v1/hello", log)


@dataclass(frozen=True)
class People:
    """Account ids with a published list, and how to ask for them."""

    accounts: list[str]
    key: str

    def asking(self, accounts: Sequence[str], query: str = "") -> list[bytes]:
        return [request_of(f"/v1/users/{account}/circles{query}", self.key) for account in accounts]


def people_of(home: Home, accounts: Sequence[str]) -> People:
    """Those of these accounts that have a list in the served version, in order, and a service key."""
    version = Registry(home.versions).current()
    names = pseudonyms_of(home).of_many(accounts)
    known = [a for a, name in zip(accounts, names, strict=True) if version.list_of(name) is not None]
    return People(known, Keys(home).create("service", now=int(time.time())))


def pseudonyms_of(home: Home) -> Pseudonyms:
    return Pseudonyms(read_or_make_key(home, None))


def most(store: GraphStore, kind: str, number: int) -> dict[int, str]:
    """What most people have paid (shops) or bought (products): index and id, the first of them first."""
    thing, label = {"paid": ("merchant", "Merchant"), "bought": ("product", "Product")}[kind]
    counts = np.bincount(store.edges(kind).edges[thing])
    found = np.argsort(-counts, kind="stable")[:number].tolist()
    return dict(zip(found, store.ids(label, found), strict=True))


def busiest_shop(home: Home) -> str:
    """A shop whose payments count: one that nobody knows might be behind the wall."""
    store = open_store(home.store_address("sqlite:///circles.db"))
    (shop,) = most(store, "paid", 1).values()
    store.close()
    return shop


def copied(home: Path, scratch: Path, name: str) -> Path:
    """A copy to write into."""
    return Path(shutil.copytree(home, scratch / name))


def source_of(connection: Connection, key: str, answer: dict) -> str:  # type: ignore[type-arg]
    """Where an answer came from, by its receipt."""
    receipt = connection.json(request_of(f"/v1/recommendations/{answer['rec_id']}", key))
    found = re.search(r'"source": ?"(\w+)"', json.dumps(receipt))
    return found[1] if found else "unknown"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _peers(pid: int) -> set[int]:
    return {c.raddr.port for c in psutil.Process(pid).net_connections("tcp") if c.raddr}


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
