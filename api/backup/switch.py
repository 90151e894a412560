"""Put one folder in the place of another, in one step where the system can."""

import ctypes
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from graph.durable import sync
from graph.errors import StoreConflict
from graph.local_neo4j.locks import is_held

AT_FDCWD = -100
RENAME_EXCHANGE = 2  # Linux, renameat2(2)


def holds_something(home: Path) -> bool:
    """Whether a folder holds more than locks and a key, which somebody may have put there for a restore."""
    if not home.exists():
        return False
    return any(path.name != "pseudonym.key" and path.suffix != ".lock" for path in home.iterdir())


def processes_in(home: Path) -> list[int]:
    """Other processes that have a file of this folder open or mapped, or hold one of its locks.

    On Linux only those that this user may look at are seen; elsewhere only locks are.
    """
    found = {pid for pid in _pids() if _has_open(pid, home)}
    if not found and home.is_dir() and any(is_held(path) for path in home.glob("*.lock")):
        raise StoreConflict(f"a lock in {str(home)!r} is held; wait until that command has ended")
    return sorted(found)


def put_aside(home: Path, now: int) -> Path:
    """A free name beside a home, for what it holds now."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    names = [f"{home.name}.before-{stamp}", *(f"{home.name}.before-{stamp}-{n}" for n in range(2, 1000))]
    return next(home.with_name(name) for name in names if not home.with_name(name).exists())


def switch(staged: Path, home: Path, aside: Path | None) -> None:
    """Make `staged` the home, durably. What was there comes to lie at `aside`, or goes where that is None.

    Raises:
        StoreConflict: the home cannot be renamed, such as one that a disk is mounted on.
    """
    try:
        if not home.exists():
            os.rename(staged, home)
        elif _exchanged(staged, home):
            if aside is not None:
                os.rename(staged, aside)
        else:
            os.rename(home, aside or staged.with_name(f"{staged.name}.old"))
            os.rename(staged, home)
    except OSError as error:
        raise StoreConflict(
            f"{str(home)!r} cannot be replaced ({error.strerror}); where a disk is mounted there, let "
            f"CIRCLES_HOME "
            "be a folder inside it"
        ) from error
    sync(home.parent)


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    return bool(rename(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0)


def _pids() -> Iterator[int]:
    names = os.listdir("/proc") if os.path.isdir("/proc") else []
    return (int(name) for name in names if name.isdecimal() and int(name) != os.getpid())


def _has_open(pid: int, home: Path) -> bool:
    folder = f"{home}{os.sep}"
    try:
        handles = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return False  # it has ended, or is somebody else's
    for handle in handles:
        try:
            if os.readlink(f"/proc/{pid}/fd/{handle}").startswith(folder):
                return True
        except OSError:
            continue
    return False
