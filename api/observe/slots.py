"""Where worker processes keep their counts, so that one of them can answer for all.

The files of prometheus-client's multiprocess mode, in a folder of one service in memory (`/dev/shm`): a full
disk must not stop the counting, and a page of a file that finds no room would kill the process that wrote it.
A worker takes a *slot*, a lock that the kernel gives back however it dies, and its successor goes on in the
same files: no count is lost or counted twice, and the folder does not grow with every worker.
"""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

PREFIX = "circles-metrics-"
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # where prometheus-client looks
STOPPING = "stopping"  # there once the service was told to stop
IN_MEMORY = Path("/dev/shm")
YOUNG_S = 60.0  # a folder without a lock may be one that is being made
MAX_SLOTS = 1024

_held: list[int] = []  # locks of this process; the kernel lets go of them when it ends


def open_folder(base: Path | None = None) -> Path:
    """Make and hold the folder of a service that starts; folders of services that are gone are removed."""
    place = base or (IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else Path(tempfile.gettempdir()))
    for old in place.glob(f"{PREFIX}*"):
        if _is_abandoned(old):
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    handle = _lock(folder / "service.lock")
    assert handle is not None
    _held.append(handle)
    return folder


def take(folder: Path) -> str:
    """Take the first free slot for this process, until it ends. What was under way in it no longer is."""
    for number in range(MAX_SLOTS):
        handle = _lock(folder / f"{number}.lock")
        if handle is not None:
            _held.append(handle)
            _drop_live(folder, number)
            return str(number)
    raise RuntimeError(f"all {MAX_SLOTS} slots of {folder} are taken")


def drop_dead(folder: Path) -> None:
    """Forget what workers that are gone were just doing; what they have done stays counted."""
    for path in folder.glob("[0-9]*.lock"):
        handle = _lock(path)
        if handle is not None:
            _drop_live(folder, int(path.stem))
            os.close(handle)


def is_stopping() -> bool:
    """Whether the service of this worker was told to stop."""
    folder = os.environ.get(VARIABLE)
    return folder is not None and (Path(folder) / STOPPING).exists()


def _drop_live(folder: Path, number: int) -> None:
    for file in folder.glob(f"gauge_live*_{number}.db"):
        file.unlink(missing_ok=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        if folder.stat().st_uid != os.getuid() or time.time() - folder.stat().st_mtime < YOUNG_S:
            return False
        handle = _lock(folder / "service.lock")
    except OSError:
        return False
    if handle is None:
        return False
    os.close(handle)
    return True


def _lock(path: Path) -> int | None:
    """A handle that holds the file; None when another process does."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
