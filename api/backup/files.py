"""What a backup is made of: plain files, their SHA-256 in `SHA256SUMS`, and `manifest.json` about the whole.

`sha256sum --check SHA256SUMS` looks it over where Circles is not at hand. A backup appears under its name
when it is complete; a file that is the same as in an earlier backup may be a hard link to it, so neither
changes.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from graph.durable import sync
from graph.errors import InputError, StoreError

FORMAT = 1
SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"
STORE = "circles.db"
CHUNK = 1 << 20
TRIES = 5  # of a file that changes while it is copied

Told = Callable[[str, int, int], None]  # stage, done, total
Sums = dict[str, str]


class Collector:
    """Copies files into a folder that becomes a backup, and keeps their hashes.

    Args:
        folder: exists and is empty.
        previous: an earlier backup; files that are the same there are linked, not copied.
    """

    def __init__(self, folder: Path, previous: Path | None, told: Told) -> None:
        self.folder = folder
        self.sums: Sums = {}
        self._previous = previous
        self._earlier = read_sums(previous) if previous else {}
        self._told = told
        self.num_bytes = 0

    def copy(self, source: Path, name: str) -> None:
        """Take a file, whole as it was at one moment.

        Raises:
            StoreError: it goes on changing.
        """
        target = self.folder / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(TRIES):
            before = _mark(source)
            digest = copy_file(source, target)
            if _mark(source) == before:
                self._keep(name, digest)
                return
        raise StoreError(f"{str(source)!r} changes all the time; stop what writes it and try again")

    def tree(self, source: Path, name: str) -> None:
        """Take all files below a folder but those whose name, or whose folder's name, begins with a dot."""
        for path in visible_files(source):
            self.copy(path, f"{name}/{path.relative_to(source)}")

    def add(self, name: str) -> None:
        """Take a file that was written into the folder already."""
        self._keep(name, hash_of(self.folder / name))

    def text(self, name: str, text: str) -> None:
        """Write a small file."""
        path = self.folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.add(name)

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write manifest and hashes, and make all of it durable."""
        self.text(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
        lines = [f"{digest}  {name}\n" for name, digest in sorted(self.sums.items())]
        (self.folder / SUMS).write_text("".join(lines), encoding="utf-8")
        for path in (self.folder, *self.folder.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
            sync(path)

    def _keep(self, name: str, digest: str) -> None:
        path = self.folder / name
        self.num_bytes += path.stat().st_size
        self.sums[name] = digest
        if self._previous and self._earlier.get(name) == digest:
            _link_instead(self._previous / name, path, digest)
        self._told("copying", self.num_bytes, 0)


def visible_files(folder: Path) -> Iterator[Path]:
    """Files below a folder, sorted; nothing that begins with a dot, which is what is not finished."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def copy_file(source: Path, target: Path) -> str:
    """Copy bytes and say their SHA-256."""
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as write:
        while chunk := read.read(CHUNK):
            digest.update(chunk)
            write.write(chunk)
    return digest.hexdigest()


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_sums(backup: Path) -> Sums:
    """Name of each file of a backup -> SHA-256.

    Raises:
        InputError: the folder is no backup.
    """
    try:
        *lines, rest = (backup / SUMS).read_bytes().decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{str(backup)!r} is not a backup: {SUMS} cannot be read ({_why(error)})") from error
    pairs = (line.partition("  ") for line in lines)
    sums = {name: digest for digest, _, name in pairs}
    if rest or len(sums) != len(lines) or not sums or any(len(digest) != 64 for digest in sums.values()):
        raise InputError(f"{str(backup)!r} is not a whole backup: {SUMS} is damaged")
    for name in sums:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(f"{str(backup)!r} is not a backup: {SUMS} names a file outside it")
    return sums


def read_manifest(backup: Path) -> dict[str, Any]:
    """What a backup says of itself.

    Raises:
        InputError: the folder is no backup, or one that a newer program made.
    """
    try:
        manifest = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{str(backup)!r} is not a backup: {MANIFEST} cannot be read ({_why(error)})"
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise InputError(f"{str(backup)!r} is not a backup of format {FORMAT}; use the program that made it")
    return manifest


def problems(backup: Path, told: Told) -> list[str]:
    """Every file that is missing, changed or not part of the backup; empty when all is well.

    Raises:
        InputError: the folder is no backup.
    """
    sums = read_sums(backup)
    read_manifest(backup)
    there = {str(path.relative_to(backup)) for path in backup.rglob("*") if not path.is_dir()} - {SUMS}
    found = [f"{name}: missing" for name in sorted(sums.keys() - there)]
    found += [f"{name}: is not part of the backup" for name in sorted(there - sums.keys())]
    for number, name in enumerate(sorted(sums.keys() & there), start=1):
        if hash_of(backup / name) != sums[name]:
            found.append(f"{name}: is not what was backed up")
        told("checking", number, len(sums))
    return found


def drop_stale(parent: Path, prefix: str) -> list[Path]:
    """Remove what processes that are gone left under a name such as `.home.restoring-123`; what it was."""
    gone = []
    for path in parent.glob(f"{prefix}*"):
        pid = path.name.removeprefix(prefix)
        if pid.isdecimal() and int(pid) != os.getpid() and not Path("/proc", pid).exists():
            shutil.rmtree(path, ignore_errors=True)
            gone.append(path)
    return gone


def _mark(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _link_instead(earlier: Path, path: Path, digest: str) -> None:
    """Make a file one with the same one of an earlier backup, where both are on one disk.

    What the earlier backup says of its file is not enough: it may have been damaged since, and a link would
    take the damage over in place of a good copy.
    """
    other = path.with_name(f".{path.name}.link")
    try:
        os.link(earlier, other)
        is_same = hash_of(other) == digest
    except OSError:
        other.unlink(missing_ok=True)
        return
    if is_same:
        os.replace(other, path)
    else:
        other.unlink()


def _why(error: Exception) -> str:
    """Without the path, which the sentence has."""
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
