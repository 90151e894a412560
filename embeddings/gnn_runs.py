"""The training runs of a fit: on each validation part, stopping where it is best, then on everything.

Nothing here imports torch before a run begins.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.batch import gnn_scores
from embeddings.channels import Ground
from embeddings.model import GNN, GnnVectors
from embeddings.spectral import spectral_start
from embeddings.touches import Matrix
from embeddings.tuning import Part, Progress, Tuning
from embeddings.warm import KINDS, Start, continued
from graph.snapshot import Snapshot

if TYPE_CHECKING:
    from embeddings.train_gnn import Trained

log = logging.getLogger(__name__)
# Dimensions: 128 finds 1 to 3 % more than 64, which many things make too dear on a CPU.
DIMS, MANY_THINGS = (128, 64), 20_000
MAX_STEPS = 100
TUNING_SHARE = 0.5  # of the time that is left, for each run on a validation part


@dataclass
class GnnRuns:
    """Settings of all runs, and how many steps the runs on validation parts found best.

    warm: where the last run begins; runs on validation parts never do, see `warm`.
    losses: name of a run -> loss of each step. ended: the parameters at the end of the last run.
    """

    snapshot: Snapshot
    seed: int
    device: str
    deadline: float | None
    checkpoint_dir: Path | None
    resume: bool
    progress: Progress
    warm: Start | None = None
    steps: int = MAX_STEPS
    losses: dict[str, list[float]] = field(default_factory=dict)
    ended: Start | None = None

    def tune(self, tuning: Tuning) -> None:
        """Train without the hidden memberships, stop where they are found best, and let them be heard."""
        steps = []
        for number, part in enumerate(tuning.parts):
            if not part.ground.touches.members.nnz:
                continue
            validate = _measure(part) if len(part.panel.rows) else None
            trained = self._train(f"tuning-{number}", part.ground, MAX_STEPS, validate)
            part.hear(GNN, gnn_scores(trained.vectors, part.touches))
            steps.append(trained.steps)
        self.steps = round(sum(steps) / len(steps)) if steps else 0

    def final(self, ground: Ground) -> GnnVectors:
        """Train on everything for as many steps."""
        dim = _dim_of(_touched(ground))
        if self.warm is not None and self.warm.dim != dim:
            told = (self.warm.version, self.warm.dim, dim)
            log.warning("version %s has %d dimensions, not %d: starting cold", *told)
            self.warm = None
        trained = self._train("everything", ground, self.steps, None, self.warm)
        self.ended = trained.start
        return trained.vectors

    def told(self) -> dict[str, Any]:
        """What a fit keeps of the runs."""
        warm_from = self.warm.version if self.warm and self.ended else None
        return {"losses": self.losses, "start": self.ended, "warm_from": warm_from}

    def probe(self, part: Part, num_steps: int) -> GnnVectors | None:
        """The first steps of a tuning run and one look, to be timed; None when nothing is joined."""
        if not part.ground.touches.members.nnz:
            return None
        return self._train("probe", part.ground, num_steps, _measure(part)).vectors

    def _train(
        self,
        stage: str,
        ground: Ground,
        max_steps: int,
        validate: Callable[[GnnVectors], float] | None,
        warm: Start | None = None,
    ) -> "Trained":
        from embeddings.hetero import hetero_of
        from embeddings.train_gnn import TrainOptions, train

        touched = _touched(ground)
        dim = _dim_of(touched)
        spectral = spectral_start(touched, dim, self.seed)
        data_id = f"{self.snapshot.content_id} {self.seed} {ground.min_supporters} {warm and warm.version}"
        options = TrainOptions(
            seed=self.seed,
            run_id=f"{stage} {data_id} {dim} {max_steps}",
            min_supporters=ground.min_supporters,
            max_steps=max_steps,
            device=self.device,
            deadline=self._deadline(stage),
            checkpoint=self.checkpoint_dir / f"{stage}.pt" if self.checkpoint_dir else None,
            resume=self.resume,
        )
        trained = train(
            hetero_of(ground),
            continued(spectral, warm.vectors) if warm else spectral,
            options,
            scalars=warm.scalars if warm else None,
            validate=validate,
            progress=lambda done, total: self.progress(f"gnn {stage}", done, total),
        )
        self.losses[stage] = trained.losses
        return trained

    def _deadline(self, stage: str) -> float | None:
        if self.deadline is None:
            return None
        now = time.monotonic()
        share = TUNING_SHARE if stage.startswith("tuning") else 1.0
        return now + max(0.0, self.deadline - now) * share


def _touched(ground: Ground) -> dict[str, Matrix]:
    return {kind: ground.touches.of[kind] for kind in KINDS}


def _dim_of(touched: dict[str, Matrix]) -> int:
    return DIMS[sum(matrix.shape[1] for matrix in touched.values()) > MANY_THINGS]


def _measure(part: Part) -> Callable[[GnnVectors], float]:
    return lambda vectors: part.measure(gnn_scores(vectors, part.touches))
