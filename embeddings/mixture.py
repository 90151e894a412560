"""Weights of a mixture, chosen on the validation part in two ways, of which the mean is taken.

Each voice (a channel, a prior, the factors, the GNN) is a block of standardised scores. A coordinate
search for ndcg@20 climbs from a few starts (from nothing it takes in one voice after another as long as
that helps), tuning the weights in turn; it looks at the first places only, and fits their noise. A
conditional logit (`logit.py`) looks at all places, and is smooth. Their errors differ: on eight parts of
train that neither saw, the mean found more than either in seven, and more than the search in all. People
with no, few and many memberships get weights of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.logit import choices_of, logit_weights
from embeddings.metrics import discounts_of, gain_of, rank_of
from embeddings.model import GROUPS, Float32, groups_of

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
TOP_K = 20
FACTORS = (0.0, 0.35, 0.6, 0.8, 0.9, 1.1, 1.25, 1.6, 2.5)
STARTS = (0.1, 0.3, 1.0)
SIGNED = ("popularity", "unseen")  # only a prior may count against a circle
MIN_USERS_OF_GROUP = 150  # below it a group's ndcg differs by more than .02 from one draw to the next
MIN_GAIN = 1e-4
MAX_ROUNDS = 4
SHORTLIST = 100
LEAST = 0.005  # a smaller share of a mixture changes no list that one could tell from another


@dataclass(frozen=True)
class Panel:
    """Who has to find what.

    rows, circles: int64 (num_answers,), position of the user and column of the scores.
    importance: float64 (num_users,).
    seen: float32 (num_users, num_circles), -inf where a circle is not offered, 0 elsewhere.
    """

    rows: Int64
    circles: Int64
    importance: Float64
    seen: Float32

    def ndcg(self, scores: Float32) -> float:
        """Weighted mean of ndcg@20; 0.0 without users."""
        return float(np.average(self.each(scores), weights=self.importance)) if len(self.importance) else 0.0

    def each(self, scores: Float32) -> Float64:
        """ndcg@20 of each user; float64 (num_users,)."""
        gains = gain_of(rank_of(scores, self.rows, self.circles, self.seen, TOP_K), TOP_K)
        gained = np.bincount(self.rows, gains, len(self.importance))
        answers = np.bincount(self.rows, minlength=len(self.importance))
        ideal = np.cumsum(discounts_of(TOP_K))[np.clip(answers, 1, TOP_K) - 1]
        return np.asarray(gained / ideal)

    def narrowed(self, voices: Mapping[str, Float32]) -> tuple["Panel", dict[str, Float32]]:
        """Only circles that some voice puts among its first `SHORTLIST`: a faster climb.

        Columns are packed to the left, each user's own. An answer that no voice puts there counts as not
        found: were it added, it would meet only what it can beat by being unlike the others.
        """
        shown = np.zeros(self.seen.shape, dtype=bool)
        for voice in voices.values():
            _mark_first(voice, self.seen, shown)
        users, circles = np.nonzero(shown)
        counts = np.bincount(users, minlength=len(shown))
        place = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
        columns = np.zeros((len(shown), int(counts.max(initial=0)) + 1), dtype=np.int64)
        columns[users, place] = circles
        seen = np.full(columns.shape, -np.inf, dtype=np.float32)  # the last column is nobody's
        seen[users, place] = self.seen[users, circles]
        width = self.seen.shape[1]
        at = np.searchsorted(users * width + circles, self.rows * width + self.circles)
        at -= (np.cumsum(counts) - counts)[self.rows]
        answers = np.where(shown[self.rows, self.circles], at, columns.shape[1] - 1)
        packed = {name: np.take_along_axis(voice, columns, axis=1) for name, voice in voices.items()}
        return Panel(self.rows, answers, self.importance, seen), packed

    def part(self, kept: npt.NDArray[np.bool_]) -> "Panel":
        """The same for some of the users."""
        place = np.cumsum(kept) - 1
        asked = kept[self.rows]
        return Panel(place[self.rows[asked]], self.circles[asked], self.importance[kept], self.seen[kept])


def _mark_first(voice: Float32, seen: Float32, shown: npt.NDArray[np.bool_]) -> None:
    """Mark the first `SHORTLIST` circles of each user."""
    if voice.shape[1] <= SHORTLIST:
        shown[:] = True
        return
    for row, hidden, marks in zip(voice, seen, shown, strict=True):
        marks[np.argpartition(-(row + hidden), SHORTLIST)[:SHORTLIST]] = True


def choose_weights(
    voices: Mapping[str, Float32], panel: Panel, num_memberships: Int64
) -> dict[str, tuple[float, float, float]]:
    """Weights of each voice for each of GROUPS.

    Args:
        voices: name -> standardised scores, float32 (num_users, num_circles).
        num_memberships: int64 (num_users,), those that are not hidden.
    """
    if not voices or not len(panel.importance):
        return {name: (weight,) * 3 for name, weight in search(voices, panel, {}).items()}
    panel, voices = panel.narrowed(voices)
    groups = groups_of(num_memberships)
    climbed = _by_search(voices, panel, groups)
    likely = _by_logit(voices, panel, groups)
    mean = {name: (climbed[name] + likely[name]) / 2 for name in voices}
    return {name: tuple(np.where(abs(w) < LEAST, 0.0, w).round(6).tolist()) for name, w in mean.items()}


def _by_search(voices: Mapping[str, Float32], panel: Panel, groups: Int64) -> dict[str, Float64]:
    """What climbs to the highest ndcg@20, for each group that is large enough."""
    shared = search(voices, panel, {})
    chosen = []
    for group in range(len(GROUPS)):
        kept = groups == group
        if kept.sum() < MIN_USERS_OF_GROUP or kept.all():
            chosen.append(shared)
            continue
        own = {name: block[kept] for name, block in voices.items()}
        chosen.append(search(own, panel.part(kept), shared))
    return {name: np.array([weights[name] for weights in chosen]) for name in voices}


def _by_logit(voices: Mapping[str, Float32], panel: Panel, groups: Int64) -> dict[str, Float64]:
    """What makes the answers most likely; absolute values of a group add up to 1."""
    offers = []
    for group in range(len(GROUPS)):
        kept = groups == group
        part = panel.part(kept)
        own = {name: block[kept] for name, block in voices.items()}
        offers.append(choices_of(own, part.seen, part.rows, part.circles, part.importance))
    weights = logit_weights(offers, np.array([name in SIGNED for name in voices]))
    weights /= np.maximum(np.abs(weights).sum(axis=1, keepdims=True), 1e-12)
    return {name: weights[:, at] for at, name in enumerate(voices)}


def search(voices: Mapping[str, Float32], panel: Panel, start: Mapping[str, float]) -> dict[str, float]:
    """Weights that no single change improves: the best of a few starts, `start` among them when given.

    Without anybody to ask, all voices count alike.
    """
    if not voices or not len(panel.importance):
        return _scaled(dict.fromkeys(voices, 1.0))
    found = [_climbed(voices, panel, begin) for begin in ([start] if start else _beginnings(voices, panel))]
    return _scaled(max(found, key=lambda state: state.value).weights)


def _beginnings(voices: Mapping[str, Float32], panel: Panel) -> list[dict[str, float]]:
    """From nothing, from all alike, and from each voice by what it finds alone: one climb is often stuck."""
    alone = {name: panel.ndcg(block) for name, block in voices.items()}
    most = max(alone.values()) or 1.0
    return [{}, dict.fromkeys(voices, 1.0), {name: value / most for name, value in alone.items()}]


def _climbed(voices: Mapping[str, Float32], panel: Panel, start: Mapping[str, float]) -> "_State":
    state = _State(voices, panel, {name: float(start.get(name, 0.0)) for name in voices})
    if not any(state.weights.values()):
        state.take_in()
    for _ in range(MAX_ROUNDS):
        before = state.value
        for name in voices:
            state.tune(name)
        if state.value - before < MIN_GAIN:
            break
    return state


class _State:
    """The mixture so far: its scores are kept, so that trying one weight costs one addition."""

    def __init__(self, voices: Mapping[str, Float32], panel: Panel, weights: dict[str, float]) -> None:
        self.voices, self.panel, self.weights = voices, panel, weights
        self.scores = np.zeros_like(next(iter(voices.values())))
        for name, weight in weights.items():
            self.scores += np.float32(weight) * voices[name]
        self.value = panel.ndcg(self.scores)

    def take_in(self) -> None:
        """Forward selection: each time the voice and weight that help most."""
        absent = set(self.voices)
        while absent:
            tried = [
                (self._with(name, weight), weight, name)
                for name in sorted(absent)
                for weight in self._starts(name)
            ]
            value, weight, name = max(tried)
            if value < self.value + MIN_GAIN:
                return
            self._set(name, weight, value)
            absent.discard(name)
            for other in sorted(set(self.voices) - absent):
                self.tune(other)

    def tune(self, name: str) -> None:
        """The best of a few other weights of one voice, if it helps."""
        now = self.weights[name]
        others = [now * factor for factor in FACTORS] if now else list(self._starts(name))
        value, weight = max((self._with(name, weight), weight) for weight in others)
        if value > self.value + MIN_GAIN / 10:
            self._set(name, weight, value)

    def _starts(self, name: str) -> tuple[float, ...]:
        scale = max((abs(w) for w in self.weights.values()), default=0.0) or 1.0
        positive = tuple(scale * start for start in STARTS)
        return positive + tuple(-start for start in positive) if name in SIGNED else positive

    def _with(self, name: str, weight: float) -> float:
        return self.panel.ndcg(self.scores + np.float32(weight - self.weights[name]) * self.voices[name])

    def _set(self, name: str, weight: float, value: float) -> None:
        self.scores += np.float32(weight - self.weights[name]) * self.voices[name]
        self.weights[name], self.value = weight, value


def _scaled(weights: dict[str, float]) -> dict[str, float]:
    """The same order of circles with weights whose absolute values add up to 1, readable in a manifest."""
    total = sum(abs(weight) for weight in weights.values())
    return {name: round(weight / total, 6) if total else 0.0 for name, weight in weights.items()}
