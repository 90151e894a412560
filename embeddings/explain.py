"""Reasons for several circles at once: the terms of `Scorer.terms`, added up in whole matrices.

One person's terms are (things touched) x (circles asked about); what they share, such as the spread of a
channel, is computed once. numpy only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from embeddings import told
from embeddings.given import latent_shares
from embeddings.model import EPSILON, GNN, GROUPS, LATENT, GnnVectors, Model, group_of
from embeddings.names import SILENT, Names
from embeddings.profile import Profile
from embeddings.scorer import Reason, Scorer
from embeddings.sums import Sums

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
# Sums are counted in whole billionths: two that are equal stay so whichever circles and people are asked
# about together, and in whichever order they are added up, so that reasons made when a version is published
# are the ones made now.
UNITS = 1e9


@dataclass(frozen=True)
class Strongest:
    """The largest sums of each circle, circle after circle, largest first; equal ones by their label.

    ends: int64 (num_circles + 1,), where each circle's begin. codes, counts: int64 (num_kept,).
    shares: float64 (num_kept,).
    """

    ends: Int64
    codes: Int64
    counts: Int64
    shares: Float64

    def slices(self) -> Iterator[slice]:
        ends = self.ends.tolist()
        return map(slice, ends[:-1], ends[1:])


class Explainer:
    """Explains answers of one scorer. Keeps the label of each thing it met; nothing of any person."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._names = Names(scorer)
        self._heard = [heard(scorer.model, group) for group in range(len(GROUPS))]

    def explain(self, profile: Profile, circle_rows: Sequence[int], limit: int) -> list[list[Reason]]:
        """What speaks most for each circle: at most `limit` reasons, largest share first; may be empty.

        Equal to `Scorer.explain` circle by circle, in kind, label and share. `count` is the payments behind a
        reason, each once.
        """
        found = self._strongest(profile, np.asarray(circle_rows, dtype=np.int64), limit)
        keys = [self._names.keys[code] for code in found.codes.tolist()]
        every = list(zip(keys, found.shares.tolist(), found.counts.tolist(), strict=True))
        return [
            [Reason(kind, label, share, count) for (kind, label), share, count in every[at]]
            for at in found.slices()
        ]

    def tell(
        self, profile: Profile, circle_rows: Sequence[int] | Int64, min_group_size: int
    ) -> list[tuple[told.Sentence, ...]]:
        """What is told of each circle, see `told.sentences`.

        Args:
            min_group_size: members that a circle has at least for its popularity to be told.
        """
        found = self._strongest(profile, np.asarray(circle_rows, dtype=np.int64), told.TERMS)
        codes, counts = found.codes, found.counts
        kept = (found.shares >= told.MIN_SHARE) & ((codes > 0) | (counts >= min_group_size))
        strengths = (counts < told.OFTEN).astype(np.int64) + (counts < told.SOMETIMES)
        things = told.spoken_all(self._names.kinds[codes], strengths, self._names.rows[codes])
        ends = np.concatenate((np.zeros(1, np.int64), kept.cumsum()))[found.ends].tolist()
        every, shares = things[kept].tolist(), found.shares[kept].tolist()
        return [told.sentences(every[a:b], shares[a:b]) for a, b in pairwise(ends)]

    def _strongest(self, profile: Profile, rows: Int64, limit: int) -> Strongest:
        codes, counts, sums = self._summed(profile, rows)
        members = self._scorer.model.num_members[rows]
        total = np.add.reduce(np.maximum(sums, 0.0), axis=0)
        sums[self._names.kinds[codes] == SILENT] = 0.0
        sums[0] *= members > 0  # nobody speaks of the popularity of what nobody has joined
        if len(sums) > limit and len(rows):
            edge = np.partition(sums, len(sums) - limit, axis=0)[len(sums) - limit]
            place, circle = ((sums >= edge) & (sums > 0)).nonzero()
        else:
            place, circle = (sums > 0).nonzero()
        values = sums[place, circle]
        order = self._ordered(circle, values, codes[place])
        place, circle, values = place[order], circle[order], values[order]
        begins = circle.searchsorted(np.arange(len(rows) + 1))
        kept = np.arange(len(circle)) - begins[circle] < limit
        place, circle, values = place[kept], circle[kept], values[kept]
        return Strongest(
            circle.searchsorted(np.arange(len(rows) + 1)),
            codes[place],
            np.where(place == 0, members[circle], counts[place]),
            values / total[circle],
        )

    def _ordered(self, circle: Int64, values: Float64, codes: Int64) -> Int64:
        """By circle, then falling value, then label: order of the entries."""
        order = np.lexsort((-values, circle))
        by, at = values[order], circle[order]
        if not ((by[1:] == by[:-1]) & (at[1:] == at[:-1])).any():
            return order
        return np.lexsort((self._names.ranks(codes), -values, circle))

    # -- sums ---------------------------------------------------------------------------------------

    def _summed(self, profile: Profile, rows: Int64) -> tuple[Int64, Int64, Float64]:
        """Distinct codes, 0 first, the payments behind each, and the sums of their terms, in UNITS.

        int64 (num_codes,) twice, float64 (num_codes, num_circles). A category is touched by itself and
        through its products: its payments count once.
        """
        with_a_say = self._heard[group_of(profile.num_memberships)]
        kinds = [(touch, touched) for touch in with_a_say if len((touched := profile.of_kind(touch)).rows)]
        coded = [self._names.of(touch, touched.rows) for touch, touched in kinds]
        codes, at = _distinct(np.concatenate([np.zeros(1, np.int32), *coded]), len(self._names.keys))
        counts, place, start = np.zeros(len(codes)), {}, 1
        for touch, touched in kinds:
            place[touch] = at[start : start + len(touched.rows)]
            start += len(touched.rows)
            counts = np.maximum(counts, np.bincount(place[touch], touched.counts, len(codes)))
        sums = Sums(len(codes), len(rows), self._scorer.model.num_circles)
        self._add_terms(sums, profile, rows, place)
        return codes, counts.astype(np.int64), np.rint(sums.total() * UNITS)

    def _add_terms(self, sums: Sums, profile: Profile, rows: Int64, place: dict[str, Int64]) -> None:
        model, group = self._scorer.model, group_of(profile.num_memberships)
        for name, prior in model.priors.items():
            sums.add_first(model.weights[name][group] * prior[rows].astype(np.float64))
        column = np.full(model.num_circles, -1, dtype=np.int64)
        column[rows] = np.arange(len(rows))
        for channel in model.channels:
            weight = model.weights[channel.name][group]
            if weight and channel.touch in place:
                given = self._scorer.given(channel, profile)
                if given.spread > EPSILON:
                    mine = place[channel.touch].repeat(given.lengths)
                    sums.add_spread(
                        mine, column[given.circles], given.values * np.float64(weight / given.spread)
                    )
        if model.latent is not None and "circle" in place and (weight := model.weights[LATENT][group]):
            joined = self._scorer.latent_given(profile)
            assert joined is not None  # something was joined
            towards = model.latent.circles[rows] - model.latent.middle
            sums.add_rows(place["circle"], weight * latent_shares(joined, towards))
        if model.gnn is not None and (weight := model.weights[GNN][group]):
            self._add_gnn(sums, model.gnn, profile, rows, place, weight)

    def _add_gnn(
        self,
        sums: Sums,
        gnn: GnnVectors,
        profile: Profile,
        rows: Int64,
        place: dict[str, Int64],
        weight: float,
    ) -> None:
        """Nothing for circles without a GNN score."""
        given = self._scorer.gnn_given(profile)
        if given is None or given.spread <= EPSILON:
            return
        scored, apart = gnn.eligible[rows], gnn.bias[rows] - gnn.middle_bias
        sums.add_first(np.where(scored, apart * (weight / given.spread), 0.0))
        towards = ((gnn.circles[rows] - gnn.middle) * scored[:, None]).T
        towards *= weight / given.spread / given.length
        for touch, vectors in given.touched.items():
            sums.add_rows(place[touch], vectors @ towards)


def _distinct(codes: npt.NDArray[np.int32], num_codes: int) -> tuple[Int64, Int64]:
    """Distinct codes, increasing, and the place of each of those given; nothing needs to be sorted for it."""
    met = np.zeros(num_codes, dtype=bool)
    met[codes] = True
    distinct = met.nonzero()[0]
    places = np.empty(num_codes, dtype=np.int64)
    places[distinct] = np.arange(len(distinct))
    return distinct, places[codes]


def heard(model: Model, group: int) -> list[str]:
    """Kinds of touches that have a say in the scores of a group."""
    touches = [channel.touch for channel in model.channels if model.weights[channel.name][group]]
    if model.latent is not None and model.weights[LATENT][group]:
        touches.append("circle")
    if model.gnn is not None and model.weights[GNN][group]:
        touches += model.gnn.things
    return list(dict.fromkeys(touches))
