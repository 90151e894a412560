"""Long work over HTTP: a job is a row in the service database and a process of its own.

The process (`api/job_runner.py`) holds the lock `job-<id>` while it works, so that the kernel itself tells
whether a job is alive, and starting one twice does no harm. A service that comes up again picks up what an
earlier one left unfinished.
"""

import hashlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from api.job_places import AT_ONCE, is_full
from api.observe import seen, slots
from api.service_db import ServiceDb, Transaction
from graph.errors import StoreConflict
from graph.home import Home
from graph.settings import Settings

UNFINISHED = ("queued", "running")  # the others are done, failed, cancelled
PATIENCE_S = 5.0  # a process that was ended is waited for this long


@dataclass(frozen=True)
class Job:
    """One piece of long work; times are epoch seconds. `params` is empty once it has ended."""

    job_id: str
    kind: str
    state: str
    owner: str | None
    params: dict[str, Any]
    created_at: int
    started_at: int | None
    ended_at: int | None
    result: dict[str, Any] | None
    problem: str | None


class Jobs:
    """The jobs in a service database."""

    def __init__(self, db: ServiceDb) -> None:
        self._db = db

    def add(
        self,
        kind: str,
        params: Mapping[str, Any],
        *,
        owner: str | None,
        now: int,
        token: str | None = None,
        within: Transaction | None = None,
    ) -> Job:
        """Write a job down.

        Args:
            token: of a request that counts once; the job's id is made from it.
            within: a transaction that is to keep it with something else.
        """
        job_id = job_id_of(token)
        write = self._db.write if within is None else within.write
        write("jobs.insert", (job_id, kind, owner, orjson.dumps(dict(params)), now))
        return Job(job_id, kind, "queued", owner, dict(params), now, None, None, None, None)

    def find(self, job_id: str) -> Job | None:
        rows = self._db.read("jobs.find", (job_id,))
        return _job(rows[0]) if rows else None

    def unfinished(self) -> list[Job]:
        """Queued and running jobs, oldest first."""
        return [_job(row) for row in self._db.read("jobs.unfinished")]

    def counts(self) -> list[tuple[str, str, int]]:
        """(kind, state, number) of all jobs that are kept."""
        return [(kind, state, number) for kind, state, number in self._db.read("jobs.counts")]

    def start(self, job_id: str, *, now: int) -> bool:
        """Say that a job is being worked on; False when it has ended, or was cancelled."""
        return self._db.write("jobs.start", (now, job_id)) > 0

    def empty(self, job_id: str) -> None:
        """Drop the parameters of a job: they may name a person who has just been erased."""
        self._db.write("jobs.empty", (job_id,))
        self._db.clear_history()

    def end(
        self,
        job_id: str,
        *,
        now: int,
        result: Mapping[str, Any] | None = None,
        problem: str | None = None,
    ) -> None:
        """Finish a job, as failed when there is a problem; one that has ended or was cancelled stays so."""
        state = "failed" if problem else "done"
        packed = orjson.dumps(dict(result)) if result is not None else None
        self._db.write("jobs.end", (state, now, packed, problem, job_id))

    def cancel(self, job_id: str, *, now: int) -> bool:
        """Let a job end here; False when it has ended already."""
        return self._db.write("jobs.end", ("cancelled", now, None, None, job_id)) > 0


def job_id_of(token: str | None) -> str:
    """An id for a job; always the same for a token."""
    return f"job_{secrets.token_hex(8) if token is None else hashlib.sha256(token.encode()).hexdigest()[:16]}"


def _job(row: tuple[Any, ...]) -> Job:
    job_id, kind, state, owner, params, created_at, started_at, ended_at, result, problem = row
    unpacked = orjson.loads(result) if result is not None else None
    return Job(
        job_id,
        kind,
        state,
        owner,
        orjson.loads(params),
        created_at,
        started_at,
        ended_at,
        unpacked,
        problem,
    )


class Launcher:
    """Starts the processes of jobs, with the settings of this service."""

    def __init__(self, settings: Settings, home: Home) -> None:
        self._settings = settings
        self._home = home

    def launch(self, job_id: str, kind: str) -> None:
        """Start the process of a job; it outlives this worker, and leaves again if another one runs it.

        Where there is no place for its kind the job stays in the queue, see `api/job_places.py`.
        """
        if is_full(self._home, kind):
            return
        process = subprocess.Popen(
            [sys.executable, "-m", "api.job_runner", job_id, seen.request_id()],
            env=environment(self._settings, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        threading.Thread(target=process.wait, daemon=True).start()  # collects the exit status

    def revive(self, job_id: str, kind: str) -> bool:
        """Start a job again whose process is gone; False while it is alive."""
        try:
            with self._home.lock(f"job-{job_id}"):
                pass
        except StoreConflict:
            return False
        self.launch(job_id, kind)
        return True

    def start_next(self, jobs: Jobs, kind: str) -> None:
        """Start the oldest job of a kind that waits for a place; call it once a place was given back."""
        if kind in AT_ONCE:
            any(self.revive(job.job_id, kind) for job in jobs.unfinished() if job.kind == kind)

    def stop(self, job_id: str) -> None:
        """End the process of a job with all that it started, if one works on it.

        What it writes appears whole or not at all, so that it may end at any point. Call it once the job says
        that it is cancelled: a process that comes up later leaves again.
        """
        until = time.monotonic() + PATIENCE_S
        while self._is_alive(job_id) and time.monotonic() < until:
            with suppress(ProcessLookupError, FileNotFoundError, ValueError):
                holder = int((self._home.path / f"job-{job_id}.lock").read_text(encoding="ascii"))
                if _leads(holder, job_id):
                    os.killpg(holder, signal.SIGKILL)
            time.sleep(0.05)

    def _is_alive(self, job_id: str) -> bool:
        path = self._home.path / f"job-{job_id}.lock"
        if not path.exists():
            return False
        try:
            with self._home.lock(f"job-{job_id}"):
                path.unlink(missing_ok=True)
        except StoreConflict:
            return True
        return False


def _leads(process: int, job_id: str) -> bool:
    """Whether this is the process of a job, by its command line: a number may have come to another one."""
    words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    return job_id.encode() in words and os.getpgid(process) == process


def environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which `settings_from` gives these settings again."""
    ours = {name for name in environ if name.startswith("CIRCLES_")} | {slots.VARIABLE}  # a job is no worker
    kept = {name: value for name, value in environ.items() if name not in ours}
    given = {
        "HOME": str(settings.home.absolute()),
        "STORE": settings.store,
        "POLICY": str(settings.policy.absolute()),
        "PSEUDONYM_KEY": settings.pseudonym_key,
        "MEMORY": settings.memory,
        "THREADS": settings.threads,
        "LOG_LEVEL": settings.log_level,
        "LOG_FORMAT": settings.log_format,
    }
    return kept | {f"CIRCLES_{name}": str(value) for name, value in given.items() if value is not None}
