"""Locks on files that outlive a command: a child process that inherits one holds it until its own end.

The kernel frees a lock when the last process that holds it ends, however it ends. So a lock, and not a number
in a file, says whether a server runs: no stale pid can lie, and no other process is ever mistaken for it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.errors import ConfigError, StoreConflict

POLL_S = 0.1


@contextmanager
def held(path: Path, *, wait_s: float, doing: str) -> Iterator[int]:
    """Hold the lock of a file.

    Args:
        wait_s: how long to wait for another holder.
        doing: what the holder does, for the message.

    Yields:
        The handle; pass it to a child and the child holds the lock too.

    Raises:
        StoreConflict: another process still holds it after the wait.
        ConfigError: the file cannot be written.
    """
    handle = open_lock(path)
    try:
        ends = time.monotonic() + wait_s
        while not try_lock(handle):
            if time.monotonic() >= ends:
                raise StoreConflict(f"another process is {doing} ({path}); wait until it ends and try again")
            time.sleep(POLL_S)
        yield handle
    finally:
        os.close(handle)


def open_lock(path: Path) -> int:
    """A handle of a lock file, made when absent.

    Raises:
        ConfigError: the file cannot be written.
    """
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"cannot write {str(path)!r}: {error.strerror}") from error


def try_lock(handle: int) -> bool:
    """Take the lock unless another process holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether a process holds the lock just now; nothing is changed."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)
