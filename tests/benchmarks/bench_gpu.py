"""One training step of the GNN on the CPU and on CUDA: the same code and seed, so the same losses.

    python tests/benchmarks/bench_gpu.py [--times N ...] [--steps N] [--threads N] [--json FILE]

The graphs are drawn: as many people, merchants, circles, visits, memberships and themes as weeplaces of
`../shared/data` has, times N, few merchants and circles being popular with many. Vectors begin at random and
have as many dimensions as `circles train` would give them. Above 20,000 circles the loss takes a sample.

A step is what `train` does between two reports of progress, the device waited for; the middle of all steps
but the first. Every fifth also keeps a copy of the parameters. Without a CUDA device only the CPU is timed.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measure import print_table, report

from embeddings.gnn_runs import DIMS, MANY_THINGS
from embeddings.hetero import ABOUT, TOUCHED, HeteroData
from embeddings.model import Float32
from embeddings.train_gnn import TrainOptions, train

NODES = {"user": 1_501, "merchant": 4_934, "product": 1, "circle": 4_651}  # of weeplaces: no products
EDGES = {("user", "merchant"): 43_942, ("user", "circle"): 10_239, ("circle", "merchant"): 6_033}
# How many of the most popular are about alike: 0.8 % of the visits are at one merchant, 0.2 % of memberships
# are in one circle, as in weeplaces.
ALIKE = {"merchant": 25, "circle": 100}
FAR = 1e-2  # relative difference of losses: float32 sums in another order, made larger by each step of Adam


@dataclass(frozen=True)
class Run:
    """What one training took. step_ms: of each step but the first. peak_mib: memory of the GPU, or None."""

    losses: list[float]
    step_ms: list[float]
    whole_s: float
    peak_mib: float | None

    @property
    def middle_ms(self) -> float:
        return float(np.median(self.step_ms))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, nargs="+", default=[1, 30])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, help="of the CPU; all cores if absent")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    torch.set_num_threads(given.threads or torch.get_num_threads())
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    if gpu is None:
        print("no CUDA device is here: the CPU alone is timed, and nothing is compared")
    rows = [row for times in given.times for row in rows_of(times, given.steps, cuda=gpu is not None)]
    print_table(rows, f"milliseconds a step, {torch.get_num_threads()} threads, {gpu or 'no GPU'}")
    report({"gpu": gpu, "threads": torch.get_num_threads(), "steps": given.steps, "rows": rows}, given.json)


def rows_of(times: int, steps: int, *, cuda: bool) -> list[dict[str, Any]]:
    """Figures of one graph, a row a device."""
    data, start = graph_of(times), vectors_of(times)
    if cuda:
        timed(data, start, "cuda", 1)  # its libraries are loaded here
    runs = {device: timed(data, start, device, steps) for device in ("cpu", *(["cuda"] if cuda else []))}
    return [_row(times, device, run, runs["cpu"]) for device, run in runs.items()]


def _row(times: int, device: str, run: Run, cpu: Run) -> dict[str, Any]:
    apart = np.abs(np.divide(run.losses, cpu.losses) - 1)
    return {
        "graph": f"{times} x weeplaces",
        "device": device,
        "middle": run.middle_ms,
        "least": min(run.step_ms),
        "CPU / it": cpu.middle_ms / run.middle_ms,
        "whole run, s": run.whole_s,
        "peak GPU MiB": "" if run.peak_mib is None else run.peak_mib,
        "first loss apart": float(apart[0]),
        "any loss apart": float(apart.max()),
        "alike": "yes" if apart.max() <= FAR else "NO",
    }


def timed(data: HeteroData, start: dict[str, Float32], device: str, steps: int) -> Run:
    """Train that many steps there."""
    options = TrainOptions(seed=0, run_id="bench", min_supporters=1, max_steps=steps, device=device)
    ends: list[float] = []

    def tick(done: int, total: int) -> None:
        _wait_for(device)
        ends.append(time.perf_counter())

    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    begin = time.perf_counter()
    losses = train(data, start, options, progress=tick).losses
    whole_s = time.perf_counter() - begin
    peak = torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else None
    return Run(losses, [1e3 * float(ms) for ms in np.diff(ends)], whole_s, peak)


def _wait_for(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def graph_of(times: int) -> HeteroData:
    """People who visit merchants and are members of circles, circles about merchants; all drawn."""
    rng = np.random.default_rng(times)
    data = HeteroData()
    for kind, num in NODES.items():
        data[kind].num_nodes = num * times
    for kind, relation in TOUCHED.items():
        _add(data, ("user", relation, kind), _drawn(("user", kind), times, rng))
    for kind in ABOUT:
        _add(data, ("circle", "about", kind), _drawn(("circle", kind), times, rng))
    return data


def _drawn(kinds: tuple[str, str], times: int, rng: np.random.Generator) -> torch.Tensor:
    """Edges between a node at random and one by popularity, 1 / (rank + alike): int64 (2, num_edges)."""
    num_edges, num_left, num_right = EDGES.get(kinds, 0) * times, *(NODES[kind] * times for kind in kinds)
    chance = np.cumsum(1 / (np.arange(num_right) + ALIKE.get(kinds[1], 1)))
    right = np.searchsorted(chance, rng.random(num_edges) * chance[-1])
    pairs = np.unique(rng.integers(0, num_left, num_edges) * num_right + right)
    return torch.from_numpy(np.stack(np.divmod(pairs, num_right)))


def _add(data: HeteroData, edge_type: Sequence[str], edges: torch.Tensor) -> None:
    data[tuple(edge_type)].edge_index = edges
    data[tuple(edge_type)].edge_weight = torch.ones(edges.shape[1])


def vectors_of(times: int) -> dict[str, Float32]:
    """Where the vectors begin: kind -> float32 (num_things, dim)."""
    rng = np.random.default_rng(times)
    sizes = {kind: NODES[kind] * times for kind in TOUCHED}
    dim = DIMS[sum(sizes.values()) > MANY_THINGS]
    return {kind: 0.1 * rng.standard_normal((num, dim), dtype=np.float32) for kind, num in sizes.items()}


if __name__ == "__main__":
    main()
