"""Score methods against answers they have not seen: full ranking, memberships of train left out.

Everything is fitted to the given snapshot alone; answers are looked at once, for the figures.
"""

import resource
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.baselines import BASELINES, Method
from embeddings.batch import blocks_of, mask_out
from embeddings.circles import CirclesMethod
from embeddings.metrics import coverage, hits, ndcg_at, recall_at
from embeddings.model import Float32
from embeddings.scorer import best
from embeddings.touches import Matrix, touches_of
from embeddings.tuning import Progress, silent
from graph.errors import InputError
from graph.snapshot import Snapshot

Int64 = npt.NDArray[np.int64]
TOP_K = 20
LIST_SIZE = 100
METHODS = ("circles", *BASELINES)


@dataclass(frozen=True)
class Answers:
    """Who has to find what, as rows of a snapshot.

    users: int64 (num_users,). rows, circles: int64 (num_known,), position in `users` and circle row.
    num_answers: int64 (num_users,), with those that name a circle the snapshot does not have.
    """

    users: Int64
    rows: Int64
    circles: Int64
    num_answers: Int64


def evaluate(
    snapshot: Snapshot,
    answers: Mapping[str, Collection[str]],
    *,
    methods: Sequence[str] = METHODS,
    seed: int = 0,
    budget_s: float | None = None,
    device: str = "auto",
    lists: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Fit and score each method.

    Args:
        answers: user id -> ids of circles to be found; users the snapshot does not know count as not found.
        methods: names among METHODS; `circles` is ours.
        budget_s: wall-clock seconds for our method's GNN.
        lists: Parquet file for our answers: user_id, rank, circle_id, score; the top 100 of each user.

    Returns:
        `{"seed", "num_users", "methods": [{"name", "metrics", "fit_cpu_seconds", "fit_seconds",
        "peak_memory_mib"}]}`, metrics averaged over users.

    Raises:
        InputError: a method is unknown, or there is nobody to ask.
    """
    wanted = _wanted(answers)
    asked = answers_of(snapshot, wanted)
    results = []
    for name in methods:
        method = method_of(name, seed=seed, device=device, budget_s=budget_s, progress=progress)
        results.append(_measured(method, snapshot, asked, len(wanted), lists if name == "circles" else None))
    return {"seed": seed, "num_users": len(wanted), "methods": results}


def method_of(
    name: str,
    *,
    seed: int = 0,
    device: str = "auto",
    budget_s: float | None = None,
    progress: Progress = silent,
) -> Method:
    """A method by its name. Raises InputError for an unknown one."""
    if name == CirclesMethod.name:
        return CirclesMethod(seed=seed, device=device, budget_s=budget_s, progress=progress)
    if name not in BASELINES:
        raise InputError(f"method {name!r} is not known; methods are {', '.join(METHODS)}")
    return BASELINES[name]()


def answers_of(snapshot: Snapshot, answers: Mapping[str, Collection[str]]) -> Answers:
    """Translate ids to rows; users that the snapshot does not have are left out here."""
    ids = sorted(answers)
    users = snapshot.users.find_all(ids)
    known = [user_id for user_id, row in zip(ids, users.tolist(), strict=True) if row >= 0]
    counts = np.array([len(answers[user_id]) for user_id in known], dtype=np.int64)
    circles = snapshot.circles.find_all(circle for user_id in known for circle in sorted(answers[user_id]))
    rows = np.repeat(np.arange(len(known)), counts)
    return Answers(users[users >= 0], rows[circles >= 0], circles[circles >= 0], counts)


def _wanted(answers: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    wanted = {user_id: set(circles) for user_id, circles in answers.items() if circles}
    if not wanted:
        raise InputError("there are no answers to score against; expected memberships in the test part")
    return wanted


def _measured(
    method: Method, snapshot: Snapshot, asked: Answers, num_users: int, lists: Path | None
) -> dict[str, Any]:
    _reset_peak()
    wall, cpu = time.monotonic(), time.process_time()
    method.fit(snapshot)
    fitted = {
        "fit_cpu_seconds": round(time.process_time() - cpu, 2),
        "fit_seconds": round(time.monotonic() - wall, 2),
    }
    ranked, scores = ranked_lists(method, snapshot, asked.users, LIST_SIZE)
    if lists is not None:
        write_parquet(lists, snapshot, asked.users, ranked, scores)
    metrics = metrics_of(ranked, asked, num_users, len(snapshot.circles))
    return {"name": method.name, "metrics": metrics, **fitted, "peak_memory_mib": round(_peak_mib())}


def metrics_of(ranked: Int64, asked: Answers, num_users: int, num_circles: int) -> dict[str, float]:
    """Means over all users that were asked for; those without a list found nothing."""
    found = hits(ranked, asked.rows, asked.circles)
    out = {}
    for top_k in (10, TOP_K):
        out[f"recall@{top_k}"] = float(recall_at(found, asked.num_answers, top_k).sum() / num_users)
        out[f"ndcg@{top_k}"] = float(ndcg_at(found, asked.num_answers, top_k).sum() / num_users)
    out[f"coverage@{TOP_K}"] = coverage(ranked[:, :TOP_K], num_circles)
    return {name: round(value, 5) for name, value in out.items()}


def ranked_lists(method: Method, snapshot: Snapshot, users: Int64, top_k: int) -> tuple[Int64, Float32]:
    """Best circles of each user without those joined in train.

    Returns:
        int64 and float32 (num_users, min(top_k, num_circles)); -1 and -inf where a list has ended.
    """
    members = touches_of(snapshot, half_life_days=1.0).members
    width = min(top_k, len(snapshot.circles))
    ranked = np.full((len(users), width), -1, dtype=np.int64)
    scores = np.full((len(users), width), -np.inf, dtype=np.float32)
    for start, block in _numbered(blocks_of(users, len(snapshot.circles))):
        for row, values in enumerate(_masked(method.scores(block), members[block]), start):
            rows, kept = best(values, width, values > -np.inf)
            ranked[row, : len(rows)], scores[row, : len(rows)] = rows, kept
    return ranked, scores


def _masked(scores: Float32, members: Matrix) -> Float32:
    mask_out(scores, members)
    return scores


def _numbered(blocks: Iterator[Int64]) -> Iterator[tuple[int, Int64]]:
    start = 0
    for block in blocks:
        yield start, block
        start += len(block)


def write_parquet(path: Path, snapshot: Snapshot, users: Int64, ranked: Int64, scores: Float32) -> None:
    """Write lists as `user_id, rank, circle_id, score`, ranks from 1; by user and rank."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows, places = np.nonzero(ranked >= 0)
    user_ids, circle_ids = [snapshot.users[int(u)] for u in users], list(snapshot.circles)
    columns = {
        "user_id": pa.DictionaryArray.from_arrays(rows.astype(np.int32), user_ids).cast(pa.string()),
        "rank": pa.array(places + 1, pa.int32()),
        "circle_id": pa.DictionaryArray.from_arrays(ranked[rows, places].astype(np.int32), circle_ids).cast(
            pa.string()
        ),
        "score": pa.array(scores[rows, places], pa.float32()),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, compression="zstd")


def _reset_peak() -> None:
    """Start the kernel's high-water mark of memory anew, where it can be."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_mib() -> float:
    """Most memory since the mark was reset, in MiB; of the whole process where it could not be."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
