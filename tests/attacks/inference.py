"""Can somebody who has people's vectors or scores, and knows of half of them, tell of the others?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Float64 = npt.NDArray[np.float64]
STRENGTHS = (0.001, 0.03)  # of the regression; the better one is the attacker's


@dataclass(frozen=True)
class Attack:
    """auc: mean over seeds, of people held out. low, high: 95 % interval over people."""

    auc: float
    low: float
    high: float


def attack(features: Float64, has: npt.NDArray[np.bool_], *, seeds: int = 3, draws: int = 300) -> Attack:
    """A logistic regression in two halves: nobody is told of by what is known of them.

    Args:
        features: (num_people, n). has: (num_people,), what is to be told.
    """
    told = [
        max((_told(features, has, c, seed) for c in STRENGTHS), key=lambda t: _auc(has, t))
        for seed in range(seeds)
    ]
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(has), (draws, len(has)))
    means = [np.mean([_auc(has[rows], one[rows]) for one in told]) for rows in drawn]
    low, high = np.quantile(means, [0.025, 0.975])
    return Attack(float(np.mean([_auc(has, one) for one in told])), float(low), float(high))


def _told(features: Float64, has: npt.NDArray[np.bool_], strength: float, seed: int) -> Float64:
    """How likely each person has it, told by what is known of the other half."""
    out = np.zeros(len(has))
    for known, asked in StratifiedKFold(2, shuffle=True, random_state=seed).split(features, has):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=500))
        out[asked] = model.fit(features[known], has[known]).decision_function(features[asked])
    return out


def _auc(has: npt.NDArray[np.bool_], told: Float64) -> float:
    return float(roc_auc_score(has, told))
