"""Lists of circles for many people, made by a job.

Each person's list is an answer like any other, with its receipt; what the job itself keeps is which receipt
belongs to which place of the request (`batches/<job>.ndjson` in the home folder), one line a person. So a job
that was interrupted goes on where it stopped, an erasure finds every list among the receipts, and no file
says which account is whose pseudonym.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from api.context import Context
from api.jobs import Job
from api.services import work
from api.services.circles import recommend
from api.services.paging import pinned
from api.services.ranking import Question
from api.services.replays import Today, shown_again
from graph.errors import CursorExpired, NotFound, WrongState
from graph.home import Home

KIND = "lists"
KEPT_S = 86_400  # a result can be fetched for a day
GONE = "the result of this job is not kept any more; ask again"
SYNC_EVERY = 200  # people; as many are answered twice after a power cut, and nobody is after a kill


def begin(
    context: Context, users: Sequence[str], question: Question, *, owner: str, token: str | None = None
) -> Job:
    """Start the job.

    Args:
        users: pseudonyms, in the order of the request.
        token: of a request that counts once; sent again it finds its job.

    Raises:
        NoPublishedVersion, IncompatibleVersion: there is nothing to answer from.
    """
    if (job := work.begun(context, token)) is not None:
        return job
    version = context.versions.current().version.name
    params = {
        "users": list(users),
        "version": version,
        "limit": question.limit,
        "scene": question.scene,
        "exclude": list(question.exclude),
    }
    return work.start(context, KIND, params, owner=owner, token=token)


def make(context: Context, job: Job) -> dict[str, Any]:
    """Answer everybody who has no line yet; returns how many people there are, and how many are unknown."""
    _drop_old(context.home, now=time.time())
    asked, path = job.params, _path(context.home, job.job_id)
    at_version = pinned(context, asked["version"])
    question = Question(
        "", limit=asked["limit"], scene=asked["scene"], exclude=asked["exclude"], explain=False
    )
    done = _whole_lines(path)
    with path.open("ab") as file:
        for index, user in enumerate(asked["users"][len(done) :], start=len(done)):
            rec_id = _answered(at_version, replace(question, user=user))
            done.append(rec_id)
            file.write(orjson.dumps(rec_id) + b"\n")
            file.flush()
            if index % SYNC_EVERY == 0:
                os.fsync(file.fileno())
        os.fsync(file.fileno())
    return {"users": len(done), "unknown": done.count(None), "version": asked["version"]}


def result(context: Context, job: Job, *, start: int, limit: int, now: int) -> bytes:
    """Some lines of a result, as they may be shown now.

    Raises:
        NotFound: the job makes no lists. WrongState: it has not ended well.
        CursorExpired: the result is not kept any more.
        StoreUnavailable: what may be shown now is not known.
    """
    if job.kind != KIND:
        raise NotFound(work.UNKNOWN_JOB)
    if job.state != "done":
        raise WrongState(f"the job is {job.state}; its result is there once it is done")
    path = _path(context.home, job.job_id)
    if not path.exists() or now - (job.ended_at or now) > KEPT_S:
        raise CursorExpired(GONE)
    rec_ids = _whole_lines(path)[start : start + limit]
    known: dict[str, Mapping[str, Today]] = {}
    lines = [_line(context, index, rec_id, now, known) for index, rec_id in enumerate(rec_ids, start=start)]
    return b"".join(lines)


def _answered(context: Context, question: Question) -> str | None:
    """`rec_id` of a person's list; None for somebody unknown."""
    try:
        return str(recommend(context, question, now=context.now())["rec_id"])
    except NotFound:
        return None


def _line(
    context: Context, index: int, rec_id: str | None, now: int, known: dict[str, Mapping[str, Today]]
) -> bytes:
    unknown = {"state": "unknown"}
    again = unknown if rec_id is None else shown_again(context, rec_id, now=now, known=known)
    return orjson.dumps({"index": index, **again}) + b"\n"


def _whole_lines(path: Path) -> list[str | None]:
    """The receipts of a file; a last line that was cut off is cut away."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    return [orjson.loads(line) for line in whole.splitlines()]


def _path(home: Home, job_id: str) -> Path:
    home.batches.mkdir(mode=0o700, exist_ok=True)
    return home.batches / f"{job_id}.ndjson"


def _drop_old(home: Home, *, now: float) -> None:
    for path in home.batches.glob("*.ndjson"):
        if now - path.stat().st_mtime > 2 * KEPT_S:  # one that is being made is younger
            path.unlink(missing_ok=True)
