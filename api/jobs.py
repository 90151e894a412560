"""Long work over HTTP: a job is a row in the service database and a process of its own.

The process (`api/job_runner.py`) holds the lock `job-<id>` while it works, so that the kernel itself tells
whether a job is alive, and starting one twice does no harm. A service that comes up again picks up what an
earlier one left unfinished.
"""

import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from api.service_db import ServiceDb
from graph.errors import StoreConflict
from graph.home import Home
from graph.settings import Settings


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

    def add(self, kind: str, params: Mapping[str, Any], *, owner: str | None, now: int) -> Job:
        job_id = f"job_{secrets.token_hex(8)}"
        self._db.write("jobs.insert", (job_id, kind, owner, orjson.dumps(dict(params)), now))
        return Job(job_id, kind, "queued", owner, dict(params), now, None, None, None, None)

    def find(self, job_id: str) -> Job | None:
        rows = self._db.read("jobs.find", (job_id,))
        return _job(rows[0]) if rows else None

    def unfinished(self) -> list[Job]:
        """Queued and running jobs, oldest first."""
        return [_job(row) for row in self._db.read("jobs.unfinished")]

    def start(self, job_id: str, *, now: int) -> None:
        self._db.write("jobs.start", (now, job_id))

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
        """Finish a job, as failed when there is a problem."""
        state = "failed" if problem else "done"
        packed = orjson.dumps(dict(result)) if result is not None else None
        self._db.write("jobs.end", (state, now, packed, problem, job_id))


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

    def launch(self, job_id: str) -> None:
        """Start the process of a job; it outlives this worker, and leaves again if another one runs it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "api.job_runner", job_id],
            env=environment(self._settings, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        threading.Thread(target=process.wait, daemon=True).start()  # collects the exit status

    def revive(self, job_id: str) -> bool:
        """Start a job again whose process is gone; False while it is alive."""
        try:
            with self._home.lock(f"job-{job_id}"):
                pass
        except StoreConflict:
            return False
        self.launch(job_id)
        return True


def environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which `settings_from` gives these settings again."""
    kept = {name: value for name, value in environ.items() if not name.startswith("CIRCLES_")}
    given = {
        "HOME": str(settings.home.absolute()),
        "STORE": settings.store,
        "POLICY": str(settings.policy.absolute()),
        "PSEUDONYM_KEY": settings.pseudonym_key,
        "MEMORY": settings.memory,
        "THREADS": settings.threads,
        "LOG_LEVEL": settings.log_level,
    }
    return kept | {f"CIRCLES_{name}": str(value) for name, value in given.items() if value is not None}
