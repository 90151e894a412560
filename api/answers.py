"""Answers of requests that carried an `Idempotency-Key`: whoever sends one again gets the same answer.

A request is claimed before it is answered. A claim names the worker that holds it, and a worker holds a lock
that the kernel releases however it dies, so that a claim of a dead worker is taken over at once. What the
dead one did before it could keep its answer, the services find again: by the ids that they make from the
key, or by the `token` that the store keeps with what it wrote.
"""

import fcntl
import os
import secrets
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import orjson

from api.service_db import ServiceDb
from graph.errors import KeyReused
from graph.stores.once import KEPT_S

LEASE_S = 600  # no request takes so long: an older claim is one that could not be given back
TRIM_EVERY_S = 60
_PREFIX = "answering-"


@dataclass(frozen=True)
class Answer:
    """A kept answer; headers: those that belong to it and not to the request."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Claim:
    """The right to answer a request.

    key: a digest of what the caller sent. mark: worker and request. is_again: taken over from a worker that
    died, which may have done what was asked.
    """

    owner: str
    key: str
    mark: str
    is_again: bool = False


class InProgress(Exception):
    """The same request is being answered at this moment."""


class Answers:
    """The kept answers of one home folder, as one worker sees them."""

    def __init__(self, db: ServiceDb, folder: Path) -> None:
        self._db = db
        self._folder = folder
        self._worker = secrets.token_hex(8)
        self._lock_file = _locked(folder / f"{_PREFIX}{self._worker}.lock")
        self._claims: set[str] = set()
        self._guard = threading.Lock()
        self._trimmed_at = 0
        _remove_orphans(folder)

    def claim(self, owner: str, key: str, request: bytes, *, now: int) -> Claim | Answer:
        """Begin to answer a request, or the answer that it got.

        Args:
            owner: who asks. key: a digest of the key that they sent. request: SHA-256 of the request.

        Raises:
            KeyReused: the key came with another request before. InProgress: it is being answered.
        """
        self._trim(now)
        mine = Claim(owner, key, f"{self._worker}.{secrets.token_hex(4)}")
        with self._guard:
            self._claims.add(mine.mark)
        try:
            found = self._begun(mine, request, now)
        except BaseException:
            self._drop(mine)
            raise
        if isinstance(found, Answer):
            self._drop(mine)
        return found

    def about(self, claim: Claim, subject: str) -> None:
        """Say of whom the answer will speak: it goes when they are forgotten. subject: a pseudonym."""
        self._db.write("answers.about", (subject, claim.owner, claim.key, claim.mark))

    def keep(self, claim: Claim, answer: Answer) -> None:
        """Keep an answer for a day."""
        self._drop(claim)
        headers = orjson.dumps(answer.headers).decode()
        self._db.write(
            "answers.keep", (answer.status, headers, answer.body, claim.owner, claim.key, claim.mark)
        )

    def release(self, claim: Claim) -> None:
        """Let the request be sent again as if it had never been."""
        self._drop(claim)
        self._db.write("answers.release", (claim.owner, claim.key, claim.mark))

    def _begun(self, mine: Claim, request: bytes, now: int) -> Claim | Answer:
        """The kept answer, or the claim when it is ours."""
        at = (mine.owner, mine.key)
        while not self._db.write("answers.claim", (*at, request, mine.mark, now)):
            rows = self._db.read("answers.find", at)
            if not rows:
                continue  # it was released in between
            before, status, headers, body, since = rows[0]
            if before != request:
                raise KeyReused("this Idempotency-Key came with another request before; send a new one")
            if status is not None:
                return Answer(status, orjson.loads(headers), body)
            if now - since < LEASE_S and self._is_held(headers):
                raise InProgress
            if self._db.write("answers.take_over", (mine.mark, now, *at, headers)):
                return replace(mine, is_again=True)
        return mine

    def _is_held(self, mark: str) -> bool:
        """Whether whoever made a claim is still at it."""
        worker = mark.partition(".")[0]
        if worker == self._worker:
            with self._guard:
                return mark in self._claims
        return _is_locked(self._folder / f"{_PREFIX}{worker}.lock")

    def _drop(self, claim: Claim) -> None:
        with self._guard:
            self._claims.discard(claim.mark)

    def _trim(self, now: int) -> None:
        if abs(now - self._trimmed_at) >= TRIM_EVERY_S:
            self._trimmed_at = now
            self._db.write("answers.trim", (now - KEPT_S,))


def forget(db: ServiceDb, subject: str) -> int:
    """Drop the answers that speak of a person; how many there were."""
    return db.write("answers.forget", (subject,))


def _locked(path: Path) -> TextIO:
    """A file of this name that is locked from the moment it has the name; closed, it is free."""
    draft = path.with_suffix(".new")
    file = open(draft, "w", opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115
    fcntl.flock(file, fcntl.LOCK_EX)
    draft.rename(path)
    return file


def _is_locked(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _remove_orphans(folder: Path) -> None:
    """Files of workers that died."""
    for path in folder.glob(f"{_PREFIX}*.lock"):
        if not _is_locked(path):
            path.unlink(missing_ok=True)
