"""What a merchant says about people who meet there, learned from accepted links.

Two who share a gym know each other more often than two who share an airport. For each merchant: how much more
often its visitors are linked than people at large, shrunk to its category and that to all merchants, so that
few visitors decide nothing. A parameter of the merchant, none of a person; where too few linked people stand
behind it, the merchant says only what its category says. A pair that is used to learn is described by what
was learned without it (`folds`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.links.ground import Float64, Ground, Int64
from embeddings.links.pairs import Joined, Pairs, join

STRENGTH = 40.0  # pairs that a merchant's own visitors must outweigh


@dataclass(frozen=True)
class Taught:
    """log_lift: float64 (num_merchants,), 0 or more: logarithm of how much more often visitors are linked."""

    log_lift: Float64

    def sums(self, joined: Joined, num_pairs: int) -> Float64:
        """Summed over what each pair shares; grows slower and slower."""
        return np.log1p(np.bincount(joined.pair, self.log_lift[joined.thing], num_pairs))


def teach(ground: Ground, linked: Pairs, *, strength: float = STRENGTH, min_supporters: int = 0) -> Taught:
    """Learn from linked pairs; without any all merchants say nothing.

    Args:
        strength: pairs that count for the category beside a merchant's own.
        min_supporters: linked people who meet at a merchant below which nothing of its own is learned.
    """
    num_merchants = ground.visits.shape[1]
    degree = np.bincount(ground.visits.indices, minlength=num_merchants).astype(np.float64)
    pairs = degree * (degree - 1) / 2
    joined = join(ground.visits, linked.one, linked.other)
    hits = np.bincount(joined.thing, minlength=num_merchants).astype(np.float64)
    users = np.count_nonzero(ground.busy)
    base = max(len(linked), 1) / max(users * (users - 1) / 2, 1.0)
    everywhere = (hits.sum() + base) / (pairs.sum() + 1.0)
    kind = ground.category + 1
    by_kind = (np.bincount(kind, hits) + strength * everywhere) / (np.bincount(kind, pairs) + strength)
    own = _supporters(linked, joined, ground.num_users, num_merchants) >= min_supporters
    rate = np.where(own, (hits + strength * by_kind[kind]) / (pairs + strength), by_kind[kind])
    return Taught(np.maximum(np.log(rate / base), 0.0) if len(linked) else np.zeros(num_merchants))


def _supporters(linked: Pairs, joined: Joined, num_users: int, num_merchants: int) -> Int64:
    """Different people whose links are counted at each merchant."""
    thing = np.tile(joined.thing, 2)
    person = np.concatenate([linked.one[joined.pair], linked.other[joined.pair]])
    return np.bincount(np.unique(thing * num_users + person) // num_users, minlength=num_merchants)


def folds(
    ground: Ground, linked: Pairs, fold_of_linked: Int64, num_folds: int, *, min_supporters: int = 0
) -> Sequence[Taught]:
    """One for each fold, learned from the links of all the others."""
    return [
        teach(ground, linked[fold_of_linked != fold], min_supporters=min_supporters)
        for fold in range(num_folds)
    ]
