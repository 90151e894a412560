"""From scores to lists to figures: who is asked for what, full ranking, memberships of train left out."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.baselines import Method
from embeddings.batch import blocks_of, mask_out
from embeddings.metrics import coverage, hit_at, hits, ndcg_at, novelty, popularity_lift, recall_at
from embeddings.model import Float32
from embeddings.scorer import best
from embeddings.touches import Matrix, degrees, touches_of
from graph.snapshot import Snapshot

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
TOP_K = 20


@dataclass(frozen=True)
class Answers:
    """Who has to find what, as rows of a snapshot.

    users: int64 (num_users,), -1 for somebody the snapshot does not have.
    rows, circles: int64 (num_known,), position in `users` and circle row.
    num_answers: int64 (num_users,), with those that name a circle the snapshot does not have.
    """

    users: Int64
    rows: Int64
    circles: Int64
    num_answers: Int64


def answers_of(snapshot: Snapshot, wanted: Mapping[str, Collection[str]]) -> Answers:
    """Translate ids to rows, users in the order of their ids; who wants nothing is left out."""
    ids = sorted(user_id for user_id, circles in wanted.items() if circles)
    users = snapshot.users.find_all(ids)
    counts = np.array([len(set(wanted[user_id])) for user_id in ids], dtype=np.int64)
    circles = snapshot.circles.find_all(circle for user_id in ids for circle in sorted(set(wanted[user_id])))
    rows = np.repeat(np.arange(len(ids)), counts)
    known = (circles >= 0) & (users[rows] >= 0)
    return Answers(users, rows[known], circles[known], counts)


@dataclass(frozen=True)
class Ranked:
    """Lists of everybody who was asked.

    circles: int64 (num_users, top_k), best first, -1 where a list has ended. scores: float32, -inf there.
    """

    circles: Int64
    scores: Float32


def ranked_lists(method: Method, snapshot: Snapshot, users: Int64, top_k: int) -> Ranked:
    """Best circles of each user without those joined in train; nobody but the known ones has a list."""
    members = touches_of(snapshot, half_life_days=1.0).members
    width = min(top_k, len(snapshot.circles))
    ranked = np.full((len(users), width), -1, dtype=np.int64)
    scores = np.full((len(users), width), -np.inf, dtype=np.float32)
    known = np.flatnonzero(users >= 0)
    for start, block in _numbered(blocks_of(users[known], len(snapshot.circles))):
        for place, values in enumerate(_masked(method.scores(block), members[block]), start):
            rows, kept = best(values, width, values > -np.inf)
            at = known[place]
            ranked[at, : len(rows)], scores[at, : len(rows)] = rows, kept
    return Ranked(ranked, scores)


def _masked(scores: Float32, members: Matrix) -> Float32:
    mask_out(scores, members)
    return scores


def _numbered(blocks: Iterator[Int64]) -> Iterator[tuple[int, Int64]]:
    start = 0
    for block in blocks:
        yield start, block
        start += len(block)


def gains_of(ranked: Ranked, asked: Answers) -> Float64:
    """ndcg@20 of each user that was asked; float64 (num_users,)."""
    return ndcg_at(hits(ranked.circles, asked.rows, asked.circles), asked.num_answers, TOP_K)


def metrics_of(ranked: Ranked, asked: Answers, snapshot: Snapshot) -> dict[str, float]:
    """Means over all users that were asked, those without a list with them: they found nothing.

    `unseen_hit@20` is the share of the answers in circles without a member in train that were found; it is
    there only when there are such answers.
    """
    found = hits(ranked.circles, asked.rows, asked.circles)
    members = degrees(touches_of(snapshot, half_life_days=1.0).members, 0)
    out = {}
    for top_k in (10, TOP_K):
        out[f"recall@{top_k}"] = float(recall_at(found, asked.num_answers, top_k).mean())
        out[f"ndcg@{top_k}"] = float(ndcg_at(found, asked.num_answers, top_k).mean())
    shown = ranked.circles[:, :TOP_K]
    out[f"hit@{TOP_K}"] = float(hit_at(found, TOP_K).mean())
    out[f"coverage@{TOP_K}"] = coverage(shown, len(snapshot.circles))
    out[f"novelty@{TOP_K}"] = novelty(shown, members, len(snapshot.users))
    out[f"popularity_lift@{TOP_K}"] = popularity_lift(shown, asked.circles, members)
    unseen = members[asked.circles] == 0
    if unseen.any():
        out[f"unseen_hit@{TOP_K}"] = _unseen(shown, asked.rows[unseen], asked.circles[unseen])
    return {name: round(value, 5) for name, value in out.items()}


def _unseen(shown: Int64, rows: Int64, circles: Int64) -> float:
    return float((shown[rows] == circles[:, None]).any(axis=1).mean())
