"""Jobs: asking for long work, and looking at it."""

from typing import Any

from api.context import Context
from api.jobs import Job
from api.services.moments import written
from graph.errors import NotFound, StoreConflict

SETTLE_S = 30  # a job that is younger may not have taken its lock yet


def train(context: Context, params: dict[str, Any], *, owner: str) -> Job:
    """Start a training.

    Raises:
        StoreConflict: one is running; two would only slow each other down.
    """
    for job in context.jobs.unfinished():
        if job.kind == "train":
            raise StoreConflict(f"a training is under way already ({job.job_id}); wait until it has ended")
    return start(context, "train", params, owner=owner)


def promote(context: Context, version: str, *, owner: str) -> Job:
    """Start putting a version to the gate; the report is the job's result.

    Raises:
        NotFound: there is no such version.
        StoreConflict: a training or another promotion is running.
    """
    context.versions.registry.manifest(version)
    for job in context.jobs.unfinished():
        if job.kind in ("train", "promote"):
            raise StoreConflict(f"a {job.kind} job is under way ({job.job_id}); wait until it has ended")
    return start(context, "promote", {"version": version}, owner=owner)


def start(context: Context, kind: str, params: dict[str, Any], *, owner: str) -> Job:
    """Write a job down, then start its process: a job that was answered is not lost."""
    job = context.jobs.add(kind, params, owner=owner, now=context.now())
    context.launcher.launch(job.job_id)
    return job


def find(context: Context, job_id: str, owner: str | None) -> Job:
    """A job as it stands; one whose process died is started again.

    Args:
        owner: id of the key that must have asked for it; None for anybody's.

    Raises:
        NotFound: unknown, or another key's.
    """
    job = context.jobs.find(job_id)
    if job is None or (owner is not None and job.owner != owner):
        raise NotFound("unknown job, or not visible with this key")
    unfinished = job.state in ("queued", "running")
    if unfinished and context.now() - (job.started_at or job.created_at) > SETTLE_S:
        context.launcher.revive(job_id)
    return job


def resume(context: Context) -> None:
    """Pick up jobs that an earlier service left unfinished."""
    for job in context.jobs.unfinished():
        context.launcher.revive(job.job_id)


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
