"""Score methods against answers they have not seen: full ranking, memberships of train left out.

Everything is fitted to the given snapshot alone; answers are looked at once, for the figures. The same people
are asked by every method, so that differences have intervals of their own.
"""

import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from embeddings.evaluation.bootstrap import interval, paired
from embeddings.evaluation.measured import Job, Measured, measure, measure_apart
from embeddings.evaluation.methods import METHODS, OURS, check, methods_for
from embeddings.evaluation.names import check_lists
from embeddings.evaluation.ranking import answers_of
from embeddings.evaluation.scenarios import SCENARIOS, Scenario, scenarios_of
from embeddings.tuning import Progress, silent
from graph import snapshot as snapshots
from graph.errors import InputError, StoreError
from graph.snapshot import Snapshot

__all__ = ["METHODS", "evaluate"]


def evaluate(
    snapshot: Snapshot,
    answers: Mapping[str, Collection[str]],
    *,
    methods: Sequence[str] | None = None,
    seed: int = 0,
    budget_s: float | None = None,
    device: str = "auto",
    lists: Path | None = None,
    scenarios: Collection[str] = SCENARIOS,
    tune: bool = True,
    parts: bool = True,
    apart: bool = True,
    fairness: bool = False,
    cities: Mapping[str, str | None] | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Fit and score each method.

    Args:
        answers: user id -> ids of circles to be found; users the snapshot does not know count as not found.
        methods: names among METHODS; all that make sense for these data when None. `circles` is ours.
        budget_s: wall-clock seconds for each fit; a method that needs more stops there and is marked.
        lists: Parquet file for our answers: user_id, rank, circle_id, score; the top 100 of each user.
        scenarios: names among SCENARIOS.
        tune: False lets peers keep the first options of their grids.
        parts: also the parts of ours alone, as `circles:<part>`.
        apart: each method in a process of its own; without it memory and caches are those of this process.
        fairness: also what groups of people get, by activity and by `cities` (user id -> city).

    Returns:
        `{"seed", "asked", "methods": [{"name", "metrics", "intervals", "fit_cpu_seconds", "fit_seconds",
        "tune_cpu_seconds", "peak_memory_mib", "settings", "hit_budget"}]}`, metrics averaged over users. A
        method but ours has `against_ours`: ratio, difference and its interval for each scenario. One that
        could not be measured has `problem` instead of figures, and a part has no costs.

    Raises:
        InputError: a method is unknown, there is nobody to ask, or nothing to learn from.
        StoreError: lists or the temporary snapshots cannot be written.
    """
    names = tuple(methods) if methods is not None else methods_for(snapshot)
    check(names)
    check_lists(lists, names, OURS)
    wanted = _wanted(answers)
    _refuse_empty(snapshot)
    posed = [s for s in scenarios_of(snapshot, wanted, seed=seed) if s.name in {"warm", *scenarios}]
    jobs = [
        Job(name, [], seed, device, budget_s, tune, parts, lists if name == OURS else None, fairness, cities)
        for name in names
    ]
    found = _all_apart(jobs, posed, progress) if apart else _all_here(jobs, posed, progress)
    ours = next((measured for measured in found if measured.name == OURS), None)
    return {
        "seed": seed,
        "asked": _asked(snapshot, wanted) | {s.name: len(s.wanted) for s in posed if s.name != "warm"},
        "methods": [_described(measured, ours, seed) for measured in found],
    }


def _all_here(jobs: list[Job], posed: list[Scenario], progress: Progress) -> list[Measured]:
    return [measured for job in jobs for measured in measure(job, posed, progress)]


def _all_apart(jobs: list[Job], posed: list[Scenario], progress: Progress) -> list[Measured]:
    with tempfile.TemporaryDirectory(prefix="circles-evaluate-") as folder:
        shown = [
            (s.name, _saved(s, Path(folder)), {u: sorted(c) for u, c in s.wanted.items()}) for s in posed
        ]
        out = []
        for done, job in enumerate(jobs):
            progress("methods", done, len(jobs))
            job.scenarios.extend(shown)
            out += measure_apart(job, progress)
        progress("methods", len(jobs), len(jobs))
        return out


def _saved(scenario: Scenario, folder: Path) -> Path:
    try:
        return snapshots.save(scenario.snapshot, folder)
    except OSError as error:
        raise StoreError(
            f"the snapshot of {scenario.name!r} cannot be written for a while: {error.strerror}; "
            "free some space, or name another folder with TMPDIR"
        ) from error


def _wanted(answers: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    wanted = {user_id: set(circles) for user_id, circles in answers.items() if circles}
    if not wanted:
        raise InputError("there are no answers to score against; expected memberships in the test part")
    return wanted


def _refuse_empty(snapshot: Snapshot) -> None:
    if not len(snapshot.circles) or not len(snapshot.users):
        raise InputError(
            "the part to train on has no circles or no people; is the folder, or the cut, right?"
        )
    if not (snapshot.members.num_edges or snapshot.paid.num_edges or snapshot.bought.num_edges):
        raise InputError("the part to train on is empty: no membership, no payment; is the cut too early?")


def _asked(snapshot: Snapshot, wanted: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Who was asked for what, and what of it no method can know."""
    asked = answers_of(snapshot, wanted)
    named = {circle for circles in wanted.values() for circle in circles}
    return {
        "users": len(asked.users),
        "users_not_in_train": int((asked.users < 0).sum()),
        "answers": int(asked.num_answers.sum()),
        "circles_not_in_train": int((snapshot.circles.find_all(sorted(named)) < 0).sum()),
    }


def _described(measured: Measured, ours: Measured | None, seed: int) -> dict[str, Any]:
    if measured.problem:
        return {"name": measured.name, "problem": measured.problem}
    out: dict[str, Any] = {"name": measured.name, "metrics": measured.metrics}
    out["intervals"] = {
        f"{_prefix(scenario)}ndcg@20": interval(gains, seed=seed).rounded()
        for scenario, gains in measured.gains.items()
    }
    if ours is not None and not measured.name.startswith(OURS):
        out["against_ours"] = {
            f"{_prefix(scenario)}ndcg@20": _against(ours, measured, scenario, seed)
            for scenario in measured.gains
        }
    if measured.fairness:
        out["fairness"] = measured.fairness
    if measured.costs:
        out |= measured.costs | {"settings": measured.settings, "hit_budget": measured.hit_budget}
    return out


def _against(ours: Measured, other: Measured, scenario: str, seed: int) -> dict[str, Any]:
    difference = paired(ours.gains[scenario], other.gains[scenario], seed=seed)
    theirs = float(other.gains[scenario].mean())
    return {
        "ratio": round(float(ours.gains[scenario].mean()) / theirs, 4) if theirs else None,
        "difference": round(difference.mean, 5),
        "interval": difference.rounded(),
    }


def _prefix(scenario: str) -> str:
    return "" if scenario == "warm" else scenario.replace("-", "_") + "_"
