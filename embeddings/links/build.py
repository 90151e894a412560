"""Link candidates of a version: who could be linked with whom, each pair with weight and reason.

Only people who agreed to links, are verified and adult. What is blocked at this moment is left out here and
once more, live, with each answer.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.links.gated import Weighed, weigh_pairs
from embeddings.links.ground import Bool, Ground, Int64, ground_of, links_of
from embeddings.links.pairs import Pairs, join, pairs_in
from embeddings.links.ranker import fit
from embeddings.links.reliability import reliability_of
from embeddings.links.retrieve import candidates_of
from graph.links.candidates import LinkCandidates
from graph.policy.link_reasons import FALLBACK, CategorySizes, LinkReason, choose
from graph.policy.trust import TrustValues
from graph.snapshot import Snapshot

LIST_SIZE = 100  # best of each person; a pair stays where either has it

Visible = Callable[[int, Sequence[int]], Bool]


@dataclass(frozen=True)
class People:
    """What only the store knows, by row of the snapshot's users.

    index: int64, the store's index. verified, adult: bool; unknown is no.
    """

    index: Int64
    verified: Bool
    adult: Bool


def build(
    snapshot: Snapshot,
    people: People,
    *,
    values: TrustValues,
    visible: Visible | None = None,
    min_supporters: int = 0,
    seed: int = 0,
) -> LinkCandidates | None:
    """Fit, retrieve, weigh, explain.

    Args:
        visible: store index of a person and of others -> whether each may be seen by them now.
        min_supporters: linked people below whom nothing is learned of a merchant alone.

    Returns:
        None where fewer than two people may be linked at all.
    """
    may = people.verified & people.adult
    everybody = ground_of(snapshot, adult=may, with_links=False, seed=seed)
    if int(everybody.eligible.sum()) < 2:
        return None
    reliability = reliability_of(everybody.visits, people.verified, seed=seed)
    ground = ground_of(snapshot, adult=may, reliability=reliability, with_links=False, seed=seed)
    links = links_of(snapshot, ground.eligible)
    ranker = fit(
        ground, links, known=bool(links.nnz), values=values, min_supporters=min_supporters, seed=seed
    )
    pairs = candidates_of(ranker.describer)
    pairs = pairs[~pairs.among(pairs_in(links), ground.num_users)]
    weighed = weigh_pairs(ground, pairs, values, calibrated=ranker.weights(ranker.scores(pairs)))
    kept = _best(pairs, weighed, ground.num_users)
    if visible is not None:
        kept = kept[_are_visible(pairs[kept], people.index, visible)]
    pairs, reasons = pairs[kept], _reasons(snapshot, ground, pairs[kept])
    spoken = sorted({FALLBACK, *reasons})
    number_of = {reason: number for number, reason in enumerate(spoken)}
    return LinkCandidates.from_pairs(
        people.index[pairs.one],
        people.index[pairs.other],
        weighed.weight[kept].astype(np.float32),
        users=people.index[ground.eligible],
        uncertainty=weighed.uncertainty[kept].astype(np.float32),
        reason=np.array([number_of[reason] for reason in reasons], dtype=np.int32),
        reasons=tuple(spoken),
        calibrated=ranker.calibrated,
    )


def _best(pairs: Pairs, weighed: Weighed, num_users: int) -> Int64:
    """Positions of the pairs with a weight that are among the best of either side."""
    open_ = np.flatnonzero(weighed.weight > 0)
    rows = np.concatenate([pairs.one[open_], pairs.other[open_]])
    at, weights = np.tile(open_, 2), np.tile(weighed.weight[open_], 2)
    order = np.lexsort((at, -weights, rows))
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=num_users))])
    place = np.arange(len(rows)) - starts[rows[order]]
    return np.unique(at[order[place < LIST_SIZE]])


def _are_visible(pairs: Pairs, index: Int64, visible: Visible) -> Bool:
    out = np.ones(len(pairs), dtype=bool)
    for user in np.unique(pairs.one):
        mine = np.flatnonzero(pairs.one == user) if len(pairs) < 1_000 else _range(pairs, int(user))
        out[mine] = visible(int(index[user]), index[pairs.other[mine]].tolist())
    return out


def _range(pairs: Pairs, user: int) -> Int64:
    """Pairs are in order, so one person's lie together."""
    return np.arange(np.searchsorted(pairs.one, user), np.searchsorted(pairs.one, user, side="right"))


def _reasons(snapshot: Snapshot, ground: Ground, pairs: Pairs) -> list[LinkReason]:
    sizes, names = sizes_of(snapshot, ground), list(snapshot.categories)
    shared: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    joined = join(ground.visits, pairs.one, pairs.other)
    for pair, category in zip(joined.pair.tolist(), ground.category[joined.thing].tolist(), strict=True):
        if category >= 0:
            shared[pair][names[category]] += 1
    return [choose(shared[pair], sizes) for pair in range(len(pairs))]


def sizes_of(snapshot: Snapshot, ground: Ground) -> CategorySizes:
    """How many eligible people and merchants each category hides, and each two categories."""
    names = list(snapshot.categories)
    visits, num = ground.visits, max(len(names), 1)
    rows = np.repeat(np.arange(ground.num_users), np.diff(visits.indptr))
    category = ground.category[visits.indices]
    known = category >= 0
    goes = np.zeros((ground.num_users, num), dtype=np.float32)
    goes[rows[known], category[known]] = 1.0
    both = goes.T @ goes
    visited = np.unique(visits.indices)
    merchants = np.bincount(ground.category[visited][ground.category[visited] >= 0], minlength=num)
    people = {name: int(both[i, i]) for i, name in enumerate(names)}
    pairs = {
        (names[i], names[j]): int(both[i, j]) for i, j in zip(*np.nonzero(np.triu(both, 1)), strict=True)
    }
    return CategorySizes(people, {name: int(merchants[i]) for i, name in enumerate(names)}, pairs)
