"""What a training will take, foretold from a small part of it that is really done.

Each kind of work of a fit is done on the snapshot itself, on this machine, and timed: one product and one
look for each channel, the start and a few steps of the GNN, one look at the mixture. A training does the same
over and over; how often is decided by searches that stop when they no longer gain, so the counts below are
what was seen on public data, and what a training really takes differs by them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from embeddings.batch import latent_scores
from embeddings.channels import (
    FILTERS,
    Ground,
    default_exponents,
    ground_of,
    matrix_of,
    names_of,
)
from embeddings.exponents import GRID
from embeddings.gnn_runs import MAX_STEPS, GnnRuns
from embeddings.latent import latent_of
from embeddings.logit import MAX_STEPS as MAX_STEPS_OF_LOGIT
from embeddings.logit import choices_of
from embeddings.model import LATENT, GnnVectors, LatentVectors
from embeddings.probe_publish import model_of, probe_publishing
from embeddings.touches import Matrix, touches_of
from embeddings.tuning import EXPONENT_PARTS, Part, Tuning, tuning_of
from graph.memory import peak_mib, reset_peak
from graph.snapshot import Snapshot
from graph.stopwatch import Cost, Stopwatch, timed

# How often a search does its work; about the mean over the demonstration, weeplaces and mafengwo.
SEARCHED = 1.5  # settings tried of a channel, over those of one round
CORES = 4  # products of a filter in a search
# Steps of the GNN; all of them where there are too many circles for a softmax over them.
TUNING_STEPS, FINAL_STEPS = 30, 17
# Looks at the mixture for each of its voices: 104, 165 and 192 were counted; many of them ask only a group of
# the people and cost less, so it is set by what choosing weights took in all.
EVALUATIONS = 110
PROBE_STEPS = 4


@dataclass(frozen=True)
class Estimate:
    """What a training on a snapshot will take.

    stages: name -> cost, in the order of a training. memory_mib: largest resident memory of the process.
    disk_mib: room of the version, without links. probe: what the estimate itself took. counts: see
    `Snapshot.counts`.
    """

    device: str
    stages: dict[str, Cost]
    memory_mib: float
    disk_mib: float
    probe: Cost
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> Cost:
        return _sum(self.stages.values())

    def as_dict(self) -> dict[str, Any]:
        """For machines: seconds and MiB."""
        stages = [{"stage": name, **_rounded(cost)} for name, cost in self.stages.items()]
        total = {"device": self.device, **_rounded(self.total), "peak_memory_mib": round(self.memory_mib)}
        total["disk_mib"] = round(self.disk_mib, 1)
        return total | {"stages": stages, "probe": _rounded(self.probe), "counts": self.counts}


def estimate(
    snapshot: Snapshot,
    *,
    seed: int = 0,
    device: str = "auto",
    budget_s: float | None = None,
    gnn: bool = True,
    min_supporters: int = 10,
    half_life_days: float = 180.0,
    list_size: int = 100,
    min_group_size: int = 20,
) -> Estimate:
    """Do each kind of work once and add up how often a `fit` with these arguments, and publishing, do it.

    Args:
        budget_s: wall-clock seconds of the GNN; caps what is foretold of it.
        list_size, min_group_size: of the policy; circles of a list, members of a circle that is told popular.

    Raises:
        InputError: there is no such device here.
    """
    reset_peak()
    started, stages = Stopwatch(), {}
    if gnn:
        took = Stopwatch()
        device = _imported(device)
        stages["importing"] = took.cost()
    took = Stopwatch()
    tuning = tuning_of(snapshot, seed=seed, min_supporters=min_supporters, half_life_days=half_life_days)
    touches, touching = timed(lambda: touches_of(snapshot, half_life_days=half_life_days))
    ground = ground_of(snapshot, touches, min_supporters=min_supporters)
    stages["preparing"] = took.cost()
    prepared, num_parts = peak_mib(), len(tuning.parts)
    channels = [_probe_channel(name, tuning.parts[0]) for name in _channels_of(tuning)]
    stages["exponents"] = _sum(channel.searching(num_parts) for channel in channels)
    latent, factored = _probe_factors(tuning.parts[0], seed)
    stages["factors"] = factored * (num_parts + _growth(ground, tuning))
    vectors = None
    if gnn and tuning.num_answers:
        runs = GnnRuns(snapshot, seed, device, None, None, False, lambda *_: None)
        vectors, trained = _probe_gnn(runs, tuning)
        stages["gnn"] = _capped(trained, budget_s)
    stages["weights"] = _probe_weights(tuning)
    stages["computing"] = _sum(channel.made for channel in channels) * _growth(ground, tuning)
    memory = max(peak_mib(), prepared + _mixing_mib(tuning))
    made = [(channel.name, channel.matrix) for channel in channels]
    published = probe_publishing(
        model_of(tuning.parts[0], made, vectors, latent),
        snapshot,
        touches,
        list_size=list_size,
        min_group_size=min_group_size,
    )
    stages |= {"lists": touching + published.lists, "reasons": published.reasons}
    return Estimate(
        device if gnn else "cpu",
        stages,
        max(peak_mib(), memory),
        published.num_bytes / 2**20,
        started.cost(),
        snapshot.counts(),
    )


@dataclass(frozen=True)
class _Channel:
    """What a channel takes.

    first, again: one trial from nothing, and one that differs in an exponent from the trial before.
    heard: scores of all who are asked. made: what it takes to make the matrix.
    """

    name: str
    matrix: Matrix
    first: Cost
    again: Cost
    heard: Cost
    made: Cost

    def searching(self, num_parts: int) -> Cost:
        """The search on a few parts, and the chosen exponents heard on all."""
        tries = 1 + SEARCHED * sum(len(GRID[key]) - 1 for key in default_exponents(self.name))
        cores = CORES if self.name in FILTERS else 0
        searched = self.first * cores + self.again * (tries - cores)
        return searched * min(EXPONENT_PARTS, num_parts) + self.heard * num_parts


def _channels_of(tuning: Tuning) -> list[str]:
    return sorted({name for part in tuning.parts for name in names_of(part.ground)})


def _probe_channel(name: str, part: Part) -> _Channel:
    """Try a channel, make its matrix, and hear it."""
    exponents, trial = default_exponents(name), part.trial(name)
    key = "source" if name in FILTERS else next(iter(exponents))
    others = iter(GRID[key])  # another each time: a filter keeps what it has computed
    _, first = timed(lambda: part.trial(name)(exponents))
    trial(exponents)
    _, again = timed(lambda: trial({**exponents, key: next(others)}))
    matrix, made = timed(lambda: matrix_of(name, part.ground, exponents))
    _, heard = timed(lambda: part.hear_channel(name, exponents))
    return _Channel(name, matrix, first, again, heard, made)


def _probe_factors(part: Part, seed: int) -> tuple[LatentVectors | None, Cost]:
    """Factorise a part and hear it."""
    took = Stopwatch()
    if (latent := latent_of(part.ground, seed)) is not None:
        part.hear(LATENT, latent_scores(latent, part.touches.members))
    return latent, took.cost()


def _probe_gnn(runs: GnnRuns, tuning: Tuning) -> tuple[GnnVectors | None, Cost]:
    """The start of a run, a step and a look, as often as the runs on all parts and on everything do them."""
    from embeddings.step import MAX_EXACT_CIRCLES
    from embeddings.train_gnn import CHECK_EVERY

    part, marks = tuning.parts[0], [Stopwatch()]
    runs.progress = lambda *_: marks.append(Stopwatch())
    if (vectors := runs.probe(part, PROBE_STEPS)) is None:
        return None, Cost()
    ended = Stopwatch()
    plain = [after.since(before) for before, after in pairwise(marks[1:-1])]
    step = _sum(plain) * (1 / len(plain))
    look = marks[-1].since(marks[-2]) + step * -1.0
    start = marks[1].since(marks[0]) + step * -1.0 + ended.since(marks[-1])
    steps = MAX_STEPS if part.ground.num_circles > MAX_EXACT_CIRCLES else TUNING_STEPS
    tuned = start + step * steps + look * (steps / CHECK_EVERY)
    return vectors, tuned * len(tuning.parts) + start + step * FINAL_STEPS


def _probe_weights(tuning: Tuning) -> Cost:
    """The short lists once, and one look at them, as often as the search looks."""
    part, num_parts = tuning.parts[0], len(tuning.parts)
    if not part.voices or not len(part.panel.rows):
        return Cost()
    (panel, voices), narrowed = timed(lambda: part.panel.narrowed(part.voices))
    mixed = np.sum(list(voices.values()), axis=0)
    _, looked = timed(lambda: panel.ndcg(mixed))
    offered = choices_of(voices, panel.seen, panel.rows, panel.circles, panel.importance)
    _, stepped = timed(lambda: offered.loss(np.ones(len(voices))))
    logit = stepped * (MAX_STEPS_OF_LOGIT * _num_voices(tuning) / len(voices))
    return (narrowed + looked * (EVALUATIONS * _num_voices(tuning)) + logit) * num_parts


def _num_voices(tuning: Tuning) -> int:
    return len(tuning.parts[0].voices) + 3  # popularity, circles without a member, the GNN


def _mixing_mib(tuning: Tuning) -> float:
    """Scores held while weights are chosen: each voice by part and side by side, and four more to rank."""
    cells = sum(part.panel.seen.size for part in tuning.parts)
    return (2 * _num_voices(tuning) + 4) * cells * np.dtype(np.float32).itemsize / 2**20


def _growth(ground: Ground, tuning: Tuning) -> float:
    """How much larger everything is than a part from which memberships are hidden."""
    return ground.touches.members.nnz / max(1, tuning.parts[0].ground.touches.members.nnz)


def _capped(cost: Cost, budget_s: float | None) -> Cost:
    """No step starts after the budget."""
    return cost if not budget_s or cost.wall_s <= budget_s else cost * (budget_s / cost.wall_s)


def _imported(device: str) -> str:
    """Import what the GNN needs; the device that will be used."""
    from embeddings.train_gnn import device_of

    return device_of(device).type


def _sum(costs: Iterable[Cost]) -> Cost:
    return sum(costs, start=Cost())


def _rounded(cost: Cost) -> dict[str, float]:
    return {"cpu_seconds": round(cost.cpu_s, 2), "seconds": round(cost.wall_s, 2)}
