"""A peer behind the interface of every method: shown one form of the snapshot, tuned on a part of it."""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.model import Float32
from embeddings.peers.base import Examiner, Grid, Peer, Settings, is_over, search
from embeddings.peers.sight import THEME_ROWS, Sight, sight_of
from embeddings.split import validation_of
from graph.snapshot import Snapshot

# A payment weighs like a membership to begin with; then less, since there are many more of them.
BEHAVIOUR = (1.0, 0.3, 0.1)
TUNING_SHARE = 0.7  # of the budget; the rest is for the fit that counts


class TunedPeer:
    """Chooses settings at the first `fit`, and keeps them for the next ones.

    settings: what was chosen, with what the peer learned by itself. hit_budget: it ran out of time.
    tune_cpu_seconds: part of the first fit that was spent choosing.
    """

    def __init__(
        self,
        kind: type[Peer],
        form: str,
        *,
        seed: int = 0,
        budget_s: float | None = None,
        tune: bool = True,
    ) -> None:
        self.name = kind.name if form == "memberships" else f"{kind.name}-{form}"
        self.form, self.seed, self.budget_s = form, seed, budget_s
        self.settings: dict[str, Any] = {}
        self.hit_budget = False
        self.tune_cpu_seconds = 0.0
        self._kind, self._tune = kind, tune

    def fit(self, snapshot: Snapshot) -> None:
        started = time.monotonic()
        grid = grid_of(self._kind, self.form)
        if not self.settings:
            begun = time.process_time()
            self.settings = {name: options[0] for name, options in grid.items()}
            if self._tune:
                self._choose(snapshot, grid, self._until(started, TUNING_SHARE))
            self.tune_cpu_seconds = time.process_time() - begun
        until = self._until(started, 1.0)
        self._peer = self._kind(self.seed)
        self._peer.fit(_shown(snapshot, self.form, self.settings), self.settings, deadline=until)
        self.hit_budget |= is_over(until)

    def scores(self, users: npt.NDArray[np.int64]) -> Float32:
        return self._peer.scores(users)

    def _until(self, started: float, share: float) -> float | None:
        return None if self.budget_s is None else started + share * self.budget_s

    def _choose(self, snapshot: Snapshot, grid: Grid, deadline: float | None) -> None:
        validation = validation_of(snapshot, seed=self.seed)
        examiner = Examiner(validation)
        learned: dict[tuple[Any, ...], dict[str, Any]] = {}

        def measure(settings: Settings) -> float:
            peer = self._kind(self.seed)
            sight = _shown(validation.train, self.form, settings)
            peer.fit(sight, settings, deadline=deadline, watch=lambda: examiner.measure(peer))
            learned[tuple(settings.values())] = peer.learned
            return examiner.measure(peer)

        found, self.hit_budget = search(grid, measure, deadline)
        self.settings = found | learned[tuple(found.values())]


def grid_of(kind: type[Peer], form: str) -> Grid:
    """What is searched: how much behaviour weighs, how themes are told, and the peer's own settings."""
    weight: Grid = {"behaviour": BEHAVIOUR} if form != "memberships" and kind.weighs else {}
    themes: Grid = {"theme_rows": tuple(reversed(THEME_ROWS))} if form == "themes" else {}
    return {**weight, **themes, **kind.grid}


def _shown(snapshot: Snapshot, form: str, settings: Settings) -> Sight:
    return sight_of(
        snapshot,
        form,
        behaviour=settings.get("behaviour", 1.0),
        theme_rows=settings.get("theme_rows", "both"),
    )
