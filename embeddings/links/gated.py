"""From scores of pairs to weights that may be shown: evidence, gates, ceiling."""

from dataclasses import dataclass

import numpy as np

from embeddings.links.ground import Bool, Float64, Ground, Int64, summed
from embeddings.links.pairs import Pairs, join, shared_of
from embeddings.links.retrieve import TOP_K
from graph.policy import trust
from graph.policy.trust import Evidence, TrustValues

# Both people's numbers of candidates are bounded by what the sources may name. The bound itself is used, so
# that a crowd of accounts around somebody moves no gate of theirs.
MOST_CANDIDATES = 2 * TOP_K
BLOCK = 300_000


@dataclass(frozen=True)
class Weighed:
    """weight: float64 (num_pairs,), 0 for no link. uncertainty: float64. eligible: enough is shared."""

    weight: Float64
    uncertainty: Float64
    eligible: Bool


def weigh_pairs(
    ground: Ground,
    pairs: Pairs,
    values: TrustValues,
    *,
    calibrated: Float64 | None,
    negative: Float64 | None = None,
) -> Weighed:
    """Weights of pairs.

    Args:
        calibrated: of a model, at a prior of one half; the formula alone when None.
        negative: dismissals and reports of each pair, faded; none when None.
    """
    out = [
        _part(
            ground,
            pairs[part],
            values,
            None if calibrated is None else calibrated[part],
            np.zeros(len(pairs[part])) if negative is None else negative[part],
        )
        for part in (slice(start, start + BLOCK) for start in range(0, len(pairs), BLOCK))
    ]
    if not out:
        nothing = np.zeros(0)
        return Weighed(nothing, nothing, np.zeros(0, dtype=bool))
    return Weighed(
        *(np.concatenate([getattr(w, name) for w in out]) for name in Weighed.__dataclass_fields__)
    )


def _part(
    ground: Ground, pairs: Pairs, values: TrustValues, calibrated: Float64 | None, negative: Float64
) -> Weighed:
    joined = join(ground.visits, pairs.one, pairs.other)
    found = trust.evidence(
        shared_of(ground, joined), len(pairs), values, circles=_circles(ground, pairs, values)
    )
    reliability = trust.reliable(ground.reliability[pairs.one], ground.reliability[pairs.other])
    busy: Int64 = ground.busy
    chance = trust.chance_of(found.groups, busy[pairs.one], busy[pairs.other], max(ground.visits.shape[1], 1))
    weight = trust.weigh(
        found,
        reliability=reliability,
        negative=negative,
        chance=chance,
        candidates=np.full(len(pairs), MOST_CANDIDATES),
        values=values,
        calibrated=calibrated,
    )
    positive = reliability * found.total
    return Weighed(weight, trust.opinion(positive, negative).uncertainty, _has_minimum(found, values))


def _has_minimum(found: Evidence, values: TrustValues) -> Bool:
    return np.asarray(found.groups >= values.min_groups)


def _circles(ground: Ground, pairs: Pairs, values: TrustValues) -> Float64:
    if not ground.circles.nnz:
        return np.zeros(len(pairs))
    joined = join(ground.circles, pairs.one, pairs.other)
    members = np.bincount(ground.circles.indices, minlength=ground.circles.shape[1]).astype(np.float64)
    return summed(joined.pair, trust.rarity(members, values)[joined.thing], len(pairs))
