"""Weights of a mixture by a conditional logit: how likely is what somebody joined among all on offer?

    loss = mean over people u of  log sum_c exp s(u, c) - mean over answers of s(u, c)  +  ridge
    s = sum over voices k of  w_k z_k

Convex and smooth, where ndcg is neither: it learns from every answer, also from those far down. Each
group of people has weights of its own, drawn towards what the groups have in common. Source: McFadden
1974; the same loss is ListNet's with one winner (Cao et al. 2007, equation 6).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from embeddings.model import GROUPS, Float32

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
RIDGE, RIDGE_OF_GROUP = 1e-3, 1e-2  # on weights, and on how far a group's are from the mean of the groups
MAX_STEPS = 60


@dataclass(frozen=True)
class Choices:
    """All circles that a group of people is offered, side by side.

    features: float32 (num_offers, num_voices). starts: int64 (num_users,), first offer of each person.
    answers: float32 (num_offers,), 1 over the number of a person's answers where an offer is one.
    importance: float32 (num_users,), adding up to 1 over all groups.
    """

    features: Float32
    starts: Int64
    answers: Float32
    importance: Float32

    def loss(self, weights: Float64) -> tuple[float, Float64]:
        """Loss without ridge, and its gradient, float64 (num_voices,)."""
        if not len(self.starts):
            return 0.0, np.zeros(len(weights))
        scores = self.features @ weights.astype(np.float32)
        counts = np.diff(np.append(self.starts, len(scores)))
        largest = np.maximum.reduceat(scores, self.starts)
        likely = np.exp(scores - np.repeat(largest, counts))
        total = np.add.reduceat(likely, self.starts)
        found = np.add.reduceat(self.answers * scores, self.starts)
        value = float(self.importance @ (np.log(total) + largest - found))
        likely *= np.repeat(self.importance / total, counts)
        likely -= self.answers * np.repeat(self.importance, counts)
        return value, (likely @ self.features).astype(np.float64)


def choices_of(
    voices: Mapping[str, Float32], seen: Float32, rows: Int64, circles: Int64, importance: Float64
) -> Choices:
    """The offers of people who have an answer among them.

    Args:
        voices: name -> float32 (num_users, num_circles); seen: the same shape, -inf where nothing is offered.
        rows, circles: (num_answers,), positions in `seen`; answers that are not offered are left out.
        importance: float64 (num_users,).
    """
    offered = np.isfinite(seen)
    kept = offered[rows, circles]
    rows, circles = rows[kept], circles[kept]
    counts = np.bincount(rows, minlength=len(seen))
    offered &= (counts > 0)[:, None]
    target = np.zeros(seen.shape, dtype=np.float32)
    np.add.at(target, (rows, circles), (1.0 / counts[rows]).astype(np.float32))
    sizes = offered.sum(axis=1)[counts > 0]
    features = np.stack([voice[offered] for voice in voices.values()], axis=1)
    return Choices(
        np.ascontiguousarray(features, dtype=np.float32),
        np.cumsum(sizes) - sizes,
        target[offered],
        importance[counts > 0].astype(np.float32),
    )


def logit_weights(groups: Sequence[Choices], signed: npt.NDArray[np.bool_]) -> Float64:
    """Weights of each group: float64 (num_groups, num_voices).

    Args:
        groups: one for each of GROUPS; one without offers gets what the others have in common.
        signed: bool (num_voices,), voices that may also count against a circle.
    """
    shape = (len(GROUPS), len(signed))
    total = sum(float(group.importance.sum()) for group in groups) or 1.0

    def loss(flat: Float64) -> tuple[float, Float64]:
        weights = flat.reshape(shape)
        common = weights.mean(axis=0)
        apart = weights - common
        parts = [group.loss(own) for group, own in zip(groups, weights, strict=True)]
        ridge = RIDGE * float(common @ common) + RIDGE_OF_GROUP * float((apart * apart).sum())
        pull = 2 * RIDGE * common / len(GROUPS) + 2 * RIDGE_OF_GROUP * apart
        gradient = np.stack([part[1] for part in parts]) / total + pull
        return sum(part[0] for part in parts) / total + ridge, gradient.ravel()

    bounds = [(None, None) if free else (0.0, None) for free in signed.tolist()] * len(GROUPS)
    start = np.full(shape[0] * shape[1], 0.3)
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": MAX_STEPS, "ftol": 1e-6}
    )
    return np.asarray(found.x).reshape(shape)
