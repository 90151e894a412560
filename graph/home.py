"""The folder that holds everything Circles keeps, and the locks that keep writers apart.

circles.db      the embedded store (when the address says so)
neo4j/          the local Neo4j server (when `circles neo4j up` made one)
service.db      API keys, receipts, jobs
receipts/       receipts that are not in service.db yet
log/            the payment log
snapshots/      immutable arrays, one folder each
portraits/      what merchants may see of their fans, a file a week
links/          suggestions of this week and the one before
checkpoints/    the state of a training that is not finished
versions/       published versions and the pointer `current`
batches/        which receipt is whose in lists of many people, for a day
refused/        refused rows of each load
erasure.key     secret that signs receipts of erasures, mode 0600; erasure.keys are the public ones
erased.list     when somebody was erased, by a hash, for backups that are older
pseudonym.key   secret of the pseudonyms, mode 0600
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graph.errors import ConfigError, StoreConflict

SNAPSHOT = "snapshot"  # lock of whoever cuts one, and of an erasure


@dataclass(frozen=True)
class Home:
    """Paths inside one home folder; `make` creates it, the rest only names."""

    path: Path

    def make(self) -> "Home":
        """Create the folder, readable by its owner only.

        Raises:
            ConfigError: the path is a file, or cannot be created.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise ConfigError(f"CIRCLES_HOME is {str(self.path)!r}, which is not a folder") from error
        except OSError as error:
            raise ConfigError(f"CIRCLES_HOME: cannot create {str(self.path)!r}: {error.strerror}") from error
        return self

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def snapshots(self) -> Path:
        return self.path / "snapshots"

    @property
    def versions(self) -> Path:
        return self.path / "versions"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    def drop_checkpoints(self) -> bool:
        """Remove what trainings left; was there anything? Hold the lock `train`."""
        had = self.checkpoints.is_dir()
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        return had

    @property
    def portraits(self) -> Path:
        return self.path / "portraits"

    @property
    def links(self) -> Path:
        return self.path / "links"

    @property
    def batches(self) -> Path:
        return self.path / "batches"

    @property
    def refused(self) -> Path:
        return self.path / "refused"

    @property
    def service_db(self) -> Path:
        return self.path / "service.db"

    @property
    def key_file(self) -> Path:
        return self.path / "pseudonym.key"

    @property
    def neo4j(self) -> Path:
        return self.path / "neo4j"

    def store_address(self, address: str) -> str:
        """The address with a relative sqlite path resolved into this home.

        The bare word `neo4j` becomes the address of this home's local server, with its password: not for a
        log.

        Raises:
            ConfigError: the address is `neo4j` and the local server does not run.
        """
        if address == "neo4j":
            from graph.local_neo4j.server import LocalServer

            return LocalServer(self.neo4j).connection()
        prefix = "sqlite:///"
        if not address.startswith(prefix):
            return address
        return prefix + str((self.path / address.removeprefix(prefix)).absolute())

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold `name` for this process; released by the kernel when the process ends, however it ends.

        Raises:
            StoreConflict: another process holds it; the message names the process.
            ConfigError: nothing can be written into the home folder.
        """
        path = self.make().path / f"{name}.lock"
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(f"CIRCLES_HOME: cannot write {str(path)!r}: {error.strerror}") from error
        try:
            _lock(handle, name)
            yield
        finally:
            os.close(handle)


def _lock(handle: int, name: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise StoreConflict(
            f"another {name} is running (process {holder}); wait until it ends, or stop it, and try again"
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, str(os.getpid()).encode("ascii"), 0)
