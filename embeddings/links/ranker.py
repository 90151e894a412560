"""The model of links: how much likelier a pair is to be linked than two people at large.

A logistic regression and boosted trees, both monotone in what speaks for a pair, chosen between (or added) on
held-out pairs. Negatives come from what is served: candidates and random pairs, each weighted by how many it
stands for; accepted links appended to candidates alone would teach that candidates are not linked.

Calibrated at a prior of one half: Platt's two parameters until 1,000 accepted links, isotonic from then on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import optimize
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import average_precision_score

from embeddings.links.features import Describer
from embeddings.links.ground import Bool, Float32, Float64, Ground, Int64
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
ISOTONIC_FROM = 1_000
EDGE = 1e-3  # calibrated weights stay this far from 0 and 1
RIDGE = 1e-5


@dataclass(frozen=True)
class Logistic:
    """Logistic regression on standardised features; coefficients never against their sign."""

    mean: Float64
    scale: Float64
    coefficients: Float64

    @classmethod
    def fit(cls, features: Float32, labels: Float64, weights: Float64, signs: Sequence[int]) -> "Logistic":
        wide = features.astype(np.float64)
        mean, scale = wide.mean(axis=0), wide.std(axis=0) + 1e-9
        wide, share = (wide - mean) / scale, weights / weights.sum()

        def loss(at: Float64) -> tuple[float, Float64]:
            margin = wide @ at[:-1] + at[-1]
            error = share * (1.0 / (1.0 + np.exp(-margin)) - labels)
            value = share @ (np.logaddexp(0, margin) - labels * margin) + RIDGE * (at[:-1] @ at[:-1])
            return float(value), np.append(wide.T @ error + 2 * RIDGE * at[:-1], error.sum())

        bounds = [{1: (0, None), -1: (None, 0)}.get(sign, (None, None)) for sign in signs]
        found = optimize.minimize(
            loss, np.zeros(wide.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]
        )
        return cls(mean, scale, np.asarray(found.x))

    def __call__(self, features: Float32) -> Float64:
        """Log-odds."""
        wide = (features - self.mean) / self.scale
        return np.asarray(wide @ self.coefficients[:-1] + self.coefficients[-1], dtype=np.float64)


@dataclass(frozen=True)
class Trees:
    """Gradient-boosted trees with monotone constraints."""

    model: HistGradientBoostingClassifier

    @classmethod
    def fit(
        cls, features: Float32, labels: Float64, weights: Float64, signs: Sequence[int], seed: int
    ) -> "Trees":
        model = HistGradientBoostingClassifier(
            max_iter=120,
            learning_rate=0.06,
            max_leaf_nodes=12,
            min_samples_leaf=60,
            l2_regularization=5.0,
            monotonic_cst=list(signs),
            early_stopping=False,
            random_state=seed,
        )
        return cls(model.fit(features, labels, sample_weight=weights * len(weights) / weights.sum()))

    def __call__(self, features: Float32) -> Float64:
        """Log-odds."""
        return np.asarray(self.model.decision_function(features), dtype=np.float64)


@dataclass(frozen=True)
class Both:
    """The mean of two log-odds."""

    parts: tuple[Logistic, Trees]

    def __call__(self, features: Float32) -> Float64:
        return np.asarray(np.mean([part(features) for part in self.parts], axis=0))


Model = Logistic | Trees | Both
KINDS = ("logistic", "trees", "both")


@dataclass(frozen=True)
class Calibration:
    """From log-odds of a model to a probability at a prior of one half; never decreasing."""

    slope: float
    offset: float
    steps: IsotonicRegression | None = None

    @classmethod
    def fit(cls, scores: Float64, labels: Float64, weights: Float64) -> "Calibration":
        """`weights` make the two classes equal; see `Ranker.fit`."""

        def loss(at: Float64) -> float:
            margin = at[0] * scores + at[1]
            return float(weights @ (np.logaddexp(0, margin) - labels * margin) / weights.sum())

        found = optimize.minimize(
            loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0, None), (None, None)]
        )
        platt = cls(float(found.x[0]), float(found.x[1]))
        if labels.sum() < ISOTONIC_FROM:
            return platt
        steps = IsotonicRegression(y_min=EDGE, y_max=1 - EDGE, out_of_bounds="clip")
        return replace(platt, steps=steps.fit(scores, labels, sample_weight=weights))

    def __call__(self, scores: Float64) -> Float64:
        smooth = 1.0 / (1.0 + np.exp(-(self.slope * scores + self.offset)))
        if self.steps is None:
            return np.asarray(np.clip(smooth, EDGE, 1 - EDGE))
        # Steps alone make ties; the smooth part orders within them and stays far below a step.
        return np.asarray(np.clip(0.999 * self.steps.predict(scores) + 0.001 * smooth, EDGE, 1 - EDGE))


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


def fit(ground: Ground, links: Matrix, *, known: bool, values: TrustValues, seed: int = 0) -> Ranker:
    """Fit to accepted links.

    Args:
        ground: without links.
        links: accepted ones, symmetric; labels in any case.
        known: they are features too; a quarter of them is hidden in turn to learn from.
    """
    linked = pairs_in(links)
    taught = teach(ground, linked)
    served = Describer(ground.with_links(links) if known else ground, values, taught)
    if len(linked) < MIN_LINKS:
        return Ranker(served, None, "formula", None, len(linked))
    pool = _hidden_pool(ground, linked, values, seed) if known else _pool(served, linked, seed)
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


def _pool(describer: Describer, linked: Pairs, seed: int) -> Pool:
    """Known links are labels only; what merchants say is learned from the other folds."""
    ground, rng = describer.ground, np.random.default_rng([seed, 5])
    fold_of_linked = rng.integers(0, FOLDS, len(linked))
    pairs, labels, near, weights = _drawn(describer, linked, linked, rng)
    fold = rng.integers(0, FOLDS, len(pairs))
    at = np.searchsorted(linked.keys(ground.num_users), pairs.keys(ground.num_users))
    fold = np.where(labels > 0, fold_of_linked[np.minimum(at, len(linked) - 1)], fold)
    features = np.zeros((len(pairs), len(describer.names)), dtype=np.float32)
    for number, taught in enumerate(folds(ground, linked, fold_of_linked, FOLDS)):
        features[fold == number] = describer(pairs[fold == number], taught)
    return Pool(features, labels, weights, fold, near)


def _hidden_pool(ground: Ground, linked: Pairs, values: TrustValues, seed: int) -> Pool:
    """A quarter of the known links is to be found from the others."""
    rng = np.random.default_rng([seed, 6])
    hidden = rng.random(len(linked)) < HIDDEN_SHARE
    shown = linked[~hidden]
    ends = np.concatenate([shown.one, shown.other]), np.concatenate([shown.other, shown.one])
    shape = (ground.num_users, ground.num_users)
    rest = Matrix((np.ones(len(ends[0]), np.float32), ends), shape=shape)
    rest.sort_indices()
    describer = Describer(ground.with_links(rest), values, teach(ground, shown))
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
