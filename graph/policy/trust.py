"""Trust between two people: how much what both do says that they belong together.

Pure functions of arrays: no store, no clock, no settings, no randomness. A weight belongs to a pair, never to
a person; it is the same in both directions, cannot be bought, and knows nothing of amounts, credit, sex, age
or wealth: none of them is an argument here. Zero means "no link", never "low trust".

Sources: rarity and breadth as in EBM (SIGMOD 2013); opinions as in subjective logic (Jøsang), W = 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

PRIOR_WEIGHT = 2.0  # W of subjective logic: uncertainty is 1/2 once the evidence reaches it
BASE_RATE = 0.1
DAYS_SCALE = 2.0  # distinct days until a visitor counts 63 %
CIRCLE_BONUS = 0.5
MAX_CIRCLES = 2.0
DISMISSAL, REPORT = 1.0, 3.0  # negative evidence of one
SIGNIFICANCE = 0.01  # over all candidates of the busier of the two


@dataclass(frozen=True)
class TrustValues:
    """Values of `policy.toml`, section `trust`.

    population: N of the rarity. A constant, so that new accounts never raise a weight.
    rarity_floor: customers below which a merchant is no rarer; a merchant of one is no secret handshake.
    scene_cap: evidence that one scene can give. half_life_days: of a shared merchant since the older of the
    two last visits. refusal_half_life_days: of dismissals and reports.
    min_groups, min_scenes, min_evidence: below any of them there is no link; a shared circle stands for the
    second scene. own_habits: what each must do without the other for a unit of evidence; whoever does nothing
    but what another does is a copy.
    """

    population: float = 10_000.0
    rarity_floor: float = 20.0
    scene_cap: float = 2.0
    half_life_days: float = 180.0
    refusal_half_life_days: float = 365.0
    min_groups: int = 3
    min_scenes: int = 2
    min_evidence: float = 2.0
    own_habits: float = 1.0


@dataclass(frozen=True)
class Shared:
    """One row for each merchant that both of a pair pay; rows of a pair need not be together.

    pair: int64 (n,). scene: int64, index in SCENES. customers: float64, of the merchant, trusted ones only.
    days_one, days_other: distinct days with a settled payment. age_days: since the older of the last visits.
    """

    pair: Int64
    scene: Int64
    customers: Float64
    days_one: Float64
    days_other: Float64
    age_days: Float64

    @classmethod
    def of(cls, *rows: tuple[int, int, float, float, float, float]) -> "Shared":
        """From rows (pair, scene, customers, days_one, days_other, age_days)."""
        columns = np.array(rows, dtype=np.float64).reshape(len(rows), 6).T
        return cls(columns[0].astype(np.int64), columns[1].astype(np.int64), *columns[2:])


@dataclass(frozen=True)
class Evidence:
    """What speaks for each pair, (num_pairs,) each: total, before reliability; merchants; scenes; circles."""

    total: Float64
    groups: Int64
    scenes: Int64
    circles: Float64


@dataclass(frozen=True)
class Opinion:
    """Belief, disbelief and uncertainty of each pair; they add up to 1. float64 (num_pairs,)."""

    belief: Float64
    disbelief: Float64
    uncertainty: Float64

    @property
    def expected(self) -> Float64:
        """Belief and the share of the uncertainty that the base rate gives."""
        return self.belief + BASE_RATE * self.uncertainty


def rarity(customers: Float64, values: TrustValues) -> Float64:
    """ln(N / max(d, floor)) / ln(N / floor), in [0, 1]: 1 up to the floor, 0 for what everybody visits."""
    rare = np.log(values.population / np.maximum(customers, values.rarity_floor))
    return np.asarray(np.clip(rare / np.log(values.population / values.rarity_floor), 0.0, 1.0))


def habit(days: Float64) -> Float64:
    """1 - exp(-days / 2): the second day says more than the tenth."""
    return np.asarray(1.0 - np.exp(-np.maximum(days, 0.0) / DAYS_SCALE))


def decay(age_days: Float64, half_life_days: float) -> Float64:
    """Half after each half-life; what lies ahead counts as today."""
    return np.asarray(2.0 ** (-np.maximum(age_days, 0.0) / half_life_days))


def evidence(
    shared: Shared,
    num_pairs: int,
    values: TrustValues,
    *,
    circles: Float64 | None = None,
    own: Float64 | None = None,
) -> Evidence:
    """Add up what pairs share.

    Args:
        circles: float64 (num_pairs,), circles that both are in, each weighed by its rarity; none when None.
        own: float64 (num_pairs,), habits at merchants that the other does not pay, of whoever of the two has
            fewer; shared merchants give no more than this over `own_habits`. Unlimited when None.

    Returns:
        Total evidence is at most 8 scenes * scene_cap + 1.
    """
    each = rarity(shared.customers, values) * decay(shared.age_days, values.half_life_days)
    each = each * np.minimum(habit(shared.days_one), habit(shared.days_other))
    num_scenes = int(shared.scene.max(initial=0)) + 1
    cells = shared.pair * num_scenes + shared.scene
    by_scene = np.bincount(cells, each, num_pairs * num_scenes).reshape(num_pairs, num_scenes)
    scenes = np.bincount(cells, minlength=num_pairs * num_scenes).reshape(num_pairs, num_scenes)
    both = np.zeros(num_pairs) if circles is None else np.asarray(circles, dtype=np.float64)
    bonus = CIRCLE_BONUS * np.minimum(both, MAX_CIRCLES)
    total = np.minimum(by_scene, values.scene_cap).sum(axis=1)
    if own is not None and values.own_habits > 0:
        total = np.minimum(total, np.maximum(own, 0.0) / values.own_habits)
    return Evidence(
        total=total + bonus,
        groups=np.bincount(shared.pair, minlength=num_pairs).astype(np.int64),
        scenes=np.count_nonzero(scenes, axis=1).astype(np.int64),
        circles=both,
    )


def refusals(dismissals: Float64, reports: Float64, age_days: Float64, values: TrustValues) -> Float64:
    """Negative evidence of either side: upheld reports weigh three times a dismissal; both fade."""
    return (DISMISSAL * dismissals + REPORT * reports) * decay(age_days, values.refusal_half_life_days)


def opinion(positive: Float64, negative: Float64) -> Opinion:
    """b = r / (r + s + 2), d = s / (r + s + 2), q = 2 / (r + s + 2)."""
    whole = positive + negative + PRIOR_WEIGHT
    return Opinion(positive / whole, negative / whole, PRIOR_WEIGHT / whole)


def reliable(one: Float64, other: Float64) -> Float64:
    """Reliability of a pair: that of the less reliable of the two."""
    return np.minimum(one, other)


def ceiling(positive: Float64, groups: Int64) -> Float64:
    """No weight is above (r + 0.2) / (r + 2), nor above (k + 0.2) / (k + 2) for k shared merchants."""
    least = np.minimum(positive, groups)
    prior = BASE_RATE * PRIOR_WEIGHT
    return np.asarray((least + prior) / (least + PRIOR_WEIGHT))


def gates(
    found: Evidence, positive: Float64, seen: Opinion, chance: Float64, candidates: Int64, values: TrustValues
) -> dict[str, Bool]:
    """What has to hold before there may be a link at all, by name: bool (num_pairs,) each.

    Args:
        positive: evidence times reliability.
        chance: probability that two people as busy as these share as many merchants by accident.
        candidates: the larger of the two people's numbers of candidates.
    """
    return {
        "merchants": found.groups >= values.min_groups,
        "scenes": (found.scenes >= values.min_scenes) | (found.circles > 0),
        "evidence": positive >= values.min_evidence,
        "chance": chance < SIGNIFICANCE / np.maximum(candidates, 1),
        "uncertainty": seen.uncertainty <= 0.5,
    }


MINIMUM = ("merchants", "scenes", "evidence")  # the gates that ask for a minimum of evidence


@dataclass(frozen=True)
class Weighed:
    """weight: float64 (num_pairs,), 0: no link. uncertainty: float64. passed: gate -> bool (num_pairs,)."""

    weight: Float64
    uncertainty: Float64
    passed: Mapping[str, Bool]

    @property
    def minimum(self) -> Bool:
        """Pairs that meet the minimum of evidence, whatever the other gates say."""
        return np.asarray(np.logical_and.reduce([self.passed[name] for name in MINIMUM]))


def weigh(
    found: Evidence,
    *,
    reliability: Float64,
    negative: Float64,
    chance: Float64,
    candidates: Int64,
    values: TrustValues,
    calibrated: Float64 | None = None,
) -> Weighed:
    """The weight of each pair: 0 where a gate is shut, else the calibrated one below the ceiling.

    Args:
        reliability: float64 (num_pairs,) in [0, 1], see `reliable`.
        calibrated: probability at a prior of one half from a model; the opinion's own when None.

    Returns:
        Weights in [0, 1), with what the gates say.
    """
    positive = reliability * found.total
    seen = opinion(positive, negative)
    claimed = seen.expected if calibrated is None else np.clip(calibrated, 0.0, 1.0)
    # The opinion bounds a model too: whoever was refused again and again is not suggested by a habit.
    limited = np.minimum(claimed, ceiling(positive, found.groups)) * (1.0 - seen.disbelief)
    passed = gates(found, positive, seen, chance, candidates, values)
    open_ = np.logical_and.reduce(list(passed.values()))
    return Weighed(np.where(open_, limited, 0.0), seen.uncertainty, passed)


def log_factorials(most: int) -> Float64:
    """ln(0!) to ln(most!)."""
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1, dtype=np.float64)))])


def chance_of(shared: Int64, one: Int64, other: Int64, num_merchants: int) -> Float64:
    """P(at least `shared` in common) for two who choose `one` and `other` of so many merchants blindly.

    The hypergeometric tail, symmetric in the two; 1 where nothing is shared.
    """
    table = log_factorials(num_merchants)

    def choose(n: Int64 | int, k: Int64) -> Float64:
        good = (k >= 0) & (k <= n)
        k = np.where(good, k, 0)
        return np.where(good, table[n] - table[k] - table[n - k], -np.inf)

    least, most = np.minimum(one, other), np.maximum(one, other)
    total = choose(num_merchants, least)
    tail, term = np.zeros(len(shared)), np.asarray(shared, dtype=np.int64)
    while (going := term <= least).any():
        hit = np.where(going, term, 0)
        log_p = choose(most, hit) + choose(num_merchants - most, least - hit) - total
        added = np.where(going, np.exp(log_p), 0.0)
        tail += added
        term = term + 1
        if (added <= 1e-12 * tail).all() and (term > least * most / num_merchants).all():
            break
    return np.where(np.asarray(shared) <= 0, 1.0, np.minimum(tail, 1.0))
