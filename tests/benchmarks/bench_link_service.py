"""Links among a million people: how long an answer and a search take, and what answers give away.

    python tests/benchmarks/bench_link_service.py --people 1000000 --rounds 3000 --worlds 300

Everybody is an adult who agreed to links and has about `--candidates` of them. Times are those of the service
without HTTP; the classifier sees body size and time of HTTP answers in process and is the better of the two
directions of either, so that one half is its floor. The search for near people is asked one at a time on one
thread, with three fifths of the people consenting, and is compared with the exact one.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from measure import PROJECT, print_table, report

sys.path.insert(0, str(PROJECT))

from api.app import create_app
from api.services import links
from api.services.link_weeks import past_of
from embeddings.links.ground import DIM
from embeddings.links.retrieve import index_of, search
from graph.links.candidates import LinkCandidates
from graph.links.periods import DAYS, period_of
from graph.links.weeks import make_week, save_week
from graph.policy.link_reasons import FALLBACK
from graph.policy.meeting import Answer
from graph.settings import Settings
from tests.attacks.oracle import learned

STATES = ("declined", "withdrawn", "blocked", "unknown", "foreign")


class House:
    """A home folder with so many people, and this week's pairs."""

    def __init__(self, folder: Path, num_people: int, num_candidates: int) -> None:
        self.app = create_app(Settings(home=folder))
        self.context = self.app.extensions["circles"]
        self.store = self.context.store.get()
        self.people = self.context.pseudonyms.of_many([f"u{i}" for i in range(num_people)])
        begun = time.perf_counter()
        self._fill()
        self.filled_s = time.perf_counter() - begun
        candidates = pairs_of(num_people, num_candidates)
        begun, cpu = time.perf_counter(), time.process_time()
        self.period = period_of(self.context.now())
        week = make_week(
            candidates,
            period=self.period,
            version="v1",
            policy_id=self.context.policy.policy_id,
            store_id=self.context.store.identity(),
            rules=self.context.policy.links,
            past=past_of(self.store, self.period),
        )
        save_week(week, self.context.home.links)
        self.made_s, self.made_cpu_s = time.perf_counter() - begun, time.process_time() - cpu
        self.week = week
        self.full = len(week.lists.others) / num_people

    def _fill(self) -> None:
        for start in range(0, len(self.people), 100_000):
            part = self.people[start : start + 100_000]
            self.store.upsert("User", {"id": part, "adult": [True] * len(part)})
            rows = range(start, start + len(part))
            self.store.set_consents(
                {
                    "user": rows,
                    "purpose": ["links"] * len(part),
                    "granted": [True] * len(part),
                    "at": [1] * len(part),
                }
            )

    def handle(self, viewer: int, other: int) -> str:
        return str(self.context.handles.of(viewer, [other], self.period)[0])


def pairs_of(num_people: int, num_candidates: int) -> LinkCandidates:
    """Random candidates, each pair once."""
    draw = np.random.default_rng(1)
    one, other = draw.integers(0, num_people, (2, num_people * num_candidates // 2))
    low, high = np.minimum(one, other), np.maximum(one, other)
    keys = np.unique((low << 31 | high)[low != high])
    one, other = keys >> 31, keys & (2**31 - 1)
    return LinkCandidates.from_pairs(
        one,
        other,
        draw.uniform(0.3, 0.9, len(one)).astype(np.float32),
        users=np.arange(num_people),
        uncertainty=np.full(len(one), 0.4, dtype=np.float32),
        reason=np.zeros(len(one), dtype=np.int32),
        reasons=(FALLBACK,),
        calibrated=True,
    )


def timed(work: Callable[[int], Any], people: list[int]) -> list[float]:
    """p50, p99 of wall and of CPU, milliseconds."""
    wall, cpu = [], []
    for person in people:
        begun, used = time.perf_counter(), time.thread_time()
        work(person)
        wall.append(time.perf_counter() - begun)
        cpu.append(time.thread_time() - used)
    return [round(float(np.percentile(v, q)) * 1000, 3) for v in (wall, cpu) for q in (50, 99)]


def answer_times(house: House, rounds: int) -> list[dict[str, Any]]:
    """The answers that people wait for."""
    context, now = house.context, house.context.now()
    chosen = random.Random(3).sample(range(len(house.people)), min(rounds, len(house.people) // 4))
    first = {person: house.week.of(person, DAYS - 1) for person in chosen}
    chosen = [person for person in chosen if first[person]]

    def listed(person: int) -> Any:
        return links.listed(context, house.people[person], now=now)

    def one(person: int) -> Any:
        return links.one(context, house.people[person], house.handle(person, first[person][0].other), now=now)

    def accept(person: int) -> Any:
        handle = house.handle(person, first[person][0].other)
        return links.respond(context, house.people[person], handle, Answer.ACCEPT, now=now)

    works = [
        ("list, first look of the week", listed),
        ("list", listed),
        ("one link", one),
        ("accept", accept),
    ]
    names = ("p50 ms", "p99 ms", "CPU p50 ms", "CPU p99 ms")
    return [{"answer": name, **dict(zip(names, timed(work, chosen), strict=True))} for name, work in works]


def told_apart(house: House, rounds: int) -> list[dict[str, Any]]:
    """Area under the curve of a classifier for each state against the others, from size and time."""
    context, store = house.context, house.store
    viewer = next(p for p in range(len(house.people)) if len(house.week.of(p)) >= len(STATES))
    mine = [suggestion.other for suggestion in house.week.of(viewer)]
    stranger = next(p for p in range(len(house.people)) if p not in (viewer, *mine) and house.week.of(p))
    now = context.now()
    store.answer_suggestion(mine[0], viewer, Answer.DECLINE, period=house.period, since=0, at=now)
    store.set_consents({"user": [mine[1]], "purpose": ["links"], "granted": [False], "at": [now]})
    store.block(mine[2], viewer, now)
    known = [house.handle(viewer, other) for other in mine[:3]]
    foreign = house.handle(stranger, house.week.of(stranger)[0].other)
    handle_of = dict(zip(STATES, [*known, "0" * 32, foreign], strict=True))
    key = context.keys.create("member", subject=house.people[viewer], now=now)
    client, headers = house.app.test_client(), {"Authorization": f"Bearer {key}", "X-Request-Id": "one"}
    rows = []
    for method in ("GET", "accept"):
        seen: dict[str, list[tuple[int, float]]] = {state: [] for state in STATES}
        turns = [state for state in STATES for _ in range(rounds)]
        random.Random(9).shuffle(turns)
        for state in turns:
            path = f"/v1/links/{handle_of[state]}"
            begun = time.perf_counter()
            if method == "GET":
                answer = client.get(path, headers=headers)
            else:
                answer = client.post(f"{path}/responses", headers=headers, json={"response": "accept"})
            took = time.perf_counter() - begun
            assert answer.status_code == 404
            seen[state].append((len(answer.data) + len(str(answer.headers)), took))
        for state in STATES:
            rest = np.array([row for other in STATES if other != state for row in seen[other]])
            areas = [auc(np.array(seen[state])[:, i], rest[:, i]) for i in (0, 1)]
            rows.append({"request": method, "state": state, "size AUC": areas[0], "time AUC": areas[1]})
    return rows


def auc(one: Any, other: Any) -> float:
    """The better direction of the two; ties count half."""
    order = np.sort(other)
    below, upto = np.searchsorted(order, one, "left"), np.searchsorted(order, one, "right")
    area = float((below + upto).mean() / 2 / len(order))
    return round(max(area, 1 - area), 4)


def oracle(house: House, worlds: int) -> list[dict[str, Any]]:
    """What an added purchase teaches, after copying so many shops of the victim."""
    found = []
    for num_copied in (0, 2, 3, 5):
        bound, bits, _ = learned(house.context.policy.trust, num_copied, worlds, seed=3)
        found.append(
            {"shops copied": num_copied, "bits": round(bits, 4), "lists that differ": round(bound, 4)}
        )
    return found


def search_times(num_people: int, queries: int) -> list[dict[str, Any]]:
    """Recall@20 and time of the index, among people who mix three of 500 interests each."""
    import faiss

    faiss.omp_set_num_threads(1)
    draw = np.random.default_rng(0)
    interests = draw.normal(size=(500, DIM)).astype(np.float32)
    vectors = 0.5 * draw.normal(size=(num_people, DIM)).astype(np.float32)
    for _ in range(3):
        vectors += interests[draw.integers(0, 500, num_people)] * draw.exponential(1, (num_people, 1)).astype(
            np.float32
        )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    eligible = draw.random(num_people) < 0.6
    asked = np.flatnonzero(eligible)[:queries]
    begun = time.process_time()
    index = index_of(vectors, eligible)
    built = time.process_time() - begun
    flat = faiss.IndexFlatIP(DIM)
    flat.add(vectors)
    exact = search(flat, vectors, vectors[asked], eligible, 20)
    found, cpu = [], []
    for person in asked:
        used = time.thread_time()
        found.append(search(index, vectors, vectors[person : person + 1], eligible, 20)[0])
        cpu.append(1_000 * (time.thread_time() - used))
    hits = [len({*one} & {*two}) for one, two in zip(exact.tolist(), found, strict=True)]
    recalled = float(np.mean(hits)) / exact.shape[1]
    return [
        {
            "people": num_people,
            "index built CPU s": round(built, 1),
            "recall@20": round(recalled, 4),
            "CPU mean ms": round(float(np.mean(cpu)), 3),
            "CPU p99 ms": round(float(np.percentile(cpu, 99)), 3),
        }
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--candidates", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3_000)
    parser.add_argument("--worlds", type=int, default=300)
    parser.add_argument("--queries", type=int, default=1_000, help="of the search; 0 leaves it out")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "home", given.people, given.candidates)
        figures = {
            "week": [
                {
                    "people": given.people,
                    "candidates each": given.candidates,
                    "store filled s": round(house.filled_s, 1),
                    "week made s": round(house.made_s, 1),
                    "CPU s": round(house.made_cpu_s, 1),
                    "suggestions each": round(house.full, 2),
                }
            ],
            "answers": answer_times(house, given.rounds),
            "states": told_apart(house, given.rounds),
            "search": search_times(given.people, given.queries) if given.queries else [],
            "oracle": oracle(house, given.worlds) if given.worlds else [],
        }
        for title, rows in figures.items():
            if rows:
                print_table(rows, title)
        house.context.close()
    report(figures, given.json)


if __name__ == "__main__":
    main()
