"""Score models of links against new ones: full ranking of everybody, links of train left out.

Two questions: behaviour only, where links of train are labels and never features; and with known links. Lists
are those before the gates; what the gates cost stands beside them.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.evaluation.bootstrap import interval
from embeddings.evaluation.names import check_lists, check_names
from embeddings.links.files import write_lists, write_pairs
from embeddings.links.formulas import KNOWN_NAMES, NAMES, Peer, formulas_of
from embeddings.links.gated import weigh_pairs
from embeddings.links.ground import Bool, Float64, Ground, Int64, ground_of, links_of
from embeddings.links.listed import Lists, Question, hits_of, listed, listed_from_pairs
from embeddings.links.measures import auc, recall, reliability_table
from embeddings.links.pairs import Pairs, join, pairs_in
from embeddings.links.ranker import Ranker, fit
from embeddings.links.reasons import reasons_of
from embeddings.links.retrieve import candidates_of
from embeddings.links.safety import after_gates
from embeddings.links.singled import told
from embeddings.touches import Matrix
from embeddings.tuning import Progress, silent
from graph.errors import InputError
from graph.policy.trust import TrustValues
from graph.snapshot import Snapshot

OURS, OURS_KNOWN = "circles", "circles-known"
METHODS = (OURS, OURS_KNOWN, *NAMES, *KNOWN_NAMES)
RANDOM_PAIRS = 50_000
ACTIVE = 3  # merchants from which somebody counts for the figures named "active"


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
    own_scene: Int64 | None = None,
    min_supporters: int = 0,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Fit and score each method.

    Args:
        links: new links by id, those to be found.
        labelled: user, other, label, kind (`new`, `random`, `shared_venue`); random pairs are drawn if empty.
        lists: Parquet file for our answers, and `<lists>.pairs` for the labelled pairs.
        own_scene: int64 (num_merchants,), scenes of the data's own; -1 where a merchant has none.
        min_supporters: linked people below whom nothing is learned of a merchant alone.

    Returns:
        `{"seed", "asked", "methods": [{"name", "metrics", "intervals", ...}]}`.

    Raises:
        InputError: a method is unknown, or nobody is to be found.
    """
    names = tuple(methods) if methods is not None else METHODS
    check_names(names, METHODS)
    check_lists(lists, names, OURS)
    ground = ground_of(snapshot, adult=adult, with_links=False, seed=seed)
    if own_scene is not None:
        ground = replace(ground, scene=np.where(own_scene >= 0, own_scene, ground.scene))
    known_links = links_of(snapshot, ground.eligible)
    asked = _question(snapshot, ground, known_links, links, labelled, seed)
    makers = formulas_of(ground, known_links, seed=seed)
    found = []
    for done, name in enumerate(names):
        progress("methods", done, len(names))
        cpu = time.process_time()
        if name in (OURS, OURS_KNOWN):
            ranker = fit(
                ground,
                known_links,
                known=name == OURS_KNOWN,
                values=values,
                min_supporters=min_supporters,
                seed=seed,
            )
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


# -- figures -------------------------------------------------------------------------------------------


def _peer(name: str, peer: Peer, question: Question, seed: int) -> dict[str, Any]:
    pairs = question.labelled[0]
    lists = listed(question, peer.rows)
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
    lists = listed_from_pairs(question, candidates, scores)
    asked = question.labelled[0]
    of_pairs = ranker.scores(Pairs(np.minimum(asked.one, asked.other), np.maximum(asked.one, asked.other)))
    out = {"name": name} | _figures(question, lists, of_pairs, seed)
    out |= {"model": ranker.kind, "calibrated": ranker.calibrated, "candidates": len(candidates)}
    out["gated"] = after_gates(question, candidates, weighed, lists, values)
    shown, names = candidates[weighed.weight > 0], list(snapshot.categories)
    out["reasons"] = told(ground, reasons_of(ground, shown, names), names)
    labels = candidates.among(question.truth, num)
    if calibrated is not None:
        error, table = reliability_table(calibrated, labels)
        out |= {"reliability": table}
        out["metrics"] |= {"ece": round(error, 4)} if table else {}
    if path is not None:
        listed_ = ranker.weights(np.where(lists.others >= 0, lists.scores, 0.0).ravel())
        write_lists(path, snapshot, question, lists, lists.scores if listed_ is None else listed_)
        of_labelled = ranker.weights(of_pairs)
        write_pairs(path, snapshot, asked, of_pairs if of_labelled is None else of_labelled)
    return out


def _figures(question: Question, lists: Lists, of_pairs: Float64, seed: int) -> dict[str, Any]:
    hits, num_true = hits_of(question, lists, question.truth)
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
    # What no pair could tell is left out; JSON has no word for it.
    rounded = {name: round(value, 5) for name, value in metrics.items() if np.isfinite(value)}
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
    hits, num_true = hits_of(question, Lists(others, lists.scores), truth)
    asked = num_true > 0
    return {f"active_recall@{k}": float(recall(hits[asked], num_true[asked], k).mean()) for k in (10, 100)}


def _shares(ground: Ground, pairs: Pairs) -> Bool:
    joined = join(ground.visits, pairs.one, pairs.other)
    return np.bincount(joined.pair, minlength=len(pairs)) > 0
