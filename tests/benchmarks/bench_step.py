"""One training step of LightGCN as torch_geometric does it, and on our symmetric matrix; our sparse product.

    python tests/benchmarks/bench_step.py [--folder FOLDER] [--threads N] [--repeats N] [--json FILE]

Reads the memberships of an interchange folder (Gowalla of `../shared/data` by default). The steps have the
same vectors, the same batch, layers, dimensions, loss and optimizer: torch_geometric's LightGCN with
`edge_index`, the same with a compressed adjacency (torch.sparse CSR, normalised before; the bar takes the
faster width of its indices), and ours, whose backward reads the other half of the same matrix. They take
turns, so that other work on the machine slows them alike, and their losses and gradients are compared before
anything is timed.

The memory bound is that of a machine without caches: each entry reads an index, a weight and a whole row,
each result is written once, as fast as `a = b + s * c` moves long arrays with as many threads in this
run. A table that fits into the cache can beat it, so the least that must be moved, every array once, stands
beside.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from measure import PROJECT, print_table, report
from torch import Tensor

from embeddings.spmm import Bipartite, Weighted

with warnings.catch_warnings():  # PyTorch Geometric still scripts two functions that torch deprecates
    warnings.simplefilter("ignore")
    from torch_geometric.nn import LightGCN

DIM, LAYERS, BATCH, RATE, DECAY = 64, 3, 8_192, 0.001, 1e-4
TRIAD_FLOATS = 32_000_000  # three arrays of 128 MB: no cache holds them
BARS = {"edge_index / ours": 8.0, "CSR / ours": 2.0, "product, share of the memory bound": 0.5}
Batch = tuple[Tensor, Tensor, Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=PROJECT.parent / "shared/data/gowalla")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    edges, num_left, num_right = read_edges(given.folder)
    print(
        f"{edges.shape[1]:,} edges of {num_left:,} people and {num_right:,} circles, {given.threads} threads"
    )
    steps = steps_of(edges, num_left, num_right)
    check_alike(steps, batch_of(edges, num_right, 0))
    timed = time_steps(steps, edges, num_right, given.repeats)
    product = time_product(weighted_of(edges, num_left, num_right), given.repeats)
    print_table([{"step": name, **figures} for name, figures in timed.items()], "milliseconds a step")
    print_table([product], "one product with all edges, both directions")
    bars = [
        {"bar": b, "asked": BARS[b], "reached": r, "kept": kept(b, r)} for b, r in reached(timed, product)
    ]
    print_table(bars, "bars")
    report({"threads": given.threads, "steps": timed, "product": product, "bars": bars}, given.json)


def read_edges(folder: Path) -> tuple[Tensor, int, int]:
    """Memberships as int64 (2, num_edges), and how many people and circles there are."""
    table = pq.read_table(folder / "memberships.parquet", columns=["user_id", "circle_id"])
    sides = [np.unique(table[name].to_numpy(), return_inverse=True) for name in ("user_id", "circle_id")]
    return torch.from_numpy(np.stack([rows for _, rows in sides])), *(len(ids) for ids, _ in sides)


class Step:
    """Vectors, an optimizer, and a loss of a batch; one call is one step of training."""

    def __init__(self, vectors: torch.nn.Parameter, propagated: Callable[[], Tensor]) -> None:
        self.vectors, self.propagated = vectors, propagated
        self.optimizer = torch.optim.Adam([vectors], lr=RATE)

    def backward(self, batch: Batch) -> float:
        """Bayesian personalised ranking with L2 on the nodes of the batch, and its gradient."""
        self.optimizer.zero_grad()
        users, joined, other = batch
        out = self.propagated()
        margin = (out[users] * (out[joined] - out[other])).sum(dim=1)
        asked = torch.unique(torch.cat(batch))
        loss = -torch.nn.functional.logsigmoid(margin).mean() + DECAY * self.vectors[asked].square().mean()
        loss.backward()
        return float(loss.detach())

    def __call__(self, batch: Batch) -> None:
        self.backward(batch)
        self.optimizer.step()


def steps_of(edges: Tensor, num_left: int, num_right: int) -> dict[str, Step]:
    """The forms, from the same vectors."""
    both = torch.stack([edges[0], edges[1] + num_left])
    both = torch.cat([both, both.flip(0)], dim=1)
    matrix = weighted_of(edges, num_left, num_right)

    def library(given: Tensor, **options: Any) -> Step:
        torch.manual_seed(0)
        model = LightGCN(num_left + num_right, DIM, LAYERS, **options)
        return Step(model.embedding.weight, lambda: model.get_embedding(given))

    def ours() -> Step:
        torch.manual_seed(0)
        vectors = LightGCN(num_left + num_right, DIM, LAYERS).embedding.weight
        return Step(vectors, lambda: propagated(matrix, vectors, num_left))

    return {
        "torch_geometric, edge_index": library(both),
        "torch_geometric, CSR, 64 bits": library(compressed(both, num_left + num_right), normalize=False),
        "torch_geometric, CSR, 32 bits": library(
            compressed(both, num_left + num_right, torch.int32), normalize=False
        ),
        "ours": ours(),
    }


def propagated(matrix: Weighted, vectors: Tensor, num_left: int) -> Tensor:
    """Mean over the layers of what neighbours hand on: float32 (num_left + num_right, dim)."""
    left, right = vectors[:num_left], vectors[num_left:]
    total_left, total_right = left, right
    for _ in range(LAYERS):
        left, right = matrix.to_left(right), matrix.to_right(left)
        total_left, total_right = total_left + left, total_right + right
    return torch.cat([total_left, total_right]) / (LAYERS + 1)


def weighted_of(edges: Tensor, num_left: int, num_right: int) -> Weighted:
    """Our matrix, each edge over the roots of both degrees."""
    graph = Bipartite.of(edges, num_left, num_right)
    roots = [torch.bincount(side).float().rsqrt() for side in edges]
    return graph.weighted(roots[0][edges[0]] * roots[1][edges[1]])


def compressed(both: Tensor, num_nodes: int, kind: torch.dtype = torch.int64) -> Tensor:
    """The normalised adjacency as torch.sparse CSR, its indices of this kind."""
    root = torch.bincount(both[0], minlength=num_nodes).float().rsqrt()
    rows, columns = both[:, torch.argsort(both[0] * num_nodes + both[1])]
    counts = torch.bincount(rows, minlength=num_nodes)
    starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)]).to(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "in beta state"
        return torch.sparse_csr_tensor(
            starts, columns.to(kind), root[rows] * root[columns], size=(num_nodes, num_nodes)
        )


def batch_of(edges: Tensor, num_right: int, number: int) -> Batch:
    """Users, circles they joined and circles drawn at random; nodes of the whole graph."""
    rng, num_left = torch.Generator().manual_seed(number), int(edges[0].max()) + 1
    at = torch.randint(edges.shape[1], (BATCH,), generator=rng)
    other = torch.randint(num_right, (BATCH,), generator=rng)
    return edges[0, at], edges[1, at] + num_left, other + num_left


def check_alike(steps: dict[str, Step], batch: Batch) -> None:
    """Raises SystemExit when the forms do not compute the same."""
    first, *others = steps.values()
    loss = first.backward(batch)
    for other in others:
        if abs(other.backward(batch) - loss) > 1e-5 * abs(loss):
            raise SystemExit("the steps have different losses: nothing is compared")
        torch.testing.assert_close(other.vectors.grad, first.vectors.grad, rtol=1e-3, atol=1e-7)


def time_steps(
    steps: dict[str, Step], edges: Tensor, num_right: int, repeats: int
) -> dict[str, dict[str, float]]:
    """CPU and wall milliseconds of a step, middle and least, the forms taking turns."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for number in range(repeats + 1):
        batch = batch_of(edges, num_right, number)
        for name, step in steps.items():
            taken[name].append(_timed(lambda step=step, batch=batch: step(batch)))
    return {name: _summary(times[1:]) for name, times in taken.items()}  # the first is for warming up


def time_product(matrix: Weighted, repeats: int) -> dict[str, float]:
    """Both directions of our product beside the two bounds, all in CPU milliseconds."""
    left = torch.rand(len(matrix.left.indptr) - 1, DIM)
    right = torch.rand(len(matrix.right.indptr) - 1, DIM)
    a, b, c = (torch.rand(TRIAD_FLOATS) for _ in range(3))
    products, triads = [], []
    for _ in range(4 * repeats + 1):  # in turns: both meet the same machine
        products.append(_timed(lambda: (matrix.left.sums(right), matrix.right.sums(left))))
        triads.append(_timed(lambda: torch.add(b, c, alpha=3.0, out=a)))
    took, triad = _summary(products[1:]), _summary(triads[1:])
    # CPU time, which stands still while other work has the core; of all threads together, so per thread.
    own = took["cpu, middle"] / torch.get_num_threads()
    rate = 3 * a.nbytes / triad["cpu, middle"] * torch.get_num_threads()  # bytes a millisecond
    entries = 2 * len(matrix.left.indices)
    stored = entries * (matrix.left.indices.element_size() + matrix.left.weight.element_size())
    tables = left.nbytes + right.nbytes
    gathered, least = entries * DIM * left.element_size() + stored + tables, stored + 2 * tables
    return {
        **took,
        "triad GB/s": rate / 1e6,
        "every row from memory, ms": gathered / rate,
        "every array once, ms": least / rate,
        "share of the first": gathered / rate / own,
        "share of the second": least / rate / own,
    }


def reached(timed: dict[str, dict[str, float]], product: dict[str, float]) -> list[tuple[str, float]]:
    """The figures that have a bar, in the order of BARS."""
    edge_index, *compressed, ours = (figures["cpu, middle"] for figures in timed.values())
    values = (edge_index / ours, min(compressed) / ours, product["share of the first"])
    return list(zip(BARS, values, strict=True))


def kept(bar: str, value: float) -> str:
    return "yes" if value >= BARS[bar] else "NO"


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return 1e3 * (time.process_time() - cpu), 1e3 * (time.perf_counter() - wall)


def _summary(times: list[tuple[float, float]]) -> dict[str, float]:
    cpu, wall = np.asarray(times).T
    return {
        "cpu, middle": float(np.median(cpu)),
        "cpu, least": float(cpu.min()),
        "wall, middle": float(np.median(wall)),
        "wall, least": float(wall.min()),
    }


if __name__ == "__main__":
    main()
