"""Fit and question one method, and measure what that takes; in a process of its own where figures matter.

A process of its own makes memory honest, keeps one method's threads and caches from another's clock, and lets
a method that dies leave the table standing.
"""

import importlib
import multiprocessing
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.baselines import Method
from embeddings.circles import CirclesMethod
from embeddings.evaluation.answers_file import LIST_SIZE, write_answers
from embeddings.evaluation.methods import OURS, method_of, parts_of
from embeddings.evaluation.ranking import (
    TOP_K,
    Float64,
    answers_of,
    gains_of,
    metrics_of,
    ranked_lists,
)
from embeddings.evaluation.scenarios import Scenario
from embeddings.fairness.held_out import fairness_of
from embeddings.tuning import Progress, silent
from graph import snapshot as snapshots
from graph.errors import CirclesError
from graph.memory import peak_mib, reset_peak

TORCH_METHODS = ("circles", "lightgcn")


@dataclass(frozen=True)
class Job:
    """What one process has to do. scenarios: name, snapshot folder and what is wanted; the first is warm."""

    name: str
    scenarios: list[tuple[str, Path, dict[str, list[str]]]]
    seed: int
    device: str = "auto"
    budget_s: float | None = None
    tune: bool = True
    parts: bool = True
    lists: Path | None = None
    fairness: bool = False
    cities: Mapping[str, str | None] | None = None


@dataclass
class Measured:
    """What came of a method.

    metrics: name -> figure; those of a scenario but the warm one carry its name.
    gains: scenario -> ndcg@20 of each person asked, float64 (num_people,), in the order of their ids.
    costs: seconds and memory; empty for a part, which costs what the whole does.
    problem: why there are no figures. fairness: what groups of people get, where it was asked for.
    """

    name: str
    metrics: dict[str, float] = field(default_factory=dict)
    gains: dict[str, Float64] = field(default_factory=dict)
    costs: dict[str, float] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    hit_budget: bool = False
    problem: str | None = None
    fairness: list[dict[str, Any]] = field(default_factory=list)


def measure(job: Job, scenarios: list[Scenario], progress: Progress = silent) -> list[Measured]:
    """Fit to each scenario in turn, in this process; the method first, then its parts."""
    method = _made(job, progress)
    out = Measured(job.name)
    parts: list[Measured] = []
    for scenario in scenarios:
        costs = _fitted(method, scenario)
        _question(method, scenario, out, job)
        if scenario.name == "warm":
            out.costs = costs | {"peak_memory_mib": round(peak_mib())}
            out.settings = dict(getattr(method, "settings", {}))
            if job.parts and job.name == OURS and isinstance(method, CirclesMethod):
                parts = [_part(part, scenario) for part in parts_of(method, scenario.snapshot)]
    out.hit_budget = bool(getattr(method, "hit_budget", False))
    return [out, *parts]


def _made(job: Job, progress: Progress) -> Method:
    """The method, with what it imports imported: that is no part of a fit."""
    if job.name.startswith(TORCH_METHODS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the library's own use of what torch deprecates
            importlib.import_module("torch_geometric.nn")
    return method_of(
        job.name, seed=job.seed, device=job.device, budget_s=job.budget_s, tune=job.tune, progress=progress
    )


def _fitted(method: Method, scenario: Scenario) -> dict[str, float]:
    """Fit, and say what it took."""
    reset_peak()
    wall, cpu = time.monotonic(), time.process_time()
    method.fit(scenario.snapshot)
    return {
        "fit_cpu_seconds": round(time.process_time() - cpu, 3),
        "fit_seconds": round(time.monotonic() - wall, 3),
        "tune_cpu_seconds": round(getattr(method, "tune_cpu_seconds", 0.0), 3),
    }


def _question(method: Method, scenario: Scenario, out: Measured, job: Job | None = None) -> None:
    """Ask for lists and score them; job: of the whole method, None of a part."""
    snapshot, warm = scenario.snapshot, scenario.name == "warm"
    lists = None if job is None else job.lists
    asked = answers_of(snapshot, scenario.wanted)
    ranked = ranked_lists(method, snapshot, asked.users, LIST_SIZE if warm and lists else TOP_K)
    metrics = metrics_of(ranked, asked, snapshot)
    if warm and lists:
        write_answers(lists, snapshot, asked.users, ranked)
    if warm and job is not None and job.fairness:
        out.fairness = fairness_of(ranked, asked, snapshot, cities=job.cities, seed=job.seed)
    out.gains[scenario.name] = gains_of(ranked, asked)
    if warm:
        out.metrics |= metrics
    else:
        prefix = scenario.name.replace("-", "_")
        out.metrics |= {f"{prefix}_{name}": metrics[name] for name in ("recall@20", "ndcg@20", "hit@20")}


def _part(part: Method, scenario: Scenario) -> Measured:
    out = Measured(part.name)
    _question(part, scenario, out)
    return out


def measure_apart(job: Job, progress: Progress = silent) -> list[Measured]:
    """The same in a process of its own. A peer that fails is told by `problem`; when ours does, it is raised.

    Raises:
        CirclesError: our own method could not be measured.
    """
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_work, args=(job, there), daemon=True)
    process.start()
    there.close()
    try:
        found = _received(here, progress)
        process.join()
    finally:
        if process.is_alive():
            process.terminate()
        process.join()
    if isinstance(found, list):
        return found
    problem = found or f"its process ended with code {process.exitcode}; was there enough memory?"
    if job.name.startswith(OURS):
        raise CirclesError(f"{job.name} could not be measured: {problem}")
    return [Measured(job.name, problem=problem)]


def _received(connection: Connection, progress: Progress) -> list[Measured] | str | None:
    """What a child tells: progress, and in the end figures or a problem; None when it died."""
    while True:
        try:
            kind, value = connection.recv()
        except EOFError:
            return None
        if kind != "progress":
            return value  # type: ignore[no-any-return]
        progress(*value)


def _work(job: Job, connection: Connection) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        connection.send(("progress", (f"{job.name}: {stage}", done, total)))

    try:
        scenarios = [Scenario(name, snapshots.load(folder), wanted) for name, folder, wanted in job.scenarios]
        connection.send(("figures", measure(job, scenarios, progress)))
    except CirclesError as error:
        connection.send(("problem", str(error)))
    except (MemoryError, ArithmeticError, np.linalg.LinAlgError) as error:
        connection.send(("problem", f"{type(error).__name__}: {error}"))
    finally:
        connection.close()
