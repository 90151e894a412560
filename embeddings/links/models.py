"""Models that a ranker of links chooses between, monotone in what speaks for a pair, and their calibration.

Calibrated at a prior of one half: Platt's two parameters until 1,000 accepted links, isotonic from then on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from threadpoolctl import threadpool_limits

from embeddings.links.ground import Float32, Float64

SMALL = (
    50_000  # pairs below which a second thread waits longer than it works; 8 times as long on shared cores
)
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
        with threadpool_limits(1 if len(labels) < SMALL else None):
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
