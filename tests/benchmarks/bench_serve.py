"""One answer in process: folding in a person that no version knows, ranking, reasons, and lists made before.

    python tests/benchmarks/bench_serve.py [--home HOME] [--people N] [--json FILE]

Reads a home that holds payments and a published version (by default the demonstration's,
`circles-data`); makes one when there is none. The rows `circles answer` are all that a worker does
but HTTP, on a copy of the home: the person is read, circles filtered and ranked, 20 of them with reasons, the
receipt committed, the JSON. For the others a person's payments are in memory. CPU time stands beside wall
time: where other work shares the cores, only the former means anything.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from measure import CIRCLES, PROJECT, print_table, report, run_child

from api.context import wire
from api.services.circles import recommend
from api.services.ranking import Question
from embeddings.explain import Explainer
from embeddings.profile import Profile
from embeddings.registry import Registry, Version
from embeddings.scorer import Scorer
from graph.home import Home
from graph.settings import Settings
from graph.stores.base import UserState
from graph.stores.open import open_store

FEW, TOP, MIN_GROUP_SIZE, WARM_UP = 3, 10, 20, 50
ANSWER = 20  # circles of a whole answer
BAR_US = 1000.0
PRECOMPUTED_BAR_US, EXACT_BAR_US = 250.0, 800.0  # of CPU, at the 99th percentile
NEW = "new person, 3 payments: fold in, rank"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, default=PROJECT / "circles-data")
    parser.add_argument("--people", type=int, default=1000, help="how many people are asked for")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as scratch:
        home = Home(given.home if _is_published(given.home) else _demonstration(Path(scratch) / "home"))
        version = Registry(home.versions).current()
        people = _people(home, given.people)
        rows = measure(version, people) + measure_answers(home, Path(scratch) / "copy", people)
    print_table(rows, f"{len(version.circles):,} circles; microseconds an answer")
    report({"version": version.name, "answers": rows}, given.json)


def measure(version: Version, people: Sequence[UserState]) -> list[dict[str, Any]]:
    """Time each kind of answer over all people, one at a time."""
    scorer, everything = Scorer(version), np.ones(len(version.circles), dtype=bool)
    new, explainer = [_few(state) for state in people], Explainer(scorer)

    def fold_in(state: UserState) -> Profile:
        return Profile.of(version, paid=state.paid, bought=state.bought, member_of=state.member_of)

    def rank(state: UserState) -> None:
        scorer.top(fold_in(state), TOP, everything)

    def rank_and_explain(state: UserState) -> None:
        profile = fold_in(state)
        explainer.tell(profile, scorer.top(profile, TOP, everything)[0], MIN_GROUP_SIZE)

    return [
        _timed("floor: the most popular circles", new, lambda _: scorer.popular(TOP)),
        _timed("made before: look the list up", people, lambda s: scorer.precomputed(s.user.user_id)),
        _timed(NEW, new, rank, bar=BAR_US),
        _timed("the same with reasons for 10", new, rank_and_explain),
        _timed("known person, all payments: fold in, rank", people, rank),
        _timed("the same with reasons for 10 ", people, rank_and_explain),
    ]


def measure_answers(home: Home, copy: Path, people: Sequence[UserState]) -> list[dict[str, Any]]:
    """Time whole answers without HTTP: first of published lists, then of people who changed since."""
    shutil.copytree(home.path, copy)
    context = wire(Settings(home=copy))

    def answer(state: UserState) -> bytes:
        question = Question(state.user.user_id, limit=ANSWER)
        return orjson.dumps(recommend(context, question, now=context.now(), as_json=True))

    drawn = [b'"exploration"' in answer(state) for state in people]
    steady = [state for state, is_drawn in zip(people, drawn, strict=True) if not is_drawn]
    rows = [
        _timed("circles answer, precomputed", steady, answer, cpu_bar=PRECOMPUTED_BAR_US),
        _timed("the same where lots are drawn for some", people, answer),
    ]
    accounts = [state.user.user_id for state in people]
    context.store.get().upsert("User", {"id": accounts, "city": ["elsewhere"] * len(accounts)})
    rows.append(_timed("circles answer, exact (changed since the cut)", people, answer, cpu_bar=EXACT_BAR_US))
    context.close()
    return rows


def _timed(
    name: str,
    people: Sequence[UserState],
    answer: Callable[[UserState], Any],
    bar: float | None = None,
    cpu_bar: float | None = None,
) -> dict[str, Any]:
    """One row; the bar is of wall time, or else of CPU time."""
    for state in people[:WARM_UP]:
        answer(state)
    took, worked = np.empty(len(people)), np.empty(len(people))
    for i, state in enumerate(people):
        begin, cpu = time.perf_counter_ns(), time.thread_time_ns()
        answer(state)
        took[i], worked[i] = time.perf_counter_ns() - begin, time.thread_time_ns() - cpu
    middle, high = (round(float(np.quantile(took, q)) / 1000, 1) for q in (0.5, 0.99))
    cpu_high = float(np.quantile(worked, 0.99)) / 1000
    kept = high < bar if bar is not None else cpu_bar is None or cpu_high < cpu_bar
    edges = float(np.mean([len(state.paid) + len(state.bought) for state in people]))
    return {
        "answer": name,
        "edges a person": round(edges, 1),
        "p50": middle,
        "p99": high,
        "cpu p50": round(float(np.quantile(worked, 0.5)) / 1000, 1),
        "cpu p99": round(cpu_high, 1),
        "bar": bar or (f"{cpu_bar} cpu" if cpu_bar else ""),
        "kept": ("yes" if kept else "NO") if bar or cpu_bar else "",
    }


def _few(state: UserState) -> UserState:
    """The person as they were with few payments and no circle."""
    paid, bought = state.paid[:1], state.bought[: FEW - 1]
    return UserState(
        user=state.user,
        consents=state.consents,
        paid=paid,
        bought=bought,
        member_of=frozenset(),
        dismissed=frozenset(),
        left=frozenset(),
    )


def _people(home: Home, count: int) -> list[UserState]:
    store = open_store(home.store_address("sqlite:///circles.db"))
    ids = store.nodes("User")["id"]
    chosen = np.random.default_rng(0).choice(len(ids), count, replace=count > len(ids))
    states = [store.user_state(ids[i]) for i in chosen]
    store.close()
    return [state for state in states if state is not None and len(state.paid)]


def _is_published(home: Path) -> bool:
    return (home / "versions" / "current").is_file() and (home / "circles.db").is_file()


def _demonstration(home: Path) -> Path:
    for arguments in (("load", "completejourney", "--assume-consent"), ("train",)):
        run_child([os.fspath(CIRCLES), *arguments], CIRCLES_HOME=str(home))
    return home


if __name__ == "__main__":
    main()
