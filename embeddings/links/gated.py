"""From scores of pairs to weights that may be shown: evidence, gates, ceiling."""

from collections.abc import Callable

import numpy as np

from embeddings.links.ground import Float64, Ground, Int64, summed
from embeddings.links.pairs import Joined, Pairs, join, shared_of
from embeddings.links.retrieve import TOP_K
from graph.policy import trust
from graph.policy.trust import TrustValues, Weighed

# Both people's numbers of candidates are bounded by what the sources may name. The bound itself is used, so
# that a crowd of accounts around somebody moves no gate of theirs.
MOST_CANDIDATES = 2 * TOP_K
BLOCK = 300_000
Own = Callable[[Pairs, Joined], Float64]


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
    own = _own(ground, values)
    out = [
        _part(
            ground,
            own,
            pairs[part],
            values,
            None if calibrated is None else calibrated[part],
            np.zeros(len(pairs[part])) if negative is None else negative[part],
        )
        for part in (slice(start, start + BLOCK) for start in range(0, max(len(pairs), 1), BLOCK))
    ]
    if len(out) == 1:
        return out[0]
    return Weighed(
        np.concatenate([part.weight for part in out]),
        np.concatenate([part.uncertainty for part in out]),
        {name: np.concatenate([part.passed[name] for part in out]) for name in out[0].passed},
    )


def _part(
    ground: Ground,
    own: Own,
    pairs: Pairs,
    values: TrustValues,
    calibrated: Float64 | None,
    negative: Float64,
) -> Weighed:
    joined = join(ground.visits, pairs.one, pairs.other)
    found = trust.evidence(
        shared_of(ground, joined),
        len(pairs),
        values,
        circles=_circles(ground, pairs, values),
        own=own(pairs, joined),
    )
    busy: Int64 = ground.busy
    return trust.weigh(
        found,
        reliability=trust.reliable(ground.reliability[pairs.one], ground.reliability[pairs.other]),
        negative=negative,
        chance=trust.chance_of(
            found.groups, busy[pairs.one], busy[pairs.other], max(ground.visits.shape[1], 1)
        ),
        candidates=np.full(len(pairs), MOST_CANDIDATES),
        values=values,
        calibrated=calibrated,
    )


def _own(ground: Ground, values: TrustValues) -> Own:
    """Habits of each of two at merchants of their own, the smaller sum."""
    habits = trust.habit(ground.days) * trust.decay(ground.age_days, values.half_life_days)
    everything = summed(np.repeat(np.arange(ground.num_users), ground.busy), habits, ground.num_users)

    def own(pairs: Pairs, joined: Joined) -> Float64:
        one = everything[pairs.one] - summed(joined.pair, habits[joined.at_one], len(pairs))
        other = everything[pairs.other] - summed(joined.pair, habits[joined.at_other], len(pairs))
        return np.minimum(one, other)

    return own


def _circles(ground: Ground, pairs: Pairs, values: TrustValues) -> Float64:
    if not ground.circles.nnz:
        return np.zeros(len(pairs))
    joined = join(ground.circles, pairs.one, pairs.other)
    members = np.bincount(ground.circles.indices, minlength=ground.circles.shape[1]).astype(np.float64)
    return summed(joined.pair, trust.rarity(members, values)[joined.thing], len(pairs))
