"""Fit the mixture to a snapshot: choose on a validation part, then compute on everything.

The result is plain numpy: torch is imported only inside the GNN part, and only when it is wanted.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from embeddings.channels import Ground, channel_of, default_exponents, ground_of, matrix_of, names_of
from embeddings.gnn_runs import GnnRuns
from embeddings.latent import latent_of
from embeddings.model import GNN, LATENT, GnnVectors, LatentVectors, Model, standardised
from embeddings.touches import touches_of
from embeddings.tuning import Progress, Tuning, Weights, priors_of, silent, tuning_of
from embeddings.warm import Start
from graph.snapshot import Snapshot

log = logging.getLogger(__name__)
# Near the best on parts of train of three data sets; what is declared counts less than what people did.
PLAIN_WEIGHTS = {"members": 1.0, "theme_alike": 0.2, "popularity": 0.05, "unseen": 0.05}
OTHER_WEIGHT = 0.3


@dataclass(frozen=True)
class Fitted:
    """A model and how it was found; `snapshot_id` is the content it was fitted to.

    validation: name of a voice, or `circles` for the mixture -> ndcg@20 on the validation part.
    losses: name of a run of the GNN -> its loss at each step.
    start: where the next version's GNN may begin. warm_from: the version that this one's began at.
    """

    model: Model
    snapshot_id: str
    seed: int
    min_supporters: int
    seconds: float
    validation: Mapping[str, float] = field(default_factory=dict)
    losses: Mapping[str, list[float]] = field(default_factory=dict)
    start: Start | None = None
    warm_from: str | None = None


def fit(
    snapshot: Snapshot,
    *,
    seed: int = 0,
    device: str = "auto",
    budget_s: float | None = None,
    gnn: bool = True,
    quick: bool = False,
    checkpoint_dir: Path | None = None,
    resume: bool = False,
    warm: Start | None = None,
    min_supporters: int = 10,
    half_life_days: float = 180.0,
    progress: Progress = silent,
) -> Fitted:
    """Fit to a snapshot.

    Args:
        device: `auto`, `cpu` or `cuda`, for the GNN.
        budget_s: wall-clock seconds after which the GNN starts no further step; None for its own limit.
        gnn: False leaves the GNN out, and torch unimported.
        quick: True searches for nothing: exponents and weights are the defaults, and there is no GNN.
        checkpoint_dir: where the GNN keeps its state while it trains; with `resume` it goes on from there.
        warm: where the GNN's last run begins, see `warm`; at the spectral vectors when None.
        min_supporters: consenting people behind anything that is inferred from people; 1 in `evaluate`.
        progress: called with stage, steps done and steps in all.

    Returns:
        A model that is usable even without payments, memberships or circles (then nothing scores).
    """
    started = time.monotonic()
    deadline = started + budget_s if budget_s is not None else None
    if quick:
        return _quick(snapshot, seed, min_supporters, half_life_days, started)
    tuning = tuning_of(snapshot, seed=seed, min_supporters=min_supporters, half_life_days=half_life_days)
    tuning.hear_channels(progress)
    tuning.hear_latent(seed)
    touches = touches_of(snapshot, half_life_days=half_life_days)
    ground = ground_of(snapshot, touches, min_supporters=min_supporters)
    run = GnnRuns(snapshot, seed, device, deadline, checkpoint_dir, resume, progress, warm) if gnn else None
    if run is not None:
        run.tune(tuning)
    weights = tuning.choose_weights()
    vectors = run.final(ground) if run is not None and any(weights.get(GNN, ())) else None
    progress("computing", 0, 1)
    latent = latent_of(ground, seed) if any(weights.get(LATENT, ())) else None
    model = _model(ground, tuning, weights, vectors, latent)
    progress("computing", 1, 1)
    seconds = time.monotonic() - started
    log.info("fitted %d channels in %.1f s", len(model.channels), seconds)
    fitted = Fitted(model, snapshot.content_id, seed, min_supporters, seconds, dict(tuning.alone))
    return fitted if run is None else replace(fitted, **run.told())


def _quick(
    snapshot: Snapshot, seed: int, min_supporters: int, half_life_days: float, started: float
) -> Fitted:
    """Every channel that has data, with exponents and weights that serve most data fairly."""
    touches = touches_of(snapshot, half_life_days=half_life_days)
    ground = ground_of(snapshot, touches, min_supporters=min_supporters)
    tuning = Tuning([], exponents={name: default_exponents(name) for name in names_of(ground)})
    priors = priors_of(ground.num_members)
    weights = {name: (PLAIN_WEIGHTS.get(name, OTHER_WEIGHT),) * 3 for name in [*tuning.exponents, *priors]}
    model = _model(ground, tuning, weights, None, None)
    seconds = time.monotonic() - started
    return Fitted(model, snapshot.content_id, seed, min_supporters, seconds)


def _model(
    ground: Ground,
    tuning: Tuning,
    weights: Weights,
    vectors: GnnVectors | None,
    latent: LatentVectors | None,
) -> Model:
    """Channels that count, computed on everything."""
    priors = {name: standardised(values) for name, values in priors_of(ground.num_members).items()}
    weights = {name: weights.get(name, (0.0, 0.0, 0.0)) for name in [*tuning.exponents, *priors, LATENT, GNN]}
    channels = tuple(
        channel_of(name, matrix_of(name, ground, exponents))
        for name, exponents in tuning.exponents.items()
        if any(weights[name])
    )
    of = ground.touches.of
    return Model(
        num_circles=ground.num_circles,
        num_things={touch: matrix.shape[1] for touch, matrix in of.items()},
        channels=channels,
        priors=priors,
        gnn=vectors,
        latent=latent,
        weights=weights,
        newest_at=ground.touches.newest_at,
        half_life_s=ground.touches.half_life_s,
        num_members=ground.num_members,
        exponents=tuning.exponents,
    )
