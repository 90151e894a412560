"""Jobs: asking for long work, and looking at it."""

from collections.abc import Sequence
from typing import Any

from api.audit import Action, record
from api.context import Context
from api.jobs import UNFINISHED, Job, job_id_of
from api.services.erasure_progress import rewrite_is_due
from api.services.moments import written
from graph.errors import NotFound, StoreConflict, WrongState

UNKNOWN_JOB = "unknown job, or not visible with this key"
CANCELLABLE = ("train", "promote", "lists")
_KEPT = {
    "forget": "who asked to be erased is erased",
    "audience": "end the audience itself, with DELETE /v1/audiences/{audience_id}",
    "catalogue": "a wall that was raised holds for earlier payments too",
}
SETTLE_S = 30  # a job that is younger may not have taken its lock yet


def train(context: Context, params: dict[str, Any], *, owner: str, token: str | None = None) -> Job:
    """Start a training. token: of a request that counts once; sent again it finds its job.

    Raises:
        StoreConflict: one is running; two would only slow each other down.
    """
    if (known := begun(context, token)) is not None:
        return known
    for job in context.jobs.unfinished():
        if job.kind == "train":
            raise StoreConflict(f"a training is under way already ({job.job_id}); wait until it has ended")
    return start(context, "train", params, owner=owner, token=token)


def promote(context: Context, version: str, *, owner: str, token: str | None = None) -> Job:
    """Start putting a version to the gate; the report is the job's result.

    Raises:
        NotFound: there is no such version.
        StoreConflict: a training or another promotion is running.
    """
    if (known := begun(context, token)) is not None:
        return known
    context.versions.registry.manifest(version)
    for job in context.jobs.unfinished():
        if job.kind in ("train", "promote"):
            raise StoreConflict(f"a {job.kind} job is under way ({job.job_id}); wait until it has ended")
    record(context, Action.MODEL_PUT_TO_GATE, object=version)
    return start(context, "promote", {"version": version}, owner=owner, token=token)


def start(
    context: Context, kind: str, params: dict[str, Any], *, owner: str | None, token: str | None = None
) -> Job:
    """Write a job down, then start its process: a job that was answered is not lost."""
    job = context.jobs.add(kind, params, owner=owner, now=context.now(), token=token)
    context.launcher.launch(job.job_id, kind)
    return job


def begun(context: Context, token: str | None) -> Job | None:
    """The job of a request that was sent before."""
    job = None if token is None else context.jobs.find(job_id_of(token))
    if job is not None and job.state == "queued":
        context.launcher.revive(
            job.job_id, job.kind
        )  # whoever wrote it down may have died before starting it
    return job


def find(context: Context, job_id: str, owner: str | None, anybodys: Sequence[str] = ()) -> Job:
    """A job as it stands; one whose process died is started again.

    Args:
        owner: id of the key that must have asked for it; None for anybody's.
        anybodys: kinds of which the owner may see those of others too.

    Raises:
        NotFound: unknown, or another key's.
    """
    job = context.jobs.find(job_id)
    if job is None or (owner is not None and job.owner != owner and job.kind not in anybodys):
        raise NotFound(UNKNOWN_JOB)
    if job.state in UNFINISHED and context.now() - (job.started_at or job.created_at) > SETTLE_S:
        context.launcher.revive(job_id, job.kind)
    return job


def cancel(context: Context, job_id: str, owner: str | None) -> Job:
    """End a job where it stands; one that is cancelled already stays so.

    Args:
        owner: as for `find`.

    Raises:
        NotFound: unknown, or another key's. WrongState: it has ended, or is of a kind that must not be left
            half done.
    """
    job = context.jobs.find(job_id)
    if job is None or (owner is not None and job.owner != owner):
        raise NotFound(UNKNOWN_JOB)
    if job.kind not in CANCELLABLE:
        raise WrongState(f"a job of kind {job.kind} cannot be cancelled: {_KEPT[job.kind]}")
    if not context.jobs.cancel(job_id, now=context.now()):
        job = context.jobs.find(job_id) or job
        if job.state != "cancelled":
            raise WrongState(f"the job has ended ({job.state}), so there is nothing to cancel")
    context.launcher.stop(job_id)  # also of one cancelled before: that may have been cut short
    context.launcher.start_next(context.jobs, job.kind)
    return context.jobs.find(job_id) or job


def resume(context: Context) -> None:
    """Pick up jobs that an earlier service left unfinished, and erasures that no job looks after any more."""
    unfinished = context.jobs.unfinished()
    for job in unfinished:
        context.launcher.revive(job.job_id, job.kind)
    asked = [job.params for job in unfinished if job.kind == "forget"]
    for (user,) in context.db.read("erasures.all"):
        if {"user": user} not in asked:
            start(context, "forget", {"user": user}, owner=None)
    if rewrite_is_due(context.db) and not asked:
        start(context, "forget", {}, owner=None)  # of nobody any more: there is a file left to clear


def shown(job: Job) -> dict[str, Any]:
    """A job for the outside; its parameters may name a person and stay inside."""
    value = {
        "job_id": job.job_id,
        "kind": job.kind,
        "state": job.state,
        "created_at": written(job.created_at),
        "started_at": written(job.started_at),
        "ended_at": written(job.ended_at),
        "result": job.result,
        "problem": job.problem,
    }
    return {name: part for name, part in value.items() if part is not None}
