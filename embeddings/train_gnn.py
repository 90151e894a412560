"""Train the GNN: Adam with a cosine schedule, full propagation each step, early stop, checkpoints.

A run that is resumed goes on bit for bit as if it had not been interrupted (on the same kind of device, and
on a CPU with as many threads).
"""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from embeddings.checkpoint import load_checkpoint, save_checkpoint
from embeddings.export import start_of, vectors_of
from embeddings.gnn import CircleGnn, GraphEdges
from embeddings.hetero import HeteroData
from embeddings.model import Float32, GnnVectors
from embeddings.step import BATCH_USERS, MAX_EXACT_CIRCLES, step_loss
from embeddings.warm import Start
from graph.errors import InputError

log = logging.getLogger(__name__)
RATES = (0.005, 0.0005)  # learning rate at the start and at the end
CHECK_EVERY = 5  # steps between two looks at the validation part, and between two checkpoints
PATIENCE = 3  # looks without improvement
# Multiply-adds of the widest product, below which a second thread waits longer than it works on shared cores.
SMALL_STEP = 10**9


@dataclass(frozen=True)
class TrainOptions:
    """How one run is trained.

    run_id: names data and settings, so that a checkpoint is not continued on others.
    deadline: `time.monotonic()` after which no further step starts.
    """

    seed: int
    run_id: str
    min_supporters: int
    max_steps: int
    device: str = "auto"
    deadline: float | None = None
    checkpoint: Path | None = None
    resume: bool = False


@dataclass(frozen=True)
class Trained:
    """Vectors at the best step, and the parameters that they come from.

    losses: one for each step of the run, also those before a resume.
    """

    vectors: GnnVectors
    start: Start
    steps: int
    losses: list[float] = field(default_factory=list)


def device_of(name: str) -> torch.device:
    """The device of a name: `auto` takes CUDA where there is one.

    Raises:
        InputError: there is no such device here.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise InputError(f"device is {name!r}; expected auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("device is 'cuda', but no CUDA device is here; choose auto or cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def train(
    data: HeteroData,
    start: Mapping[str, Float32],
    options: TrainOptions,
    *,
    scalars: Mapping[str, float] | None = None,
    validate: Callable[[GnnVectors], float] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Trained:
    """Train from the given vectors.

    Args:
        start: kind -> float32 (num_things, dim).
        scalars: values of other parameters, see `warm.Start`; those that are absent begin as always.
        validate: figure to be maximised, looked at every few steps; without it the last step is the best.

    Raises:
        InputError: the loss is no longer a number; the run ends, and its last checkpoint is from before that.
    """
    run = _Run(data, start, options)
    run.begin_at(scalars or {})
    if options.resume and options.checkpoint:
        run.restore(load_checkpoint(options.checkpoint, options.run_id))
    with _threads_for(run):
        _steps(run, validate, progress)
    if validate is None or run.best_step < 0:
        run.look(None)
    log.info("trained %d steps, best %d", run.step, run.best_step)
    vectors = run.best_vectors()
    parameters = start_of(run.model, run.graph, options.min_supporters)
    return Trained(vectors, parameters, run.best_step, run.losses)


def _steps(
    run: "_Run", validate: Callable[[GnnVectors], float] | None, progress: Callable[[int, int], None] | None
) -> None:
    options = run.options
    while run.step < options.max_steps and not run.is_over():
        run.advance()
        if run.step % CHECK_EVERY == 0 or run.step == options.max_steps:
            run.look(validate)
            if options.checkpoint:
                save_checkpoint(options.checkpoint, run.state())
        if progress:
            progress(run.step, options.max_steps)


@contextmanager
def _threads_for(run: "_Run") -> Iterator[None]:
    """One thread for a small graph on a CPU; what was set before comes back."""
    before = torch.get_num_threads()
    dim = run.model.vectors["circle"].shape[1]
    work = min(run.graph.num_users, BATCH_USERS) * min(run.graph.num_circles, MAX_EXACT_CIRCLES) * dim
    try:
        torch.set_num_threads(1 if work < SMALL_STEP else before)
        yield
    finally:
        torch.set_num_threads(before)


class _Run:
    """One run and everything a checkpoint keeps of it."""

    def __init__(self, data: HeteroData, start: Mapping[str, Float32], options: TrainOptions) -> None:
        self.options = options
        self.device = device_of(options.device)
        self.graph = GraphEdges(data, self.device)
        begin = {kind: torch.from_numpy(np.ascontiguousarray(values)) for kind, values in start.items()}
        self.model = CircleGnn(begin, tuple(self.graph.hiding().about)).to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=RATES[0], fused=True)
        self.rng = torch.Generator().manual_seed(options.seed)
        self.step, self.best_step, self.best_value = 0, -1, -math.inf
        self.best = _copy(self.model)
        self.losses: list[float] = []

    def begin_at(self, scalars: Mapping[str, float]) -> None:
        """Let parameters that are numbers begin at these values; others are passed over."""
        values = {name: torch.tensor(value) for name, value in scalars.items()}
        self.model.load_state_dict(values, strict=False)
        self.best = _copy(self.model)

    def is_over(self) -> bool:
        if self.options.deadline is not None and time.monotonic() > self.options.deadline:
            return True
        waited = self.step - max(self.best_step, 0)
        return self.best_value > -math.inf and waited >= PATIENCE * CHECK_EVERY

    def advance(self) -> None:
        """One step of Adam."""
        share = self.step / max(1, self.options.max_steps)
        rate = RATES[1] + (RATES[0] - RATES[1]) * (1 + math.cos(math.pi * share)) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss = step_loss(self.model, self.graph, self.rng)
        value = float(loss.detach())
        if not math.isfinite(value):  # before the parameters take it in, and before a checkpoint does
            raise InputError(
                f"the loss of the GNN is {value} at step {self.step + 1}; expected a finite number. "
                "Nothing was published; train with another --seed, or with --no-gnn"
            )
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.losses.append(value)
        self.step += 1

    def look(self, validate: Callable[[GnnVectors], float] | None) -> None:
        """Keep these parameters if they are the best so far."""
        value = validate(self.vectors()) if validate else -math.inf
        if validate is None or value > self.best_value:
            self.best, self.best_step, self.best_value = _copy(self.model), self.step, value

    def vectors(self) -> GnnVectors:
        return vectors_of(self.model, self.graph, self.options.min_supporters)

    def best_vectors(self) -> GnnVectors:
        self.model.load_state_dict(self.best)
        return self.vectors()

    def state(self) -> dict[str, Any]:
        return {
            "run_id": self.options.run_id,
            "step": self.step,
            "model": _copy(self.model),
            "optimizer": self.optimizer.state_dict(),
            "rng": self.rng.get_state(),
            "best": self.best,
            "best_step": self.best_step,
            "best_value": self.best_value,
            "losses": self.losses,
        }

    def restore(self, state: dict[str, Any] | None) -> None:
        """Go on exactly where a checkpoint was written."""
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.rng.set_state(state["rng"])
        self.step, self.losses = state["step"], state["losses"]
        log.info("%s: going on after step %d", self.options.run_id.partition(" ")[0], self.step)
        self.best, self.best_step, self.best_value = state["best"], state["best_step"], state["best_value"]


def _copy(model: CircleGnn) -> dict[str, Tensor]:
    return {name: values.detach().cpu().clone() for name, values in model.state_dict().items()}
