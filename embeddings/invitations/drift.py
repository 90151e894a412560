"""Does a promise still stand? Scores now beside those it was proved on, outcomes so far beside the promise.

numpy only, so that serving can ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from graph.policy.certificates import binomial_tail

Float64 = npt.NDArray[np.float64]
BINS = 10
# Customary reading of the index: below .1 stable, above .25 another population.
DRIFTING_FROM = 0.25
# Outcomes are looked at again and again; a hundredth keeps false alarms rare.
BROKEN_BELOW = 0.01
DOUBTFUL_BELOW = 0.10


class DriftState(StrEnum):
    """`broken` withdraws a promise, `drifting` asks for a new calibration before more are invited."""

    HOLDING = "holding"
    DRIFTING = "drifting"
    BROKEN = "broken"


@dataclass(frozen=True)
class Reference:
    """Scores at calibration: inner edges of bins of about equal size, and the share of each bin."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]


def reference_of(scores: Float64) -> Reference:
    """Bins of the scores that a promise was proved on; of nobody there are none."""
    if not len(scores):
        return Reference((), ())
    edges = np.unique(np.quantile(scores, np.arange(1, BINS) / BINS))
    return Reference(tuple(edges.tolist()), tuple(_shares(scores, edges).tolist()))


def stability_index(reference: Reference, scores: Float64) -> float:
    """Population stability index: sum of (now - then) ln(now / then) over the bins; 0 when nothing moved.

    Shares are kept above a thousandth, so that an empty bin counts much but not without bound.
    """
    if not len(scores) or not reference.shares:
        return 0.0
    then = np.maximum(np.asarray(reference.shares), 1e-3)
    today = np.maximum(_shares(scores, np.asarray(reference.edges)), 1e-3)
    return float(((today - then) * np.log(today / then)).sum())


def state_of(*, target: float, num_known: int, num_fits: int, index: float = 0.0) -> DriftState:
    """Judge a promise by outcomes so far and by the stability index.

    Args:
        num_known: invited people whose outcome is known. num_fits: those of them who fit.
    """
    chance = binomial_tail(num_fits, num_known, target)
    if chance < BROKEN_BELOW:
        return DriftState.BROKEN
    if chance < DOUBTFUL_BELOW or index > DRIFTING_FROM:
        return DriftState.DRIFTING
    return DriftState.HOLDING


def _shares(scores: Float64, edges: Float64 | Sequence[float]) -> Float64:
    counts = np.bincount(np.searchsorted(edges, scores, side="right"), minlength=len(edges) + 1)
    return np.asarray(counts / max(1, len(scores)))
