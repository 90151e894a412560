"""The training runs of a fit: on each validation part, stopping where it is best, then on everything.

Nothing here imports torch before a run begins.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from embeddings.batch import gnn_scores
from embeddings.channels import Ground
from embeddings.model import GNN, GnnVectors
from embeddings.spectral import spectral_start
from embeddings.tuning import Part, Progress, Tuning
from graph.snapshot import Snapshot

# Dimensions: 128 finds 1 to 3 % more than 64, which many things make too dear on a CPU.
DIMS, MANY_THINGS = (128, 64), 20_000
MAX_STEPS = 100
TUNING_SHARE = 0.5  # of the time that is left, for each run on a validation part


@dataclass
class GnnRuns:
    """Settings of all runs, and how many steps the runs on validation parts found best."""

    snapshot: Snapshot
    seed: int
    device: str
    deadline: float | None
    checkpoint_dir: Path | None
    resume: bool
    progress: Progress
    steps: int = MAX_STEPS

    def tune(self, tuning: Tuning) -> None:
        """Train without the hidden memberships, stop where they are found best, and let them be heard."""
        steps = []
        for number, part in enumerate(tuning.parts):
            if not part.ground.touches.members.nnz:
                continue
            validate = _measure(part) if len(part.panel.rows) else None
            vectors, best = self._train(f"tuning-{number}", part.ground, MAX_STEPS, validate)
            part.hear(GNN, gnn_scores(vectors, part.touches))
            steps.append(best)
        self.steps = round(sum(steps) / len(steps)) if steps else 0

    def final(self, ground: Ground) -> GnnVectors:
        """Train on everything for as many steps."""
        return self._train("everything", ground, self.steps, None)[0]

    def probe(self, part: Part, num_steps: int) -> bool:
        """The first steps of a tuning run and one look, to be timed; False when nothing is joined."""
        if not part.ground.touches.members.nnz:
            return False
        self._train("probe", part.ground, num_steps, _measure(part))
        return True

    def _train(
        self, stage: str, ground: Ground, max_steps: int, validate: Callable[[GnnVectors], float] | None
    ) -> tuple[GnnVectors, int]:
        from embeddings.hetero import TOUCHED, hetero_of
        from embeddings.train_gnn import TrainOptions, train

        touched = {kind: ground.touches.of[kind] for kind in TOUCHED}
        dim = DIMS[sum(matrix.shape[1] for matrix in touched.values()) > MANY_THINGS]
        data_id = f"{self.snapshot.content_id} {self.seed} {ground.min_supporters}"
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
            spectral_start(touched, dim, self.seed),
            options,
            validate=validate,
            progress=lambda done, total: self.progress(f"gnn {stage}", done, total),
        )
        return trained.vectors, trained.steps

    def _deadline(self, stage: str) -> float | None:
        if self.deadline is None:
            return None
        now = time.monotonic()
        share = TUNING_SHARE if stage.startswith("tuning") else 1.0
        return now + max(0.0, self.deadline - now) * share


def _measure(part: Part) -> Callable[[GnnVectors], float]:
    return lambda vectors: part.measure(gnn_scores(vectors, part.touches))
