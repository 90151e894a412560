"""The process of one job: `python -m api.job_runner JOB_ID [REQUEST_ID]`; settings are in the environment.

It may take the memory of loading or training with it when it ends; the service stays small.
"""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import orjson

from api.actor import ACTOR, Actor
from api.context import wire
from api.erasure_receipts import Signer
from api.job_places import place
from api.jobs import UNFINISHED, Job, Jobs, Launcher
from api.observe import seen
from api.observe.logs import catch_crashes, configure
from api.service_db import ServiceDb
from api.services.batch_lists import make
from api.services.erasure import finish, rewrite_if_due
from embeddings.registry import Registry
from graph.errors import CirclesError, StoreConflict, StoreUnavailable
from graph.home import Home
from graph.policy.values import read_policy
from graph.settings import Settings, settings_from
from graph.stores.open import open_store
from loaders.following import follow_catalogue

log = logging.getLogger("api.job_runner")  # run with -m its name is another one

REFUSED = 4  # exit code of a gate, see api/cli.py
PATIENCE_S = 3600  # a load that is running holds the log; an erasure waits for it this long


def main(job_id: str, request_id: str = "") -> None:
    """Run one job to its end; nothing happens when it has ended or another process runs it.

    Args:
        request_id: of the request that asked for it; in every log line. Empty when nobody waits for it.
    """
    settings = settings_from(os.environ)
    configure(settings.log_level, settings.log_format or "text")
    catch_crashes()
    seen.begin(request_id)
    home = Home(settings.home)
    jobs = Jobs(ServiceDb(home.service_db))
    job = jobs.find(job_id)
    if job is None:
        return
    try:
        with home.lock(f"job-{job_id}"), place(home, job.kind) as has_place:
            if has_place:
                _run(job_id, settings, home, jobs)
            (home.path / f"job-{job_id}.lock").unlink(missing_ok=True)
    except StoreConflict:
        log.info("job %s is run by another process", job_id)
    else:
        if has_place:
            seen.begin("")  # what comes next is of another request
            Launcher(settings, home).start_next(jobs, job.kind)


def _run(job_id: str, settings: Settings, home: Home, jobs: Jobs) -> None:
    job = jobs.find(job_id)
    if job is None or job.state not in UNFINISHED:
        return
    if job.kind == "train" and job.state == "running":
        return jobs.end(job_id, now=_now(), problem="the training was interrupted; ask for it again")
    ACTOR.set(Actor(job_id))
    try:
        if job.kind == "catalogue":  # it begins when it has the log, see `_catalogue`
            result = _catalogue(job, settings, home, jobs)
        else:
            if not jobs.start(job_id, now=_now()):
                return  # cancelled meanwhile
            log.info("job %s (%s) begins", job_id, job.kind)
            if job.kind == "forget":
                result = _forget(job, settings, home, jobs)
            else:
                result = _lists(job, settings) if job.kind == "lists" else _WORK[job.kind](job)
    except CirclesError as error:
        log.warning("job %s failed: %s", job_id, error)
        jobs.end(job_id, now=_now(), problem=_words(job, error))
    else:
        jobs.end(job_id, now=_now(), result=result)
        log.info("job %s (%s) is done", job_id, job.kind)


def _forget(job: Job, settings: Settings, home: Home, jobs: Jobs) -> dict[str, Any]:
    signer, registry = Signer(home.path, read_policy(settings.policy).policy_id), Registry(home.versions)

    def erase() -> dict[str, Any]:
        asked = jobs.find(job.job_id) or job
        if "user" in asked.params:
            with closing(open_store(home.store_address(settings.store))) as store:
                finish(home, store, registry, asked.params["user"], clock=_now, signer=signer)
            asked = jobs.find(job.job_id) or job
        else:  # erased by a process that died before it could say so, or by another job of this person
            rewrite_if_due(home)
        if "user" in asked.params:  # there was nobody left to erase
            jobs.empty(job.job_id)
        return asked.result or {}

    return _patiently(erase)


def _catalogue(job: Job, settings: Settings, home: Home, jobs: Jobs) -> dict[str, Any]:
    """Until it begins it stays queued, so that further changes need no job of their own."""
    store, policy = open_store(home.store_address(settings.store)), read_policy(settings.policy)

    def follow() -> dict[str, Any]:
        changed = follow_catalogue(
            home,
            store,
            policy,
            begun=lambda: jobs.start(job.job_id, now=_now()),
            memory=settings.memory,
            threads=settings.threads,
        )
        return {"payments": changed}

    return _patiently(follow)


def _lists(job: Job, settings: Settings) -> dict[str, Any]:
    context = wire(settings)
    try:
        return make(context, job)
    finally:
        context.close()


def _patiently(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Try again while a load or a training is in the way, or the store is away."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return work()
        except (StoreConflict, StoreUnavailable):
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
    main(*sys.argv[1:3])
