"""Publishing, promoting and going back while 16 connections ask: nothing fails, and no answer mixes versions.

An answer names its version; its circles and scores must be those of that version's own list of that person.
Two fits that differ take turns, so that an answer of one version would not pass for the other's: how many
would is measured, not hoped for.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from http_client import Got, OwnProcess, collect, drive
from http_service import copied, people_of, pseudonyms_of, serve
from measure import PROJECT

sys.path.insert(0, str(PROJECT))

from embeddings.fit import Fitted, fit
from embeddings.publish import publish
from embeddings.registry import Registry
from graph import snapshot as snapshots
from graph.home import Home
from graph.policy.values import Policy, read_policy
from graph.settings import Settings

PEOPLE, CONNECTIONS = 400, 16
PAUSE_S = 1.2  # a worker looks for another version once a second
TOLERANCE = 1.01e-4  # scores are told to four digits


def measure(
    home: Path, accounts: Sequence[str], publishes: int, scratch: Path
) -> dict[str, list[dict[str, Any]]]:
    """As many publishes, then promotions, then ways back, under one unbroken load."""
    folder = Home(copied(home, scratch, "publishes"))
    people, policy = people_of(folder, accounts), read_policy(Settings().policy)
    fits = two_fits(folder, policy)
    service, until = serve(folder.path, scratch / "publishes.log"), scratch / "enough"
    try:
        with OwnProcess() as client:
            drive(service.port, people.asking(people.accounts[:100]), 4, 200)
            asked = client.start(
                collect, service.port, people.asking(people.accounts[:PEOPLE]), CONNECTIONS, until
            )
            begun = time.perf_counter()
            done = Counter(changes(folder, fits, policy, publishes))
            took = time.perf_counter() - begun
            until.touch()
            found = asked.result()
    finally:
        until.touch()
        service.close()
    return {"while it answers": [judged(folder, found, done, took)]}


def two_fits(home: Home, policy: Policy) -> tuple[Any, list[Fitted]]:
    """The newest snapshot and two quick fits to it that remember for different times."""
    snapshot = snapshots.load(snapshots.latest(home.snapshots))
    lives = (policy.behaviour_half_life_days, policy.behaviour_half_life_days / 6)
    return snapshot, [fit(snapshot, quick=True, half_life_days=days) for days in lives]


def changes(home: Home, fits: tuple[Any, list[Fitted]], policy: Policy, publishes: int) -> Iterator[str]:
    """What is done to the served version, with time for every worker to take each up."""
    snapshot, fitted = fits
    registry = Registry(home.versions)
    store_id = registry.current().manifest["store_id"]
    for turn in range(publishes):
        made = fitted[turn % len(fitted)]
        publish(made, snapshot, home.versions, policy=policy, store_id=store_id, promote=True)
        time.sleep(PAUSE_S)
        yield "published"
    names = [manifest["version"] for manifest in registry.list()]
    for turn in range(publishes // 2):
        registry.promote(names[-2 + turn % 2])
        time.sleep(PAUSE_S)
        yield "promoted"
    for _ in range(publishes // 2):
        registry.rollback()
        time.sleep(PAUSE_S)
        yield "rolled back"


def judged(home: Home, found: Sequence[Got], done: Counter[str], took: float) -> dict[str, Any]:
    """Counts over every answer that came."""
    lists = Lists(home)
    good = [json.loads(got.body) for got in found if got.status == 200]
    mixed = sum(not lists.made(answer, answer["version"]) for answer in good)
    other = {name: lists.another(name) for name in {answer["version"] for answer in good}}
    told_apart = sum(not lists.made(answer, other[answer["version"]]) for answer in good)
    failed = len(found) - len(good)
    return {
        **{name: str(number) for name, number in done.items()},
        "answers": len(found),
        "answers/s": round(len(found) / took),
        "p99 ms": round(float(np.quantile([got.took_ms for got in found], 0.99)), 1),
        "slowest ms": round(max(got.took_ms for got in found)),
        "versions seen": len(other),
        "failed": failed,
        "mixed": mixed,
        "would not pass for another": f"{told_apart / max(1, len(good)):.1%}",
        "bar": "0 and 0",
        "kept": "yes" if failed == mixed == 0 and told_apart > len(good) / 2 else "NO",
    }


class Lists:
    """The lists that versions say they have."""

    def __init__(self, home: Home) -> None:
        self._registry, self._pseudonyms = Registry(home.versions), pseudonyms_of(home)
        self._names = [manifest["version"] for manifest in self._registry.list()]
        self._version = cache(self._registry.open)
        self._of = cache(self._scores)

    def another(self, name: str) -> str:
        """A version of the other fit: the one before or after."""
        at = self._names.index(name)
        return self._names[at - 1 if at > 1 else at + 1]

    def made(self, answer: dict[str, Any], name: str) -> bool:
        """Whether all of an answer but what was drawn by lot is in that version's list, with its score."""
        scores = self._of(name, answer["user_id"])
        told = [item for item in answer["items"] if not item.get("exploration")]
        return all(abs(scores.get(one["circle_id"], 1e9) - one["score"]) < TOLERANCE for one in told)

    def _scores(self, name: str, account: str) -> dict[str, float]:
        version = self._version(name)
        found = version.list_of(self._pseudonyms.of(account))
        assert found is not None
        return {version.circles[row]: score for row, score in zip(*(a.tolist() for a in found), strict=True)}
