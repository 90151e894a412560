"""Reasons for several circles at once: the terms of `Scorer.terms`, added up in whole matrices.

One person's terms are (things touched) x (circles asked about); what they share, such as the spread of a
channel, is computed once. numpy only.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.model import EPSILON, GNN, LATENT, Channel, GnnVectors, group_of
from embeddings.profile import Profile, Touched
from embeddings.scorer import Reason, Scorer, Term, latent_shares, user_vector

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Key = tuple[str, str]
POPULAR: Key = ("popular", "popular")


@dataclass(frozen=True)
class Terms:
    """Terms of the things of one kind.

    codes: int64 (num_things,), what each is explained by. values: float64 (num_things, num_circles).
    """

    codes: Int64
    values: Float64


class Explainer:
    """Explains answers of one scorer. Keeps the label of each thing it met; nothing of any person."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._keys: list[Key] = [POPULAR]
        self._code_of: dict[Key, int] = {POPULAR: 0}
        self._codes: dict[str, Int64] = {}
        self._lock = threading.Lock()

    def explain(self, profile: Profile, circle_rows: Sequence[int], limit: int) -> list[list[Reason]]:
        """What speaks most for each circle: at most `limit` reasons, largest share first; may be empty.

        Equal to `Scorer.explain` circle by circle, in kind, label and share. `count` is the payments behind a
        reason, each once.
        """
        rows = np.asarray(circle_rows, dtype=np.int64)
        codes, sums = _summed(list(self._terms(profile, rows)), len(rows))
        counts = self._counts(profile, codes)
        members = self._scorer.model.num_members[rows].tolist()
        total = np.where(sums > 0, sums, 0.0).sum(axis=0).tolist()
        sums[[self._keys[code][0] == "scene" for code in codes.tolist()]] = 0.0  # nobody speaks of scenes
        sums[codes == 0] *= np.array(members) > 0  # nor of the popularity of what nobody has joined
        return [
            [
                Reason(kind, label, value / total[i], num if kind == "popular" else count)
                for value, (kind, label), count in self._largest(codes, sums[:, i], counts, limit)
            ]
            for i, num in enumerate(members)
        ]

    def _largest(
        self, codes: Int64, sums: Float64, counts: Int64, limit: int
    ) -> list[tuple[float, Key, int]]:
        """The largest positive sums with label and count; equal ones by their label."""
        edge = np.partition(sums, len(sums) - limit)[len(sums) - limit] if len(sums) > limit else 0.0
        kept = np.flatnonzero((sums >= edge) & (sums > 0)).tolist()
        found = [(float(sums[i]), self._keys[codes[i]], int(counts[i])) for i in kept]
        return sorted(found, key=lambda entry: (-entry[0], entry[1]))[:limit]

    # -- terms --------------------------------------------------------------------------------------

    def _terms(self, profile: Profile, rows: Int64) -> Iterator[Terms]:
        model, group = self._scorer.model, group_of(profile.num_memberships)
        for name, prior in model.priors.items():
            values = model.weights[name][group] * prior[rows].astype(np.float64)
            yield Terms(np.zeros(1, np.int64), values[None, :])
        for channel in model.channels:
            weight, touched = model.weights[channel.name][group], profile.of_kind(channel.touch)
            if weight and len(touched.rows):
                values = _channel_values(channel, touched, model.num_circles, rows)
                yield Terms(self._coded(channel.touch, touched.rows), weight * values)
        circles = profile.of_kind("circle").rows
        if model.latent is not None and len(circles) and (weight := model.weights[LATENT][group]):
            yield Terms(self._coded("circle", circles), weight * latent_shares(model.latent, profile, rows))
        if model.gnn is not None and (weight := model.weights[GNN][group]):
            for touch, values in _gnn_values(model.gnn, profile, rows):
                codes = self._coded(touch, profile.of_kind(touch).rows) if touch else np.zeros(1, np.int64)
                yield Terms(codes, weight * values)

    def _coded(self, touch: str, rows: Int64) -> Int64:
        """A number for the label that each thing is explained by."""
        known = self._codes.get(touch)
        if known is None or (known[rows] < 0).any():
            with self._lock:
                known = self._learnt(touch, rows)
        return known[rows]

    def _learnt(self, touch: str, rows: Int64) -> Int64:
        if touch not in self._codes:
            self._codes[touch] = np.full(self._scorer.model.num_things[touch], -1, dtype=np.int64)
        known = self._codes[touch]
        for row in rows[known[rows] < 0].tolist():
            key = self._scorer._label(Term(touch, row, 0.0))
            if key not in self._code_of:
                self._keys.append(key)
                self._code_of[key] = len(self._keys) - 1
            known[row] = self._code_of[key]
        return known

    def _counts(self, profile: Profile, codes: Int64) -> Int64:
        """Payments behind each code. A category is touched by itself and through its products: once."""
        out = np.zeros(len(codes), dtype=np.int64)
        for touch, touched in profile.touched.items():
            mine = self._coded(touch, touched.rows)
            at = np.searchsorted(codes, mine)
            known = (
                (at < len(codes)) & (codes[np.minimum(at, len(codes) - 1)] == mine) if len(codes) else at < 0
            )
            out = np.maximum(out, np.bincount(at[known], touched.counts[known], len(codes)).astype(np.int64))
        return out


def _summed(terms: Sequence[Terms], num_circles: int) -> tuple[Int64, Float64]:
    """Distinct codes, increasing, and the sum of their terms for each circle."""
    if not terms:
        return np.zeros(0, np.int64), np.zeros((0, num_circles))
    codes, at = np.unique(np.concatenate([term.codes for term in terms]), return_inverse=True)
    cells = (at[:, None] * num_circles + np.arange(num_circles)).ravel()
    values = np.concatenate([term.values for term in terms]).ravel()
    sums = np.bincount(cells, values, len(codes) * num_circles).astype(np.float64)
    return codes, sums.reshape(len(codes), num_circles)


def _channel_values(channel: Channel, touched: Touched, num_circles: int, rows: Int64) -> Float64:
    """Standardised share of each thing in each circle, before the channel's weight."""
    matrix, weights = channel.matrix, channel.matrix.columns["weight"]
    starts = matrix.indptr[touched.rows]
    lengths = matrix.indptr[touched.rows + 1] - starts
    owner = np.repeat(np.arange(len(touched.rows)), lengths)
    at = np.arange(len(owner)) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    circles, given = matrix.indices[at], weights[at].astype(np.float64)
    raw = np.bincount(circles, given * touched.values[owner], num_circles)
    spread = float(raw.std())
    if spread <= EPSILON:
        return np.zeros((len(touched.rows), len(rows)))
    column = np.full(num_circles, -1, dtype=np.int64)
    column[rows] = np.arange(len(rows))
    asked = column[circles] >= 0
    cell = owner[asked] * len(rows) + column[circles[asked]]
    shape = (len(touched.rows), len(rows))
    towards = np.bincount(cell, given[asked], shape[0] * shape[1]).reshape(shape)
    average = np.bincount(owner, given, shape[0])[:, None] / num_circles
    return np.asarray(touched.values[:, None] * (towards - average) / spread)


def _gnn_values(gnn: GnnVectors, profile: Profile, rows: Int64) -> Iterator[tuple[str, Float64]]:
    """Kind of touch ("" for the bias) and its share in each circle; none for circles without a GNN score."""
    vector = user_vector(gnn, profile)
    length = float(np.sqrt(vector @ vector))
    if length <= EPSILON or not gnn.eligible.any():
        return
    scores = (gnn.circles @ (vector / length) + gnn.bias)[gnn.eligible].astype(np.float64)
    spread = float(scores.std())
    if spread <= EPSILON:
        return
    scored = gnn.eligible[rows]
    bias = (gnn.bias[rows] - gnn.bias[gnn.eligible].mean()).astype(np.float64)
    yield "", np.where(scored, bias / spread, 0.0)[None, :]
    towards = gnn.circles[rows] - gnn.circles[gnn.eligible].mean(axis=0)
    for touch, vectors in gnn.things.items():
        touched = profile.of_kind(touch)
        if len(touched.rows):
            scale = gnn.gains[touch] / np.sqrt(max(touched.values.sum(), EPSILON)) / length
            values = (touched.values[:, None] * (vectors[touched.rows] @ towards.T)).astype(np.float64)
            yield touch, np.where(scored[None, :], scale * values / spread, 0.0)
