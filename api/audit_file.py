"""The audit log as one file for an auditor, who can check it without this house.

    circles audit export 1
    about {...}                     JSON: made when, policy, versions, register, fairness
    entry <number> <hash> {...}     a line each, the bytes that are chained; sealed where about a person
    head <number> <hash>            of the last entry
    sha256 <digest>                 of everything above

It has nothing that opens a sealed entry, and nothing that leads from a pseudonym to anybody. Each changed bit
is found: the digest covers every byte above it, and the chain shows which entry it was. Whoever makes the
whole file anew is found by a head, or a digest, that was noted elsewhere.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from api.audit import BEGINNING, Entry, Verdict, link_hash
from graph.errors import InputError, StoreError

FIRST = b"circles audit export 1\n"


def export(path: Path, entries: Iterable[Entry], about: Mapping[str, Any]) -> str:
    """Write the file, whole or not at all; returns its digest.

    Raises:
        StoreError: it cannot be written.
    """
    staging, digest = path.with_name(f".{path.name}.{os.getpid()}"), sha256()
    try:
        with open(os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for line in _lines(entries, about):
                digest.update(line)
                file.write(line)
            file.write(f"sha256 {digest.hexdigest()}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(staging, path)
    except OSError as error:
        staging.unlink(missing_ok=True)
        raise StoreError(
            f"{str(path)!r} cannot be written: {error.strerror or error}; name another file"
        ) from error
    return digest.hexdigest()


def _lines(entries: Iterable[Entry], about: Mapping[str, Any]) -> Iterator[bytes]:
    yield FIRST
    yield b"about " + orjson.dumps(about, option=orjson.OPT_SORT_KEYS) + b"\n"
    number, head = 0, BEGINNING
    for entry in entries:
        number, head = entry.number, entry.hash
        yield f"entry {number} {head.hex()} ".encode() + entry.entry + b"\n"
    yield f"head {number} {head.hex()}\n".encode()


def verify(path: Path, *, head: str | None = None) -> Verdict:
    """Check a file by itself.

    Args:
        head: hash of an entry, noted elsewhere.

    Raises:
        InputError: it cannot be read, or is no export at all.
    """
    try:
        return checked(path.read_bytes(), head)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error


def checked(content: bytes, head: str | None = None) -> Verdict:
    """The same for the bytes of a file."""
    lines = content.splitlines(keepends=True)
    if lines[:1] != [FIRST]:
        raise InputError("this is no export of an audit log, or its first line was changed")
    number, last, is_found = 0, BEGINNING, head in (None, BEGINNING.hex())
    for number, line in enumerate(lines[2:-2], start=1):
        made = _hash_of(line, number, last)
        if made is None:
            return Verdict(number - 1, last.hex(), f"entry {number} is not what was written")
        last, is_found = made, is_found or made.hex() == head
    end = [f"head {number} {last.hex()}\n".encode(), _digest(lines[:-1])]
    if not lines[1:2] or not lines[1].startswith(b"about ") or lines[-2:] != end:
        return Verdict(number, last.hex(), "something beside the entries was changed, or the end is missing")
    problem = None if is_found else "the noted head is not in it: entries were cut off, or it was made anew"
    return Verdict(number, last.hex(), problem)


def about_of(path: Path) -> dict[str, Any]:
    """What a checked file says beside its entries."""
    with path.open("rb") as file:
        file.readline()
        told: dict[str, Any] = orjson.loads(file.readline().removeprefix(b"about "))
    return told


def _hash_of(line: bytes, number: int, before: bytes) -> bytes | None:
    """The hash that a line ought to have, and has; None for another line."""
    entry = line.split(b" ", 3)[-1].removesuffix(b"\n")
    made = link_hash(before, entry)
    return made if line == f"entry {number} {made.hex()} ".encode() + entry + b"\n" else None


def _digest(lines: Iterable[bytes]) -> bytes:
    digest = sha256()
    for line in lines:
        digest.update(line)
    return f"sha256 {digest.hexdigest()}\n".encode()
