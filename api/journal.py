"""Records that are kept at once and moved on later, many together.

To write each into a database costs ten times as much, and twice that where several processes write to it.

Every process appends to a file of its own, one write a record, so that its death loses nothing. A file is
moved by whoever comes to it first, whichever process that is: it holds the lock of the file, hands the
records on, and removes it; a writer who finds that its file has lost its name begins another one. A record
that was cut short was never acknowledged, and ends what is read of a file.
"""

import errno
import fcntl
import os
import secrets
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

SUFFIX = ".journal"
MOST = 500  # records of a file; then a thread moves them, and the next ones go into another
Take = Callable[[Sequence[bytes]], None]
_FRAME = struct.Struct("<II")  # length and CRC-32 of the record that follows


class Journal:
    """The journals of one folder, as one process sees them; safe to share between threads.

    Args:
        folder: made when something is kept.
        full: called in a thread of its own with a file that is to be moved.
    """

    def __init__(self, folder: Path, full: Callable[[Path], None]) -> None:
        self._folder = folder
        self._full = full
        self._lock = threading.Lock()
        self._mine: tuple[Path, int] | None = None  # and its handle
        self._number = 0

    def append(self, record: bytes) -> None:
        """Keep a record. Raises OSError, and nothing is kept."""
        frame = _FRAME.pack(len(record), crc32(record)) + record
        with self._lock:
            while not self._written(frame):
                self._leave()
            self._number += 1
            left = self._leave() if self._number >= MOST else None
        if left is not None:
            threading.Thread(target=self._full, args=(left,), daemon=True).start()

    def find(self, begin: bytes) -> bytes | None:
        """The record that begins so, of any process; None where there is none (any more)."""
        for path in self._paths():
            try:
                kept = path.read_bytes()
            except FileNotFoundError:
                continue
            if begin in kept:
                found = next((record for record in _records(kept) if record.startswith(begin)), None)
                if found is not None:
                    return found
        return None

    def move(self, take: Take, *paths: Path) -> None:
        """Hand the records of files on, of all where none is named, and remove the files.

        Args:
            take: keeps records elsewhere; may get again what it got before.
        """
        for path in paths or self._paths():
            with suppress(FileNotFoundError), path.open("rb") as file, _held(file.fileno()) as (is_there, _):
                if is_there:
                    take(list(_records(file.read())))
                    path.unlink()

    def close(self) -> None:
        """Let go of the file of this process; a later record begins another one."""
        with self._lock:
            self._leave()

    def _leave(self) -> Path | None:
        """Write no more to the file of this process; which it was."""
        if self._mine is None:
            return None
        path, handle = self._mine
        self._mine, self._number = None, 0
        os.close(handle)
        return path

    def _written(self, frame: bytes) -> bool:
        """Append to the file of this process; False where somebody moved and removed it."""
        if self._mine is None:
            self._mine = _begun(self._folder)
        handle = self._mine[1]
        with _held(handle) as (is_there, size):
            if is_there and os.write(handle, frame) < len(frame):
                os.ftruncate(handle, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return is_there

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}"))


def _begun(folder: Path) -> tuple[Path, int]:
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{secrets.token_hex(8)}{SUFFIX}"
    return path, os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)


@contextmanager
def _held(handle: int) -> Iterator[tuple[bool, int]]:
    """Nobody else writes to the file, or moves it. Whether it has a name still, and its bytes."""
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        found = os.fstat(handle)
        yield found.st_nlink > 0, found.st_size
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def _records(kept: bytes) -> Iterator[bytes]:
    """Whole records, in order."""
    start = 0
    while start + _FRAME.size <= len(kept):
        length, check = _FRAME.unpack_from(kept, start)
        start += _FRAME.size
        record = kept[start : start + length]
        if not record or len(record) < length or crc32(record) != check:
            return
        yield record
        start += length
