"""The process of one job: `python -m api.job_runner JOB_ID`, with the settings in the environment.

It may take the memory of loading or training with it when it ends; the service stays small.
"""

import logging
import os
import subprocess
import sys
import time
from typing import Any

import orjson

from api.jobs import Job, Jobs
from api.service_db import ServiceDb
from api.services.erasure import forget
from embeddings.registry import Registry
from graph.errors import CirclesError, StoreConflict
from graph.home import Home
from graph.settings import Settings, settings_from
from graph.stores.open import open_store

log = logging.getLogger(__name__)

REFUSED = 4  # exit code of a gate, see api/cli.py
PATIENCE_S = 3600  # a load that is running holds the log; an erasure waits for it this long


def main(job_id: str) -> None:
    """Run one job to its end; nothing happens when it has ended or another process runs it."""
    settings = settings_from(os.environ)
    logging.basicConfig(level=settings.log_level)
    home = Home(settings.home)
    try:
        with home.lock(f"job-{job_id}"):
            _run(job_id, settings, home)
            (home.path / f"job-{job_id}.lock").unlink(missing_ok=True)
    except StoreConflict:
        log.info("job %s is run by another process", job_id)


def _run(job_id: str, settings: Settings, home: Home) -> None:
    jobs = Jobs(ServiceDb(home.service_db))
    job = jobs.find(job_id)
    if job is None or job.state in ("done", "failed"):
        return
    if job.kind == "train" and job.state == "running":
        return jobs.end(job_id, now=_now(), problem="the training was interrupted; ask for it again")
    jobs.start(job_id, now=_now())
    try:
        is_erasure = job.kind == "forget"
        result = _forget(job, settings, home, jobs) if is_erasure else _WORK[job.kind](job)
    except CirclesError as error:
        log.warning("job %s failed: %s", job_id, error)
        jobs.end(job_id, now=_now(), problem=_words(job, error))
    else:
        jobs.end(job_id, now=_now(), result=result)


def _forget(job: Job, settings: Settings, home: Home, jobs: Jobs) -> dict[str, Any]:
    if "user" not in job.params:  # erased by a process that died before it could say so
        return {}
    store = open_store(home.store_address(settings.store))
    registry, until = Registry(home.versions), time.monotonic() + PATIENCE_S
    while True:
        try:
            gone = forget(home, store, registry, job.params["user"], now=_now())
            jobs.empty(job.job_id)
            return dict(gone)
        except StoreConflict:
            if time.monotonic() > until:
                raise
            time.sleep(1)


def _train(job: Job) -> dict[str, Any]:
    """Train by the command, so that there is one way of training; its answer is the manifest."""
    arguments = ["--json", "--seed", str(job.params["seed"]), "--device", job.params["device"]]
    if job.params.get("budget"):
        arguments += ["--budget", str(job.params["budget"])]
    arguments += ["--feedback", job.params.get("feedback", "all")]
    if not job.params["gnn"]:
        arguments.append("--no-gnn")
    done = _command("train", *arguments)
    if done.returncode:
        raise CirclesError(_problem(done.stderr, "training ended without a version"))
    manifest = orjson.loads(done.stdout)
    return {name: manifest[name] for name in ("version", "state", "metrics")}


def _promote(job: Job) -> dict[str, Any]:
    """Ask the gate by the command; a refusal is an answer too."""
    done = _command("models", "promote", job.params["version"], "--json")
    if done.returncode not in (0, REFUSED) or not done.stdout:
        raise CirclesError(_problem(done.stderr, "the gate gave no answer"))
    report: dict[str, Any] = orjson.loads(done.stdout)
    return report


def _audience(job: Job) -> dict[str, Any]:
    """Choose an audience by the command; who asked looks at the audience itself."""
    done = _command("audience", "finish", job.params["audience"], "--json")
    if done.returncode:
        raise CirclesError(_problem(done.stderr, "the audience could not be chosen"))
    audience = orjson.loads(done.stdout)
    return {name: audience[name] for name in ("audience_id", "state")}


_WORK = {"train": _train, "promote": _promote, "audience": _audience}


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "api.cli", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def _words(job: Job, error: CirclesError) -> str:
    """What may be said of a failure: an erasure is asked for by members, whom our paths do not concern."""
    if job.kind != "forget":
        return str(error)
    return f"the erasure could not be finished ({error.code}); ask for it again"


def _problem(stderr: str, otherwise: str) -> str:
    """The command's own message; not the rest of what it printed."""
    for line in reversed(stderr.splitlines()):
        if line.startswith('{"error"'):
            return str(orjson.loads(line)["error"]["message"])
    return f"{otherwise}; the log of the service says more"


def _now() -> int:
    return int(time.time())


if __name__ == "__main__":
    main(sys.argv[1])
