"""What does a fit to Gowalla cost, stage by stage, and what does it find on the full test?

    python tests/benchmarks/bench_gowalla.py [FOLDER] [--quick | --gnn] [--json FILE]

With --quick the filter alone, nothing searched for; with --gnn the GNN too. Items stand for circles; the
split is that of LightGCN. One thread, seed 0. Everything is chosen on a part of train; the test is read
once, at the end, with full rankings. CPU seconds of this process.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from measure import PROJECT, print_table, report

from embeddings.circles import CirclesMethod
from embeddings.evaluation.ranking import TOP_K, answers_of, metrics_of, ranked_lists
from graph.cut import build
from graph.memory import peak_mib, reset_peak
from graph.policy.values import read_policy
from loaders.interchange import read_answers, read_tables

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
FIGURES = ("recall@20", "ndcg@20")
# Least recall@20 and ndcg@20, and most CPU seconds of the fit.
BARS = {True: (0.182, 0.150, 10.0), False: (0.1920, 0.1597, 1800.0)}  # the filter alone, the whole model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=PROJECT.parent / "shared/data/gowalla")
    parser.add_argument("--quick", action="store_true", help="the filter alone, with default exponents")
    parser.add_argument("--gnn", action="store_true", help="with the GNN")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    if not ONE_THREAD.items() <= os.environ.items():  # to be known before numpy is imported: begin again
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)
    policy = read_policy(PROJECT / "policy.toml")
    tables = read_tables(str(given.folder), mapping=None, policy=policy, cut=None)
    snapshot = build(tables, as_of=int(tables.paid["last_at"].max(initial=0)), policy=policy)
    clock = Stages()
    reset_peak()
    method = CirclesMethod(seed=0, device="cpu", gnn=given.gnn, quick=given.quick, progress=clock)
    method.fit(snapshot)
    clock("ranking", 0, 1)
    mib = peak_mib()
    answers = read_answers(str(given.folder), mapping=None, policy=policy, cut=None)
    asked = answers_of(snapshot, {user: set(circles) for user, circles in answers.items()})
    found = metrics_of(ranked_lists(method, snapshot, asked.users, TOP_K), asked, snapshot)
    clock("", 0, 0)
    fit_s = sum(seconds for stage, seconds in clock.took.items() if stage != "ranking")
    print_table([{"stage": stage, "CPU s": round(s, 2)} for stage, s in clock.took.items()], "stages")
    bars = bars_of(found, fit_s, given.quick)
    print_table(bars, f"{len(asked.users):,} people asked, {mib:,.0f} MiB to fit")
    report({"stages": clock.took, "metrics": found, "bars": bars, "fit_mib": mib}, given.json)


class Stages:
    """CPU seconds by stage, as progress is told; what comes before the first is told as `preparing`."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}
        self._stage, self._since = "preparing", time.process_time()

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.process_time()
        self.took[self._stage] = self.took.get(self._stage, 0.0) + now - self._since
        # Weights are chosen between the last word of a stage and the first of the next.
        self._stage, self._since = ("weights" if done == total else stage), now


def bars_of(found: dict[str, float], fit_s: float, quick: bool) -> list[dict[str, Any]]:
    """What was asked and what was reached."""
    *least, most = BARS[quick]
    bars = [
        {
            "bar": name,
            "asked": f">= {bar}",
            "reached": found[name],
            "kept": "yes" if found[name] >= bar else "NO",
        }
        for name, bar in zip(FIGURES, least, strict=True)
    ]
    kept = "yes" if fit_s < most else "NO"
    return [*bars, {"bar": "CPU s of the fit", "asked": f"< {most:g}", "reached": fit_s, "kept": kept}]


if __name__ == "__main__":
    main()
