"""Choose exponents and weights on validation parts of a snapshot.

Small data have few memberships to hide, and weights chosen on few answers fit their noise. So the hiding is
repeated with other memberships until there are about `WANTED_ANSWERS`, and all choices are made on the parts
together.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from embeddings.batch import latent_scores, mask_out, raw_scores
from embeddings.channels import FILTERS, TOUCH_OF, Ground, ground_of, matrix_of, names_of
from embeddings.exponents import Found, Trial, choose_exponents
from embeddings.latent import latent_of
from embeddings.mixture import Panel, choose_weights
from embeddings.model import LATENT, Float32, groups_of, standardised
from embeddings.split import HIDDEN_SHARE, Validation, validation_of
from embeddings.touches import Matrix, Touches, degrees, touches_of
from embeddings.trials import FilterScores, some_people
from graph.snapshot import Snapshot

Progress = Callable[[str, int, int], None]  # stage, steps done, steps in all
Weights = dict[str, tuple[float, float, float]]
PANEL_CELLS = 40_000_000  # scores of one voice on a validation part: at most 160 MB
WANTED_ANSWERS = 2_000
MAX_PARTS = 4
EXPONENT_PARTS = 2  # a dozen exponents need fewer answers than a dozen weights that depend on each other


def silent(stage: str, done: int, total: int) -> None:
    """A progress callback that says nothing."""


@dataclass
class Part:
    """One validation part. Columns of voices are candidates only.

    touches: of the people who have to find something.
    voices: name -> standardised scores, float32 (num_users, num_candidates).
    """

    validation: Validation
    ground: Ground
    touches: Touches
    panel: Panel
    voices: dict[str, Float32] = field(default_factory=dict)

    def hear(self, name: str, scores: Float32) -> None:
        """Add a voice: its scores of all circles, float32 (num_users or 1, num_circles)."""
        voice = standardised(self._offered(scores))
        self.voices[name] = np.broadcast_to(voice, self.panel.seen.shape)

    def hear_channel(self, name: str, exponents: dict[str, float]) -> None:
        """Add a channel by its exponents."""
        if name in FILTERS:
            self.hear(name, FilterScores(name, self.ground, self.touches)(exponents))
        else:
            self.hear_matrix(name, matrix_of(name, self.ground, exponents))

    def hear_matrix(self, name: str, matrix: Matrix) -> None:
        """Add a channel."""
        self.hear(name, raw_scores(self.touches.of[TOUCH_OF[name]], matrix))

    def measure(self, scores: Float32) -> float:
        """ndcg@20 of scores of all circles."""
        return self.panel.ndcg(self._offered(scores))

    def _offered(self, scores: Float32) -> Float32:
        """Columns of candidates."""
        candidates = self.validation.candidates
        return scores if candidates.all() else scores[:, candidates]

    def trial(self, name: str) -> Trial:
        """What a channel finds alone, as a function of its exponents."""
        if name in FILTERS:
            return self._filter_trial(name)
        return lambda exponents: Found(self.measure_matrix(name, matrix_of(name, self.ground, exponents)))

    def _filter_trial(self, name: str) -> Trial:
        kept = some_people(*self.panel.seen.shape)
        scores = FilterScores(name, self.ground, self.touches.rows(np.flatnonzero(kept)))
        if kept.all():
            return lambda exponents: Found(self.measure(scores(exponents)))
        panel = self.panel.part(kept)
        weight = panel.importance / panel.importance.mean()

        def found(exponents: dict[str, float]) -> Found:
            each = weight * panel.each(self._offered(scores(exponents)))
            return Found(float(each.mean()), each)

        return found

    def measure_matrix(self, name: str, matrix: Matrix) -> float:
        """ndcg@20 of a channel alone."""
        return self.measure(raw_scores(self.touches.of[TOUCH_OF[name]], matrix))


@dataclass
class Tuning:
    """All parts and what was chosen on them, step by step.

    alone: name of a voice -> ndcg@20 that it reaches alone; `circles` is the mixture.
    """

    parts: list[Part]
    exponents: dict[str, dict[str, float]] = field(default_factory=dict)
    alone: dict[str, float] = field(default_factory=dict)

    @property
    def num_answers(self) -> int:
        return sum(len(part.panel.rows) for part in self.parts)

    def hear_channels(self, progress: Progress = silent) -> None:
        """Find the exponents of every channel that has data, and hear channels and priors."""
        names = sorted({name for part in self.parts for name in names_of(part.ground)})
        for done, name in enumerate(names):
            progress("exponents", done, len(names))
            trials = [part.trial(name) for part in self.parts[:EXPONENT_PARTS]]
            self.exponents[name] = choose_exponents(name, trials)
            for part in self.parts:
                part.hear_channel(name, self.exponents[name])
        for part in self.parts:
            for name, prior in priors_of(part.ground.num_members).items():
                part.hear(name, prior[None, :])
        progress("exponents", len(names), len(names))

    def hear_latent(self, seed: int) -> None:
        """Factorise what each part shows, and hear it."""
        for part in self.parts:
            if (latent := latent_of(part.ground, seed)) is not None:
                part.hear(LATENT, latent_scores(latent, part.touches.members))

    def choose_weights(self) -> Weights:
        """Weights of all voices heard so far."""
        names = sorted({name for part in self.parts for name in part.voices})
        panel = joined([part.panel for part in self.parts])
        voices = {name: _stacked([_voice(part, name) for part in self.parts]) for name in names}
        memberships = np.concatenate([degrees(part.touches.members, 1) for part in self.parts])
        weights = choose_weights(voices, panel, memberships)
        mixed = np.zeros(panel.seen.shape, dtype=np.float32)
        for name in (name for name in names if any(weights[name])):
            own = np.asarray(weights[name], dtype=np.float32)[groups_of(memberships)]
            mixed += own[:, None] * voices[name]
        self.alone = {name: panel.ndcg(voice) for name, voice in voices.items()}
        self.alone["circles"] = panel.ndcg(mixed)
        return weights


def tuning_of(snapshot: Snapshot, *, seed: int, min_supporters: int, half_life_days: float) -> Tuning:
    """Split a snapshot and collect what the choices are made on."""
    expected = max(1.0, snapshot.members.num_edges * HIDDEN_SHARE)
    num_parts = min(MAX_PARTS, math.ceil(WANTED_ANSWERS / expected))
    max_users = min(5_000, max(200, PANEL_CELLS // max(1, len(snapshot.circles))))
    parts = []
    for number in range(num_parts):
        validation = validation_of(snapshot, seed=seed, number=number, max_users=max_users)
        touches = touches_of(validation.train, half_life_days=half_life_days)
        ground = ground_of(validation.train, touches, min_supporters=min_supporters)
        asked = touches.rows(validation.users)
        parts.append(Part(validation, ground, asked, panel_of(validation, asked)))
    return Tuning(parts)


def panel_of(validation: Validation, asked: Touches) -> Panel:
    """Who has to find what, with candidates as columns."""
    seen = np.zeros((len(validation.users), len(validation.candidates)), dtype=np.float32)
    mask_out(seen, asked.members)
    column = np.cumsum(validation.candidates) - 1
    if not validation.candidates.all():
        seen = seen[:, validation.candidates]
    return Panel(validation.rows, column[validation.circles], validation.importance, seen)


def joined(panels: list[Panel]) -> Panel:
    """Several panels as one; the same person in two of them counts as two."""
    if len(panels) == 1:
        return panels[0]
    starts = np.cumsum([0, *(len(panel.importance) for panel in panels)])
    return Panel(
        np.concatenate([panel.rows + start for panel, start in zip(panels, starts[:-1], strict=True)]),
        np.concatenate([panel.circles for panel in panels]),
        np.concatenate([panel.importance for panel in panels]),
        np.concatenate([panel.seen for panel in panels]),
    )


def priors_of(num_members: npt.NDArray[np.int64]) -> dict[str, Float32]:
    """What is said about a circle to everybody: how popular it is, and that nobody has joined it yet."""
    priors = {"popularity": np.log1p(num_members).astype(np.float32)}
    unseen = num_members == 0
    if unseen.any() and not unseen.all():
        priors["unseen"] = unseen.astype(np.float32)
    return priors


def _stacked(blocks: list[Float32]) -> Float32:
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _voice(part: Part, name: str) -> Float32:
    """A voice of a part, silent where the part has no data for it."""
    return part.voices.get(name, np.zeros(part.panel.seen.shape, dtype=np.float32))
