"""Score circles for one person from a published version: sums over what the person touched.

numpy only. A score and its explanation are the same terms: `terms` of a circle add up to its score.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.given import (
    Given,
    GnnGiven,
    LatentGiven,
    channel_given,
    gnn_given,
    latent_given,
    latent_shares,
    spreads_of,
    user_vector,
)
from embeddings.model import (
    EPSILON,
    GNN,
    LATENT,
    Channel,
    Float32,
    GnnVectors,
    LatentVectors,
    Model,
    group_of,
)
from embeddings.profile import Profile, Touched
from embeddings.registry import Version

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reason:
    """One thing the person did that speaks for a circle.

    kind: category, merchant, product, circle or popular. label: its display name, or its id.
    share: part of all that speaks for the circle, in (0, 1]. count: payments behind it (1 for a circle,
    members for `popular`).
    """

    kind: str
    label: str
    share: float
    count: int


@dataclass(frozen=True)
class Term:
    """One summand of a score: thing `row` of kind `touch`, or a prior (touch "prior", row -1)."""

    touch: str
    row: int
    value: float


class Scorer:
    """Scores of one version; holds nothing of any person. Safe to share between threads.

    Costs below a millisecond for a person with a few payments and up to about 20,000 circles.
    """

    def __init__(self, version: Version) -> None:
        self.version = version
        self.model: Model = version.model
        self._priors = [prior_scores(self.model, group) for group in range(3)]

    def score(self, profile: Profile) -> Float32:
        """Scores of all circles: float32 (num_circles,). Joined ones are scored like all others."""
        group = group_of(profile.num_memberships)
        scores = self._priors[group].copy()
        for channel in self.model.channels:
            weight = self.model.weights[channel.name][group]
            if weight and len(profile.of_kind(channel.touch).rows):
                given = self.given(channel, profile)
                if given.spread > EPSILON:
                    scores += (given.centred * (weight / given.spread)).astype(np.float32)
        if self.model.latent is not None and (weight := self.model.weights[LATENT][group]):
            joined = self.latent_given(profile)
            if joined is not None and joined.spread > EPSILON:
                scores += (joined.centred * (weight / joined.spread)).astype(np.float32)
        if self.model.gnn is not None and (weight := self.model.weights[GNN][group]):
            self._add_gnn(scores, self.model.gnn, profile, weight)
        return scores

    def given(self, channel: Channel, profile: Profile) -> Given:
        """What a channel gives circles; kept with the profile, for scores and for their reasons."""
        made: Given | None = profile.kept.get(channel.name)
        if made is None:
            made = channel_given(channel, profile.of_kind(channel.touch), self.model.num_circles)
            profile.kept[channel.name] = made
        return made

    def latent_given(self, profile: Profile) -> LatentGiven | None:
        """What the factors give circles, kept likewise; None for who joined nothing."""
        if LATENT not in profile.kept:
            assert self.model.latent is not None
            profile.kept[LATENT] = latent_given(self.model.latent, profile)
        made: LatentGiven | None = profile.kept[LATENT]
        return made

    def gnn_given(self, profile: Profile) -> GnnGiven | None:
        """What the GNN gives circles, kept likewise; None for who touched nothing it knows."""
        if GNN not in profile.kept:
            assert self.model.gnn is not None
            profile.kept[GNN] = gnn_given(self.model.gnn, profile)
        made: GnnGiven | None = profile.kept[GNN]
        return made

    def _add_gnn(self, scores: Float32, gnn: GnnVectors, profile: Profile, weight: float) -> None:
        given = self.gnn_given(profile)
        if given is not None and given.spread > EPSILON:
            scaled = (given.raw - given.mean) * np.float32(weight / given.spread)
            scores += np.where(gnn.eligible, scaled, np.float32(0))

    def top(
        self, profile: Profile, top_k: int, allowed: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Int64, Float32]:
        """The best `top_k` of the allowed circles: rows and scores, best first, fewer when fewer are allowed.

        Equal scores keep the order of the circles' rows, as everywhere.
        """
        return best(self.score(profile), top_k, allowed)

    def precomputed(self, user_id: str) -> tuple[Int64, Float32] | None:
        """The list made when the version was published; None for somebody it does not know."""
        return self.version.list_of(user_id)

    def popular(self, top_k: int = 100) -> tuple[Int64, Float32]:
        """Circles with the most members: rows and logarithm of 1 + members, best first."""
        return best(np.log1p(self.model.num_members).astype(np.float32), top_k, None)

    def terms(self, profile: Profile, circle_row: int) -> list[Term]:
        """All summands of one score, in no particular order; their sum is the score."""
        group = group_of(profile.num_memberships)
        out = list(_prior_terms(self.model, group, circle_row))
        for channel in self.model.channels:
            weight = self.model.weights[channel.name][group]
            touched = profile.of_kind(channel.touch)
            if weight and len(touched.rows):
                out.extend(_channel_terms(channel, touched, self.model.num_circles, circle_row, weight))
        if self.model.latent is not None and (weight := self.model.weights[LATENT][group]):
            out.extend(_latent_terms(self.model.latent, profile, circle_row, weight))
        if self.model.gnn is not None and (weight := self.model.weights[GNN][group]):
            out.extend(_gnn_terms(self.model.gnn, profile, circle_row, weight))
        return out

    def explain(self, profile: Profile, circle_row: int, limit: int) -> list[Reason]:
        """What speaks most for a circle, at most `limit` reasons, largest share first; may be empty.

        Terms of one category, merchant, product or circle are added up; products speak through their
        category where it is known. Shares are parts of the sum of what speaks for the circle. Scenes, and the
        popularity of a circle without members, count but are not spoken of.
        """
        summed: dict[tuple[str, str], float] = {}
        things: dict[tuple[str, str], set[tuple[str, int]]] = {}
        for term in self.terms(profile, circle_row):
            key = self.label(term)
            summed[key] = summed.get(key, 0.0) + term.value
            things.setdefault(key, set()).add((term.touch, term.row))
        total = sum(value for value in summed.values() if value > 0)
        unspoken = {"scene"} if self.model.num_members[circle_row] else {"scene", "popular"}
        speaking = [key for key, value in summed.items() if value > 0 and key[0] not in unspoken]
        speaking.sort(key=lambda key: (-summed[key], key))
        return [
            Reason(*key, float(summed[key] / total), self._count(profile, things[key], circle_row))
            for key in speaking[:limit]
        ]

    def label(self, term: Term) -> tuple[str, str]:
        """Kind and display name of what a term is explained by."""
        version = self.version
        if term.touch == "prior":
            return "popular", "popular"
        if term.touch == "product" and (category := int(version.product_category[term.row])) >= 0:
            return "category", version.label("product_category", category)
        kind = "category" if term.touch.endswith("_category") else term.touch
        return kind, version.label(term.touch, term.row)

    def _count(self, profile: Profile, things: set[tuple[str, int]], circle_row: int) -> int:
        """Payments behind a reason; the same ones seen as products and as a category count once."""
        counts: dict[str, int] = {}
        for touch, row in things:
            if touch == "prior":
                return int(self.model.num_members[circle_row])
            touched = profile.of_kind(touch)
            at = int(np.searchsorted(touched.rows, row))
            counts[touch] = counts.get(touch, 0) + int(touched.counts[at])
        return max(counts.values())


def best(scores: Float32, top_k: int, allowed: npt.NDArray[np.bool_] | None) -> tuple[Int64, Float32]:
    """Rows and scores of the best allowed entries, best first; equal scores by row."""
    rows = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    values = scores[rows]
    if len(rows) > top_k:
        # Everything at least as good as the top_k-th: ties at the edge are cut by row below.
        edge = np.partition(values, len(values) - top_k)[len(values) - top_k] if top_k else np.inf
        kept = values >= edge
        rows, values = rows[kept], values[kept]
    order = np.lexsort((rows, -values))[:top_k]
    return rows[order], values[order]


def prior_scores(model: Model, group: int) -> Float32:
    """The part of a score that is the same for everybody of a group: float32 (num_circles,)."""
    out = np.zeros(model.num_circles, dtype=np.float32)
    for name, prior in model.priors.items():
        out += np.float32(model.weights[name][group]) * prior
    return out


def _prior_terms(model: Model, group: int, circle_row: int) -> Iterator[Term]:
    for name, prior in model.priors.items():
        yield Term("prior", -1, model.weights[name][group] * float(prior[circle_row]))


def _channel_terms(
    channel: Channel, touched: Touched, num_circles: int, circle_row: int, weight: float
) -> Iterator[Term]:
    """Standardised share of each thing: what it gives this circle less what it gives circles on average."""
    spread = channel_given(channel, touched, num_circles).spread
    if spread <= EPSILON:
        return
    matrix, weights = channel.matrix, channel.matrix.columns["weight"]
    for row, value in zip(touched.rows.tolist(), touched.values.tolist(), strict=True):
        at = matrix.row_slice(row)
        given = float(weights[at][matrix.indices[at] == circle_row].sum())
        average = float(weights[at].sum(dtype=np.float64)) / num_circles
        if len(weights[at]):
            yield Term(channel.touch, row, weight * value * (given - average) / spread)


def _latent_terms(latent: LatentVectors, profile: Profile, circle_row: int, weight: float) -> Iterator[Term]:
    given = latent_given(latent, profile)
    if given is None:
        return
    towards = latent.circles[[circle_row]] - latent.middle
    shares = latent_shares(given, towards)[:, 0]
    for row, value in zip(profile.of_kind("circle").rows.tolist(), shares.tolist(), strict=True):
        yield Term("circle", row, weight * value)


def _gnn_terms(gnn: GnnVectors, profile: Profile, circle_row: int, weight: float) -> Iterator[Term]:
    vector = user_vector(gnn, profile)
    length = float(np.sqrt(vector @ vector))
    if length <= EPSILON or not gnn.eligible[circle_row]:
        return
    spread = float(spreads_of(vector / length, gnn.spread))
    if spread <= EPSILON:
        return
    towards, bias = gnn.circles[circle_row] - gnn.middle, float(gnn.bias[circle_row]) - gnn.middle_bias
    yield Term("prior", -1, weight * bias / spread)
    for touch, vectors in gnn.things.items():
        touched = profile.of_kind(touch)
        scale = gnn.gains[touch] / np.sqrt(max(touched.values.sum(), EPSILON)) / length
        for row, value in zip(touched.rows.tolist(), touched.values.tolist(), strict=True):
            yield Term(touch, row, weight * scale * value * float(vectors[row] @ towards) / spread)
