"""Our method behind the same interface as the baselines, for evaluation: no smallest number of supporters."""

import numpy as np
import numpy.typing as npt

from embeddings.batch import BatchScorer
from embeddings.fit import Fitted, fit
from embeddings.model import Float32
from embeddings.touches import touches_of
from embeddings.tuning import Progress, silent
from graph.snapshot import Snapshot

HALF_LIFE_DAYS = 180.0


class CirclesMethod:
    """Filters, themes, factors, popularity and the GNN, mixed by validation on a part of train."""

    name = "circles"

    def __init__(
        self,
        *,
        seed: int = 0,
        device: str = "auto",
        budget_s: float | None = None,
        gnn: bool = True,
        quick: bool = False,
        min_supporters: int = 1,
        half_life_days: float = HALF_LIFE_DAYS,
        progress: Progress = silent,
    ) -> None:
        self.seed, self.device, self.budget_s, self.gnn, self.quick = seed, device, budget_s, gnn, quick
        self.min_supporters, self.half_life_days, self.progress = min_supporters, half_life_days, progress

    def fit(self, snapshot: Snapshot) -> None:
        self.fitted: Fitted = fit(
            snapshot,
            seed=self.seed,
            device=self.device,
            budget_s=self.budget_s,
            gnn=self.gnn,
            quick=self.quick,
            min_supporters=self.min_supporters,
            half_life_days=self.half_life_days,
            progress=self.progress,
        )
        self._touches = touches_of(snapshot, half_life_days=self.half_life_days)
        self._scorer = BatchScorer(self.fitted.model)

    def scores(self, users: npt.NDArray[np.int64]) -> Float32:
        return self._scorer.scores(self._touches.rows(users))
