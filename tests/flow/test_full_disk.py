"""The disk is full: nothing is kept by half, it is said, and all goes on when there is room again.

On a small file system of memory; where none can be mounted, with the kernel's limit on how far a process may
write into a file.
"""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from graph.home import Home
from tests.api.conftest import published_home  # noqa: F401 - a fixture
from tests.flow.faults import Load, Server, key_of, log, paid, running, until, versions_are_whole
from tests.flow.test_kills import LOADED, paid_by, write_load
from tests.houses import CIRCLES, House

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
SIZE = 160 * 1024 * 1024  # a service with little room says that it is not ready
LIMIT = 4096  # bytes of a file; all that are written to are longer


def can_mount(folder: Path) -> bool:
    made = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "circles-test", str(folder)]
    try:
        return os.geteuid() == 0 and subprocess.run(made, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@dataclass
class Disk:
    """A house whose disk can be filled."""

    house: House
    is_mounted: bool

    @contextmanager
    def full(self, server: Server) -> Iterator[None]:
        """Leave nobody any room; a server that runs must not die of it."""
        ballast, workers = self.house.home / "ballast", server.workers()
        if self.is_mounted:
            fill(ballast)
        else:
            limit(workers, LIMIT)
        try:
            yield
        finally:
            ballast.unlink(missing_ok=True)
            limit(workers, resource.RLIM_INFINITY)
        assert server.workers() == workers

    def tries(self, room: int, *arguments: str) -> int:
        """Run a command with so many bytes of room; its exit code. When it fails it says why in one line."""
        ballast = self.house.home / "ballast"
        if self.is_mounted:
            fill(ballast)
            os.truncate(ballast, ballast.stat().st_size - room)
        done = subprocess.run(
            [CIRCLES, *arguments],
            env=self.house.environment(),
            preexec_fn=None if self.is_mounted else limited,
            capture_output=True,
            text=True,
            check=False,
        )
        ballast.unlink(missing_ok=True)
        assert (done.returncode == 0) or "error: " in done.stderr.splitlines()[-1], done.stderr
        return done.returncode


def fill(ballast: Path) -> None:
    """Write until nothing more goes in."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            pass


def limit(pids: list[int], bytes_: int) -> None:
    for pid in pids:
        process = psutil.Process(pid)
        process.rlimit(resource.RLIMIT_FSIZE, (bytes_, process.rlimit(resource.RLIMIT_FSIZE)[1]))


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))


@pytest.fixture
def disk(published_home, tmp_path):  # noqa: F811
    folder = tmp_path / "disk"
    folder.mkdir()
    is_mounted = can_mount(folder)
    try:
        shutil.copytree(published_home, folder / "home")
        yield Disk(House(folder / "home"), is_mounted)
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_without_room_nothing_is_acknowledged_and_with_room_all_goes_on(disk, luck):
    house = disk.house
    key, operator = key_of(house), key_of(house, "operator")
    changes = {
        "/v1/payments": ("POST", [paid("full", "late")]),
        "/v1/users/u7/consents/links": ("PUT", {"granted": False}),
        "/v1/events": ("POST", {"event_id": "f", "kind": "dismiss", "user_id": "u7", "circle_id": "bakers"}),
    }
    with running(house) as server, Load(server, key, ("u2", "u61")) as load:
        load.goes_on()
        time.sleep(luck.random())
        with disk.full(server):
            until(lambda: load.answers["write", 503] > 3, "writes are refused")
            for path, (method, body) in changes.items():
                status, headers, told = server.ask(method, path, key, body)
                assert (status, "retry-after" in headers) == (503, True), (path, told)
            assert server.ask("GET", "/v1/models", operator)[0] == 200
        load.goes_on()
        assert server.ask("POST", "/v1/payments", key, [paid("full", "late")])[2]["accepted"] == 1
        load.stop()
        load.settle()
    log.info("%s", dict(load.answers))
    acknowledged = {user: len(payments) for user, payments in load.acknowledged.items()}
    assert paid_by(house, load) == acknowledged


def test_a_version_or_a_load_without_room_is_absent_and_with_room_whole(disk, tmp_path, luck):
    house, folder = disk.house, write_load(tmp_path / "export", 0)
    assert disk.tries(luck.randrange(100_000, 200_000), "train", "--no-gnn") == 1
    assert versions_are_whole(house.home) == 1
    for room in (0, luck.randrange(100_000, 500_000)):  # some end between the store and the log
        disk.tries(room, "load", str(folder))
    house.run("load", str(folder))
    assert paid_by(house, Load(Server(house), "", (), num_writers=0)) == {"filed": LOADED}
    house.run("train", "--no-gnn")
    assert versions_are_whole(house.home) == 2
    assert not list(Home(house.home).versions.glob(".staging-*"))
