"""Terms of the scores of a block of people, summed: `explain.py` of each, in arrays over all of them.

A *slot* is all that one person did and that goes by one name; slots of a person are in the order of the
names, and popularity is one of them. Needs scipy.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.crowd import Crowd, ManyTouched, spread_out
from embeddings.folding import coefficients
from embeddings.given import spreads_of
from embeddings.model import EPSILON, GNN, LATENT, Channel, Float64, GnnVectors, LatentVectors, Model
from embeddings.touches import Matrix

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Slots:
    """Slots of a block. starts: int64 (num_people,), where each person's begin. owners, codes, counts: int64
    (num_slots,). popular: int64 (num_people,). of: kind of touch -> touches, and the slot of each."""

    starts: Int64
    owners: Int64
    codes: Int64
    counts: Int64
    popular: Int64
    of: dict[str, tuple[ManyTouched, Int64]]


class CrowdSums:
    """Adds up terms of one model. Keeps room for a block, so that it is not safe to share."""

    def __init__(self, model: Model) -> None:
        self._model = model
        # Of people x circles, written before they are read: the last entry, and the place in a list.
        self._last, self._place = np.zeros(0, np.int32), np.zeros(0, np.uint8)

    def num_entries(self, crowd: Crowd) -> int:
        """What the largest of the channels gives these people, entry by entry."""
        return max(
            (
                int((channel.matrix.indptr[rows + 1] - channel.matrix.indptr[rows]).sum())
                for channel in self._model.channels
                if any(self._model.weights[channel.name])
                for rows in [crowd.of(channel.touch).rows]
            ),
            default=0,
        )

    def of(self, crowd: Crowd, slots: Slots, circles: Int64) -> Float64:
        """Sums of slots in the circles of their person: float64 (num_slots, num_places).

        Args:
            circles: int64 (num_people, num_places), rows; -1 after the end of a list, where sums say nothing.
        """
        num_slots, num_places = len(slots.owners), circles.shape[1]
        self._mark(circles)
        cells, values, given = [], [], np.zeros(num_slots)
        for channel in self._model.channels:
            weights = np.asarray(self._model.weights[channel.name])[crowd.groups]
            if channel.touch in slots.of and weights.any():
                of_channel = self._channel(channel, weights, *slots.of[channel.touch], circles, given)
                cells.append(of_channel[0])
                values.append(of_channel[1])
        sums = np.zeros((num_slots, num_places))
        if cells:
            added = np.bincount(np.concatenate(cells), np.concatenate(values), sums.size)
            sums += added.reshape(sums.shape)
        sums -= given[:, None] / max(1, self._model.num_circles)
        for name, prior in self._model.priors.items():
            weights = np.asarray(self._model.weights[name], dtype=np.float64)[crowd.groups]
            sums[slots.popular] += weights[:, None] * prior[circles]
        if self._model.latent is not None:
            self._add_latent(sums, self._model.latent, crowd, slots, circles)
        if self._model.gnn is not None:
            self._add_gnn(sums, self._model.gnn, crowd, slots, circles)
        return sums

    def _mark(self, circles: Int64) -> None:
        """Note the place of each circle in each list; marks of other blocks are told apart when read."""
        num_cells = len(circles) * self._model.num_circles
        if num_cells > len(self._last):
            self._last, self._place = np.zeros(num_cells, np.int32), np.zeros(num_cells, np.uint8)
        person, place = (circles >= 0).nonzero()
        self._place[person * self._model.num_circles + circles[person, place]] = place

    def _channel(
        self,
        channel: Channel,
        weights: Float64,
        many: ManyTouched,
        slot_of: Int64,
        circles: Int64,
        given: Float64,
    ) -> tuple[Int64, Float64]:
        """Cells and what a channel adds to them; what slots give all circles together is added to `given`."""
        num_circles, matrix = self._model.num_circles, channel.matrix
        starts = matrix.indptr[many.rows]
        lengths = matrix.indptr[many.rows + 1] - starts
        lengths[weights[many.owners] == 0] = 0
        entry, at = spread_out(starts, lengths)
        values = matrix.columns["weight"][at] * many.values[entry]
        person, circle = many.owners[entry], matrix.indices[at]
        where = person * num_circles + circle
        spread = self._spreads(len(weights), person, where, values)
        scaled = values * _over(weights, spread)[person]
        given += np.bincount(slot_of[entry], scaled, len(given))
        place = self._place[where].astype(np.int64)
        asked = (circles[person, place] == circle).nonzero()[0]
        return slot_of[entry[asked]] * circles.shape[1] + place[asked], scaled[asked]

    def _spreads(
        self, num_people: int, person: Int64, where: Int64, values: npt.NDArray[np.float32]
    ) -> Float64:
        """Standard deviation of each person's sums over all circles, most of which are given nothing."""
        num_circles, every = self._model.num_circles, np.arange(len(where), dtype=np.int32)
        self._last[where] = every
        last = self._last[where]  # one entry of each person and circle stands for all of them
        kept = (last == every).nonzero()[0]
        raw, person_of = np.bincount(last, values, len(where))[kept], person[kept]
        mean = np.bincount(person_of, raw, num_people) / num_circles
        apart = raw - mean[person_of]
        squares = np.bincount(person_of, apart * apart, num_people)
        silent = num_circles - np.bincount(person_of, minlength=num_people)
        return np.sqrt((squares + silent * mean * mean) / num_circles)

    def _add_latent(
        self, sums: Float64, latent: LatentVectors, crowd: Crowd, slots: Slots, circles: Int64
    ) -> None:
        weights = np.asarray(self._model.weights[LATENT])[crowd.groups]
        if not weights.any() or "circle" not in slots.of:
            return
        many, slot_of = slots.of["circle"]
        num_joined = np.bincount(many.owners, minlength=len(crowd))
        first = num_joined.cumsum() - num_joined
        for number in np.unique(num_joined[(num_joined > 0) & (weights != 0)]).tolist():
            for people in _blocks(np.flatnonzero((num_joined == number) & (weights != 0)), number):
                touches = first[people][:, None] + np.arange(number)
                joined = latent.circles[many.rows[touches]]
                joined = joined * coefficients(joined, latent.confidence)[..., None]
                spread = spreads_of(joined.sum(axis=1, dtype=np.float64), latent.spread)
                scale = _over(weights[people], spread)
                towards = latent.circles[circles[people]] - latent.middle
                shares = joined @ np.swapaxes(towards, 1, 2) * scale[:, None, None]
                sums[slot_of[touches]] += shares  # a circle joined is a slot of its own

    def _add_gnn(self, sums: Float64, gnn: GnnVectors, crowd: Crowd, slots: Slots, circles: Int64) -> None:
        weights = np.asarray(self._model.weights[GNN])[crowd.groups]
        if not weights.any():
            return
        for people in _slices(slots.starts, len(slots.owners), gnn.circles.shape[1]):
            self._add_gnn_of(people, sums, gnn, weights, slots, circles)

    def _add_gnn_of(
        self,
        people: slice,
        sums: Float64,
        gnn: GnnVectors,
        weights: Float64,
        slots: Slots,
        circles: Int64,
    ) -> None:
        """Terms of some people: sums of the vectors that each slot stands for, then products with circles."""
        starts = slots.starts[people]
        first = int(starts[0])
        end = int(slots.starts[people.stop]) if people.stop < len(slots.starts) else len(slots.owners)
        vectors = self._vectors(people, slice(first, end), gnn, slots)
        whole = added_up(vectors, starts - first)
        length = np.sqrt(np.square(whole).sum(axis=1))
        weight = np.where(length > EPSILON, weights[people], 0.0)
        length = np.maximum(length, EPSILON)
        scale = _over(weight, spreads_of(whole / length[:, None], gnn.spread))
        asked = circles[people]
        scored = gnn.eligible[asked]
        sums[slots.popular[people]] += np.where(
            scored, (gnn.bias[asked] - gnn.middle_bias) * scale[:, None], 0.0
        )
        towards = (gnn.circles[asked] - gnn.middle) * scored[..., None]
        towards *= (scale / length)[:, None, None]
        ends = np.append(starts[1:], end) - first
        for number, (start, stop) in enumerate(zip((starts - first).tolist(), ends.tolist(), strict=True)):
            sums[first + start : first + stop] += vectors[start:stop] @ towards[number].T

    def _vectors(self, people: slice, within: slice, gnn: GnnVectors, slots: Slots) -> Float64:
        """Sums of the vectors, times their weights, that each of these slots stands for."""
        vectors = np.zeros((within.stop - within.start, gnn.circles.shape[1]))
        for touch, of_things in gnn.things.items():
            if touch in slots.of:
                many, slot_of = slots.of[touch]
                mine = slice(*many.owners.searchsorted((people.start, people.stop)).tolist())
                owners = many.owners[mine] - people.start
                totals = np.bincount(owners, many.values[mine], people.stop - people.start)
                scale = (gnn.gains[touch] / np.sqrt(np.maximum(totals, EPSILON))).astype(np.float32)
                added = of_things[many.rows[mine]] * (many.values[mine] * scale[owners])[:, None]
                _add_by(vectors, slot_of[mine] - within.start, added)
        return vectors


def _over(weights: Float64, spreads: Float64) -> Float64:
    """Weights over spreads; 0 where there is none."""
    speaking = spreads > EPSILON
    return np.where(speaking, weights, 0.0) / np.where(speaking, spreads, 1.0)


def added_up(values: Float64, starts: Int64) -> Float64:
    """Sums of rows from each start to the next: float64 (num_starts, num_columns); every run has a row."""
    runs = Matrix(
        (np.ones(len(values)), np.arange(len(values)), np.append(starts, len(values))),
        shape=(len(starts), len(values)),
    )
    return np.asarray(runs @ values)


def _add_by(out: Float64, rows: Int64, values: npt.NDArray[np.float32]) -> None:
    """Add values to rows that may repeat, in double precision."""
    order = rows.argsort(kind="stable")
    ends = np.bincount(rows, minlength=len(out)).cumsum()
    runs = Matrix((np.ones(len(rows)), order, np.append(0, ends)), shape=(len(out), len(rows)))
    out += runs @ values.astype(np.float64)


def _blocks(people: Int64, cells: int) -> Iterator[Int64]:
    step = max(1, 20_000 // max(1, cells))
    for start in range(0, len(people), step):
        yield people[start : start + step]


def _slices(starts: Int64, num_slots: int, dim: int) -> Iterator[slice]:
    """People whose slots have about a million numbers together."""
    most = max(1, 1_000_000 // max(1, dim))
    first = 0
    while first < len(starts):
        past = int(starts.searchsorted(starts[first] + most, side="right")) - 1
        last = len(starts) if num_slots - starts[first] <= most else max(first + 1, past)
        yield slice(first, last)
        first = last
