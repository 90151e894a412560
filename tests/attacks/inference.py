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
    """auc: mean over seeds, of people held out. low, high: 95 % interval over people.

    within: AUC among pairs of people of one stratum, such as the same activity; NaN without strata.
    """

    auc: float
    low: float
    high: float
    within: float


def attack(
    features: Float64,
    has: npt.NDArray[np.bool_],
    *,
    seeds: int = 3,
    draws: int = 300,
    strata: npt.NDArray[np.int64] | None = None,
) -> Attack:
    """A logistic regression in two halves: nobody is told of by what is known of them.

    Args:
        features: (num_people, n). has: (num_people,), what is to be told.
        strata: (num_people,), in which people are compared with each other for `Attack.within`.
    """
    told = [
        max((_told(features, has, c, seed) for c in STRENGTHS), key=lambda t: _auc(has, t))
        for seed in range(seeds)
    ]
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(has), (draws, len(has)))
    means = [np.mean([_auc(has[rows], one[rows]) for one in told]) for rows in drawn]
    low, high = np.quantile(means, [0.025, 0.975])
    within = np.nan if strata is None else float(np.mean([auc_within(has, one, strata) for one in told]))
    return Attack(float(np.mean([_auc(has, one) for one in told])), float(low), float(high), within)


def auc_within(has: npt.NDArray[np.bool_], told: Float64, strata: npt.NDArray[np.int64]) -> float:
    """AUC over the pairs with it and without, both of one stratum; .5 where there is none."""
    right = pairs = 0.0
    for stratum in np.unique(strata):
        of = strata == stratum
        num_pairs = float(has[of].sum()) * float((~has[of]).sum())
        if num_pairs:
            right += num_pairs * _auc(has[of], told[of])
            pairs += num_pairs
    return right / pairs if pairs else 0.5


def _told(features: Float64, has: npt.NDArray[np.bool_], strength: float, seed: int) -> Float64:
    """How likely each person has it, told by what is known of the other half."""
    out = np.zeros(len(has))
    for known, asked in StratifiedKFold(2, shuffle=True, random_state=seed).split(features, has):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=500))
        out[asked] = model.fit(features[known], has[known]).decision_function(features[asked])
    return out


def _auc(has: npt.NDArray[np.bool_], told: Float64) -> float:
    return float(roc_auc_score(has, told))
