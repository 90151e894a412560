"""How good lists and weights of pairs are; every figure can be recomputed from a file of answers."""

import numpy as np

from embeddings.links.ground import Bool, Float64, Int64

BINS = 10


def auc(labels: Bool, scores: Float64) -> float:
    """Probability that a linked pair scores above another, ties counting half; nan without both kinds."""
    num = int(labels.sum())
    rest = len(labels) - num
    if not num or not rest:
        return float("nan")
    _, at, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[at]
    return float((ranks[labels].sum() - num * (num + 1) / 2) / (num * rest))


def recall(hits: Bool, num_true: Int64, top_k: int) -> Float64:
    """Hits among the first `top_k`, over min(top_k, answers): float64 (num_users,)."""
    return np.asarray(hits[:, :top_k].sum(axis=1) / np.minimum(np.maximum(num_true, 1), top_k))


def reliability_table(claimed: Float64, labels: Bool) -> tuple[float, list[dict[str, float]]]:
    """Expected calibration error at a prior of one half, and its bins.

    Linked pairs and others weigh the same in total. Bins hold about equal weight, and equal claims are in one
    bin; the error is the mean distance of claim and observation, weighted.
    """
    if not labels.any() or labels.all():
        return float("nan"), []
    weights = np.where(labels, 0.5 / labels.sum(), 0.5 / (~labels).sum())
    _, level = np.unique(claimed, return_inverse=True)
    of_level = np.bincount(level, weights)
    place = np.cumsum(of_level) - of_level / 2
    bins = np.minimum((place * BINS).astype(np.int64), BINS - 1)[level]
    mass = np.bincount(bins, weights, BINS)
    claims = np.bincount(bins, weights * claimed, BINS) / np.maximum(mass, 1e-12)
    seen = np.bincount(bins, weights * labels, BINS) / np.maximum(mass, 1e-12)
    table = [
        {"claimed": round(float(c), 4), "observed": round(float(o), 4), "pairs": int(n)}
        for c, o, n in zip(claims, seen, np.bincount(bins, minlength=BINS), strict=True)
    ]
    return float((mass * np.abs(claims - seen)).sum()), table
