"""Score models of links against new ones: full ranking of everybody, links of train left out.

Two questions: behaviour only, where links of train are labels and never features; and with known links. Lists
are those before the gates; what the gates cost stands beside them.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.evaluation.answers_file import write_whole
from embeddings.evaluation.bootstrap import interval
from embeddings.evaluation.names import check_lists, check_names
from embeddings.links.formulas import KNOWN_NAMES, NAMES, Peer, formulas_of
from embeddings.links.gated import Weighed, weigh_pairs
from embeddings.links.ground import Bool, Float64, Ground, Int64, ground_of, links_of
from embeddings.links.measures import auc, recall, reliability_table
from embeddings.links.pairs import Pairs, join, pairs_in
from embeddings.links.ranker import Ranker, fit
from embeddings.links.retrieve import candidates_of
from embeddings.touches import Matrix
from embeddings.tuning import Progress, silent
from graph.errors import InputError
from graph.policy.trust import TrustValues
from graph.snapshot import Snapshot

OURS, OURS_KNOWN = "circles", "circles-known"
METHODS = (OURS, OURS_KNOWN, *NAMES, *KNOWN_NAMES)
LIST_SIZE = 100
RANDOM_PAIRS = 50_000
ACTIVE = 3  # merchants from which somebody counts for the figures named "active"
BLOCK = 512


@dataclass(frozen=True)
class Question:
    """Whom to find. users: asked, rows. truth: new links. labelled: pairs with labels and kinds."""

    ground: Ground
    known: Pairs
    truth: Pairs
    users: Int64
    labelled: tuple[Pairs, Bool, Any]


def evaluate_links(
    snapshot: Snapshot,
    links: Sequence[tuple[str, str]],
    labelled: Sequence[tuple[str, str, int, str]] = (),
    *,
    values: TrustValues,
    methods: Sequence[str] | None = None,
    seed: int = 0,
    lists: Path | None = None,
    adult: Bool | None = None,
    reliability: Float64 | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Fit and score each method.

    Args:
        links: new links by id, those to be found.
        labelled: user, other, label, kind (`new`, `random`, `shared_venue`); random pairs are drawn if empty.
        lists: Parquet file for our answers, and `<lists>.pairs` for the labelled pairs.

    Returns:
        `{"seed", "asked", "methods": [{"name", "metrics", "intervals", ...}]}`.

    Raises:
        InputError: a method is unknown, or nobody is to be found.
    """
    names = tuple(methods) if methods is not None else METHODS
    check_names(names, METHODS)
    check_lists(lists, names, OURS)
    ground = ground_of(snapshot, adult=adult, reliability=reliability, with_links=False, seed=seed)
    known_links = links_of(snapshot, ground.eligible)
    asked = _question(snapshot, ground, known_links, links, labelled, seed)
    makers = formulas_of(ground, known_links, seed=seed)
    found = []
    for done, name in enumerate(names):
        progress("methods", done, len(names))
        cpu = time.process_time()
        if name in (OURS, OURS_KNOWN):
            ranker = fit(ground, known_links, known=name == OURS_KNOWN, values=values, seed=seed)
            spent = time.process_time() - cpu
            row = _ours(name, ranker, asked, values, seed, snapshot, lists if name == OURS else None)
        else:
            peer = makers[name]()
            spent = time.process_time() - cpu
            row = _peer(name, peer, asked, seed)
        found.append(row | {"fit_cpu_seconds": round(spent, 3)})
    progress("methods", len(names), len(names))
    return {
        "seed": seed,
        "asked": {
            "users": len(asked.users),
            "links": len(asked.truth),
            "known_links": len(asked.known),
            "active_users": int((ground.busy[asked.users] >= ACTIVE).sum()),
        },
        "methods": found,
    }


def _question(
    snapshot: Snapshot,
    ground: Ground,
    known_links: Matrix,
    links: Sequence[tuple[str, str]],
    labelled: Sequence[tuple[str, str, int, str]],
    seed: int,
) -> Question:
    num, known = ground.num_users, pairs_in(known_links)
    truth = Pairs.of(*_rows(snapshot, links), num)
    truth = truth[~truth.among(known, num)]
    truth = truth[ground.eligible[truth.one] & ground.eligible[truth.other]]
    if not len(truth):
        raise InputError("there is no new link between people of train to be found; expected test/links")
    users = np.unique(np.concatenate([truth.one, truth.other]))
    if labelled:
        one, other = _rows(snapshot, [(row[0], row[1]) for row in labelled], keep=True)
        good = (one >= 0) & (other >= 0)
        labels = np.array([row[2] for row in labelled], dtype=bool)[good]
        kinds = np.array([row[3] for row in labelled])[good]
        return Question(ground, known, truth, users, (Pairs(one[good], other[good]), labels, kinds))
    rng, everybody = np.random.default_rng([seed, 8]), np.flatnonzero(ground.eligible)
    drawn = Pairs.of(rng.choice(everybody, RANDOM_PAIRS), rng.choice(everybody, RANDOM_PAIRS), num)
    drawn = drawn[~(drawn.among(known, num) | drawn.among(truth, num))]
    both = Pairs(np.concatenate([truth.one, drawn.one]), np.concatenate([truth.other, drawn.other]))
    labels = np.arange(len(both)) < len(truth)
    return Question(ground, known, truth, users, (both, labels, np.where(labels, "new", "random")))


def _rows(snapshot: Snapshot, pairs: Sequence[tuple[str, str]], *, keep: bool = False) -> tuple[Int64, Int64]:
    one, other = (snapshot.users.find_all([pair[side] for pair in pairs]) for side in (0, 1))
    good = np.ones(len(one), dtype=bool) if keep else (one >= 0) & (other >= 0)
    return one[good], other[good]


# -- lists ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lists:
    """others: int64 (num_users, LIST_SIZE), best first, -1 where a list has ended; scores: float64."""

    others: Int64
    scores: Float64


def _listed(question: Question, rows: Callable[[Int64], Any]) -> Lists:
    """The best of everybody, without known links and oneself."""
    num = question.ground.num_users
    known = _both_ways(question.known, num)
    size = min(LIST_SIZE, num)
    others = np.full((len(question.users), size), -1, dtype=np.int64)
    scores = np.full((len(question.users), size), -np.inf)
    for start in range(0, len(question.users), BLOCK):
        block = question.users[start : start + BLOCK]
        dense = rows(block).astype(np.float64)
        left_out = known[block].tocoo()
        dense[left_out.row, left_out.col] = -np.inf
        dense[np.arange(len(block)), block] = -np.inf
        dense[:, ~question.ground.eligible] = -np.inf
        top = np.argpartition(-dense, size - 1, axis=1)[:, :size]
        values = np.take_along_axis(dense, top, axis=1)
        order = np.lexsort((top, -values), axis=1)
        part = slice(start, start + len(block))
        others[part] = np.take_along_axis(top, order, axis=1)
        scores[part] = np.take_along_axis(values, order, axis=1)
    others[~np.isfinite(scores)] = -1
    return Lists(others, scores)


def _from_pairs(question: Question, pairs: Pairs, scores: Float64) -> Lists:
    num = question.ground.num_users
    matrix = _both_ways(pairs, num, scores - scores.min() + 1.0 if len(scores) else scores)

    def rows(users: Int64) -> Any:
        dense = matrix[users].toarray()
        return np.where(dense > 0, dense + (scores.min() - 1.0 if len(scores) else 0.0), -np.inf)

    return _listed(question, rows)


def _both_ways(pairs: Pairs, num: int, values: Float64 | None = None) -> Matrix:
    data = np.ones(len(pairs)) if values is None else values
    ends = np.concatenate([pairs.one, pairs.other]), np.concatenate([pairs.other, pairs.one])
    return Matrix((np.concatenate([data, data]), ends), shape=(num, num))


# -- figures -------------------------------------------------------------------------------------------


def _peer(name: str, peer: Peer, question: Question, seed: int) -> dict[str, Any]:
    pairs = question.labelled[0]
    lists = _listed(question, peer.rows)
    return {"name": name} | _figures(question, lists, peer.pairs(pairs.one, pairs.other), seed)


def _ours(
    name: str,
    ranker: Ranker,
    question: Question,
    values: TrustValues,
    seed: int,
    snapshot: Snapshot,
    path: Path | None,
) -> dict[str, Any]:
    ground, num = question.ground, question.ground.num_users
    candidates = candidates_of(ranker.describer)
    candidates = candidates[~candidates.among(question.known, num)]
    scores = ranker.scores(candidates)
    calibrated = ranker.weights(scores)
    weighed = weigh_pairs(ground, candidates, values, calibrated=calibrated)
    lists = _from_pairs(question, candidates, scores)
    asked = question.labelled[0]
    of_pairs = ranker.scores(Pairs(np.minimum(asked.one, asked.other), np.maximum(asked.one, asked.other)))
    out = {"name": name} | _figures(question, lists, of_pairs, seed)
    out |= {"model": ranker.kind, "calibrated": ranker.calibrated, "candidates": len(candidates)}
    out["gated"] = _gates(question, candidates, weighed, lists, seed)
    labels = candidates.among(question.truth, num)
    if calibrated is not None:
        error, table = reliability_table(calibrated, labels)
        out["metrics"]["ece"] = round(error, 4)
        out["reliability"] = table
    if path is not None:
        shown = ranker.weights(np.where(lists.others >= 0, lists.scores, 0.0).ravel())
        _write_lists(path, snapshot, question, lists, lists.scores if shown is None else shown)
        of_labelled = ranker.weights(of_pairs)
        _write_pairs(path, snapshot, asked, of_pairs if of_labelled is None else of_labelled)
    return out


def _figures(question: Question, lists: Lists, of_pairs: Float64, seed: int) -> dict[str, Any]:
    hits, num_true = _hits(question, lists, question.truth)
    active = question.ground.busy >= ACTIVE
    pairs, labels, kinds = question.labelled
    shared = _shares(question.ground, pairs)
    ordinary = kinds != "shared_venue"
    metrics = {f"recall@{k}": float(recall(hits, num_true, k).mean()) for k in (10, 100)}
    metrics["auc"] = auc(labels[ordinary], of_pairs[ordinary])
    metrics["auc_shared"] = auc(labels[ordinary & shared], of_pairs[ordinary & shared])
    venue = shared & (kinds != "random")
    if (venue & ~labels).any():
        metrics["auc_venue_sample"] = auc(labels[venue], of_pairs[venue])
    metrics |= _active(question, lists, active)
    both = active[pairs.one] & active[pairs.other] & ordinary
    metrics["active_auc"] = auc(labels[both], of_pairs[both])
    metrics["active_auc_shared"] = auc(labels[both & shared], of_pairs[both & shared])
    rounded = {name: round(value, 5) for name, value in metrics.items()}
    return {
        "metrics": rounded,
        "intervals": {"recall@10": interval(recall(hits, num_true, 10), seed=seed).rounded()},
    }


def _active(question: Question, lists: Lists, active: Bool) -> dict[str, float]:
    """The same among people who go to at least three merchants, who alone can have evidence."""
    truth = question.truth[active[question.truth.one] & active[question.truth.other]]
    if not len(truth):
        return {}
    kept = np.where(lists.others >= 0, active[lists.others], False)
    order = np.argsort(~kept, axis=1, kind="stable")
    others = np.where(np.take_along_axis(kept, order, 1), np.take_along_axis(lists.others, order, 1), -1)
    hits, num_true = _hits(question, Lists(others, lists.scores), truth)
    asked = num_true > 0
    return {f"active_recall@{k}": float(recall(hits[asked], num_true[asked], k).mean()) for k in (10, 100)}


def _hits(question: Question, lists: Lists, truth: Pairs) -> tuple[Bool, Int64]:
    num = question.ground.num_users
    keys = np.sort(np.concatenate([truth.keys(num), truth.other * num + truth.one]))
    asked = question.users[:, None] * num + lists.others
    at = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    counts = np.bincount(np.concatenate([truth.one, truth.other]), minlength=num)
    return (keys[at] == asked) & (lists.others >= 0), counts[question.users]


def _shares(ground: Ground, pairs: Pairs) -> Bool:
    joined = join(ground.visits, pairs.one, pairs.other)
    return np.bincount(joined.pair, minlength=len(pairs)) > 0


def _gates(
    question: Question, candidates: Pairs, weighed: Weighed, lists: Lists, seed: int
) -> dict[str, float]:
    """What the gates leave of recall@10, over new links that share at least three merchants."""
    passed = weighed.weight > 0
    gated = _from_pairs(question, candidates[passed], weighed.weight[passed])
    joined = join(question.ground.visits, question.truth.one, question.truth.other)
    enough = np.bincount(joined.pair, minlength=len(question.truth)) >= ACTIVE
    truth = question.truth[enough]
    if not len(truth):
        return {}
    out: dict[str, float] = {"links_with_minimum": len(truth)}
    for name, found in (("recall@10", gated), ("ungated_recall@10", lists)):
        hits, num_true = _hits(question, found, truth)
        out[name] = round(float(recall(hits[num_true > 0], num_true[num_true > 0], 10).mean()), 5)
    out["kept"] = round(out["recall@10"] / max(out["ungated_recall@10"], 1e-9), 4)
    everybody, num_true = _hits(question, gated, question.truth)
    out["recall@10_of_all"] = round(float(recall(everybody, num_true, 10).mean()), 5)
    return out


# -- files ---------------------------------------------------------------------------------------------


def _write_lists(path: Path, snapshot: Snapshot, question: Question, lists: Lists, weights: Float64) -> None:
    rows, places = np.nonzero(lists.others >= 0)
    columns = {
        "user_id": [snapshot.users[int(user)] for user in question.users[rows]],
        "rank": (places + 1).astype(np.int32),
        "other_user_id": [snapshot.users[int(user)] for user in lists.others[rows, places]],
        "weight": weights.reshape(lists.others.shape)[rows, places],
    }
    _write(path, columns)


def _write_pairs(path: Path, snapshot: Snapshot, pairs: Pairs, weights: Float64) -> None:
    columns: Mapping[str, Any] = {
        "user_id": [snapshot.users[int(user)] for user in pairs.one],
        "other_user_id": [snapshot.users[int(user)] for user in pairs.other],
        "weight": weights,
    }
    _write(path.with_name(f"{path.name}.pairs"), columns)


def _write(path: Path, columns: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(dict(columns))
    write_whole(path, lambda staging: pq.write_table(table, staging, compression="zstd"))
