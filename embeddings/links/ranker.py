"""The model of links: how much likelier a pair is to be linked than two people at large.

A logistic regression and boosted trees, both monotone in what speaks for a pair, chosen between (or added) on
held-out pairs. Negatives come from what is served: candidates and random pairs, each weighted by how many it
stands for; accepted links appended to candidates alone would teach that candidates are not linked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from embeddings.links.features import Describer
from embeddings.links.ground import Bool, Float32, Float64, Ground, Int64
from embeddings.links.models import KINDS, Both, Calibration, Logistic, Model, Trees
from embeddings.links.pairs import Pairs, pairs_in
from embeddings.links.retrieve import candidates_of
from embeddings.links.taught import folds, teach
from embeddings.touches import Matrix
from graph.policy.trust import TrustValues

FOLDS = 5
SAMPLE = 200_000  # pairs of each kind of negative
POSITIVE_SHARE = 0.05  # of the weight in training; the prior is set afterwards
HIDDEN_SHARE = 0.25  # of the known links, where the others are features
MIN_LINKS = 50


@dataclass(frozen=True)
class Ranker:
    """A fitted model with its describer of pairs.

    kind: which model won. calibration: None as long as there are no labels. num_links: accepted ones.
    """

    describer: Describer
    model: Model | None
    kind: str
    calibration: Calibration | None
    num_links: int

    @property
    def calibrated(self) -> bool:
        return self.calibration is not None

    def scores(self, pairs: Pairs) -> Float64:
        """Log-odds, float64 (num_pairs,); the evidence of the formula before any label."""
        features = self.describer(pairs)
        if self.model is None:
            return features[:, self.describer.names.index("evidence")].astype(np.float64)
        return self.model(features)

    def weights(self, scores: Float64) -> Float64 | None:
        """Probability at a prior of one half, before gates and ceiling; None before any label."""
        return None if self.calibration is None else self.calibration(scores)


def fit(
    ground: Ground,
    links: Matrix,
    *,
    known: bool,
    values: TrustValues,
    min_supporters: int = 0,
    seed: int = 0,
) -> Ranker:
    """Fit to accepted links.

    Args:
        ground: without links.
        links: accepted ones, symmetric; labels in any case.
        known: they are features too; a quarter of them is hidden in turn to learn from.
        min_supporters: linked people below whom nothing is learned of a merchant alone.
    """
    linked = pairs_in(links)
    taught = teach(ground, linked, min_supporters=min_supporters)
    served = Describer(ground.with_links(links) if known else ground, values, taught)
    if len(linked) < MIN_LINKS:
        return Ranker(served, None, "formula", None, len(linked))
    if known:
        pool = _hidden_pool(ground, linked, values, min_supporters, seed)
    else:
        pool = _pool(served, linked, min_supporters, seed)
    kind, held_out = _choose(pool, served.signs, seed)
    model = _fitted(kind, pool.features, pool.labels, pool.weights, served.signs, seed)
    near = pool.candidate  # weights are for candidates: that is what is shown
    balanced = np.where(pool.labels > 0, 0.5 / max(pool.labels[near].sum(), 1), 0.0)
    balanced += np.where(pool.labels > 0, 0.0, 0.5 / max((1 - pool.labels[near]).sum(), 1))
    calibration = Calibration.fit(held_out[near], pool.labels[near], balanced[near])
    return Ranker(served, model, kind, calibration, len(linked))


@dataclass(frozen=True)
class Pool:
    """Pairs to learn from. weights: how many pairs each stands for, positives raised to their share."""

    features: Float32
    labels: Float64
    weights: Float64
    fold: Int64
    candidate: Bool


def _pool(describer: Describer, linked: Pairs, min_supporters: int, seed: int) -> Pool:
    """Known links are labels only; what merchants say is learned from the other folds."""
    ground, rng = describer.ground, np.random.default_rng([seed, 5])
    fold_of_linked = rng.integers(0, FOLDS, len(linked))
    pairs, labels, near, weights = _drawn(describer, linked, linked, rng)
    fold = rng.integers(0, FOLDS, len(pairs))
    at = np.searchsorted(linked.keys(ground.num_users), pairs.keys(ground.num_users))
    fold = np.where(labels > 0, fold_of_linked[np.minimum(at, len(linked) - 1)], fold)
    features = np.zeros((len(pairs), len(describer.names)), dtype=np.float32)
    others = folds(ground, linked, fold_of_linked, FOLDS, min_supporters=min_supporters)
    for number, taught in enumerate(others):
        features[fold == number] = describer(pairs[fold == number], taught)
    return Pool(features, labels, weights, fold, near)


def _hidden_pool(ground: Ground, linked: Pairs, values: TrustValues, min_supporters: int, seed: int) -> Pool:
    """A quarter of the known links is to be found from the others."""
    rng = np.random.default_rng([seed, 6])
    hidden = rng.random(len(linked)) < HIDDEN_SHARE
    shown = linked[~hidden]
    ends = np.concatenate([shown.one, shown.other]), np.concatenate([shown.other, shown.one])
    shape = (ground.num_users, ground.num_users)
    rest = Matrix((np.ones(len(ends[0]), np.float32), ends), shape=shape)
    rest.sort_indices()
    describer = Describer(
        ground.with_links(rest), values, teach(ground, shown, min_supporters=min_supporters)
    )
    pairs, labels, near, weights = _drawn(describer, linked[hidden], linked, rng)
    return Pool(describer(pairs), labels, weights, rng.integers(0, FOLDS, len(pairs)), near)


def _drawn(
    describer: Describer, wanted: Pairs, linked: Pairs, rng: np.random.Generator
) -> tuple[Pairs, Float64, Bool, Float64]:
    """Wanted links, candidates and random pairs, with the number of pairs each stands for."""
    ground = describer.ground
    num, active = ground.num_users, np.flatnonzero(ground.eligible)
    candidates = candidates_of(describer)
    drawn = candidates[rng.random(len(candidates)) < SAMPLE / max(len(candidates), 1)]
    random = [rng.choice(active, SAMPLE) for _ in range(2)]
    sides = (
        np.concatenate([wanted.one, drawn.one, random[0]]),
        np.concatenate([wanted.other, drawn.other, random[1]]),
    )
    pairs = Pairs.of(*sides, num)
    pairs = pairs[~pairs.among(linked, num) | pairs.among(wanted, num)]
    labels, near = pairs.among(wanted, num).astype(np.float64), pairs.among(candidates, num)
    weights = np.zeros(len(pairs))
    far = max(len(active) * (len(active) - 1) / 2 - len(candidates), 1.0)
    for kind, stands_for in ((near, len(candidates)), (~near, far)):
        weights[kind & (labels == 0)] = stands_for / max(int((kind & (labels == 0)).sum()), 1)
    weights *= (1 - POSITIVE_SHARE) / weights.sum()
    weights[labels > 0] = POSITIVE_SHARE / labels.sum()
    return pairs, labels, near, weights


def _fitted(
    kind: str, features: Float32, labels: Float64, weights: Float64, signs: Sequence[int], seed: int
) -> Model:
    makers: dict[str, Any] = {
        "logistic": lambda: Logistic.fit(features, labels, weights, signs),
        "trees": lambda: Trees.fit(features, labels, weights, signs, seed),
    }
    if kind == "both":
        return Both((makers["logistic"](), makers["trees"]()))
    model: Model = makers[kind]()
    return model


def _choose(pool: Pool, signs: Sequence[int], seed: int) -> tuple[str, Float64]:
    """The kind with the best average precision on held-out folds, and its held-out log-odds."""
    out = {kind: np.zeros(len(pool.labels)) for kind in KINDS}
    for fold in range(FOLDS):
        train, test = pool.fold != fold, pool.fold == fold
        given = (pool.features[train], pool.labels[train], pool.weights[train], signs)
        parts = (Logistic.fit(*given), Trees.fit(*given, seed))
        out["logistic"][test], out["trees"][test] = (part(pool.features[test]) for part in parts)
        out["both"][test] = Both(parts)(pool.features[test])
    measured = {
        kind: average_precision_score(pool.labels, scores, sample_weight=pool.weights)
        for kind, scores in out.items()
    }
    best = max(KINDS, key=lambda kind: measured[kind])
    return best, out[best]
