"""Link candidates of a version: who could be linked with whom, each pair with weight and reason.

Only people who agreed to links, are verified and adult. Two one of whom declined, blocked or reported the
other are never candidates again. What is blocked at this moment is left out here and once more, live, with
each answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from embeddings.links.gated import weigh_pairs
from embeddings.links.ground import Bool, Int64, ground_of, links_of
from embeddings.links.pairs import Pairs, pairs_in
from embeddings.links.ranker import fit
from embeddings.links.reasons import reasons_of
from embeddings.links.reliability import reliability_of
from embeddings.links.retrieve import candidates_of
from graph.links.candidates import LinkCandidates
from graph.policy.link_reasons import FALLBACK
from graph.policy.trust import TrustValues, Weighed
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
    refused: Int64 | None = None,
    min_supporters: int = 0,
    seed: int = 0,
) -> LinkCandidates | None:
    """Fit, retrieve, weigh, explain.

    Args:
        visible: store index of a person and of others -> whether each may be seen by them now.
        refused: int64 (n, 2), store indices of two people one of whom turned the other down; none when None.
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
    for apart in (pairs_in(links), _rows_of(refused, people.index)):
        pairs = pairs[~pairs.among(apart, ground.num_users)]
    weighed = weigh_pairs(ground, pairs, values, calibrated=ranker.weights(ranker.scores(pairs)))
    kept = _best(pairs, weighed, ground.num_users)
    if visible is not None:
        kept = kept[_are_visible(pairs[kept], people.index, visible)]
    pairs, reasons = pairs[kept], reasons_of(ground, pairs[kept], list(snapshot.categories))
    spoken = sorted({FALLBACK, *reasons})
    number_of = {reason: number for number, reason in enumerate(spoken)}
    made = LinkCandidates.from_pairs(
        people.index[pairs.one],
        people.index[pairs.other],
        weighed.weight[kept].astype(np.float32),
        users=people.index[ground.eligible],
        uncertainty=weighed.uncertainty[kept].astype(np.float32),
        reason=np.array([number_of[reason] for reason in reasons], dtype=np.int32),
        reasons=tuple(spoken),
        calibrated=ranker.calibrated,
    )
    order = np.argsort(people.index)
    return replace(made, place=order[np.searchsorted(people.index, made.users, sorter=order)])


def _rows_of(refused: Int64 | None, index: Int64) -> Pairs:
    """Pairs of store indices as rows; of somebody who is not in the snapshot there is none."""
    if refused is None or not len(refused):
        return Pairs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    order = np.argsort(index)
    at = np.minimum(np.searchsorted(index, refused, sorter=order), len(index) - 1)
    known = (index[order[at]] == refused).all(axis=1)
    one, other = order[at[known]].T
    return Pairs.of(one, other, len(index))


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
