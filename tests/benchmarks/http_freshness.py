"""How long until a change is in the next answer of that person, on every worker.

The clock starts before the change is sent, and stops for a worker with its first answer that shows it. One
kept connection to each worker asks on and on meanwhile; changes are sent to the workers in turn.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from http_client import Connection, request_of
from http_service import People, copied, most, people_of, pseudonyms_of, serve
from http_share import payment
from measure import PROJECT

sys.path.insert(0, str(PROJECT))

from graph.home import Home
from graph.stores.base import GraphStore
from graph.stores.open import open_store

BAR_MS, GIVE_UP_S, BASKET = 1000.0, 10.0, 5
Seen = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A request, and how an answer after it (the second) tells itself from the one before."""

    request: bytes
    shows: Callable[[Seen, Seen], bool]


def measure(
    home: Path, accounts: Sequence[str], trials: int, scratch: Path
) -> dict[str, list[dict[str, Any]]]:
    """Every kind of change, `trials` times each, every time another person where there are enough."""
    folder = copied(home, scratch, "freshness")
    people = people_of(Home(folder), accounts)
    goods = Goods(Home(folder))
    service = serve(folder, scratch / "freshness.log")
    try:
        workers = service.pinned()
        ways: dict[str, Callable[[str, int, Seen], Change]] = {
            "payments, after a published list": lambda who, turn, _: goods.paid(people, who, f"a{turn}"),
            "payments again": lambda who, turn, _: goods.paid(people, who, f"b{turn}"),
            "dismissal of the first circle": lambda who, turn, seen: dismissal(people, who, turn, seen),
            "all shopping muted": lambda who, *_: mute(people, who, method="PUT"),
            "the mute taken back": lambda who, *_: mute(people, who, method="DELETE"),
            "consent withdrawn": lambda who, *_: consent(people, who, granted=False),
            "consent given again": lambda who, *_: consent(people, who, granted=True),
        }
        return {
            "milliseconds until every worker's answer shows it": [
                row(name, [trial(workers, people, turn, make) for turn in range(trials)])
                for name, make in ways.items()
            ]
        }
    finally:
        service.close()
        goods.store.close()


def trial(
    workers: Sequence[Connection], people: People, turn: int, make: Callable[[str, int, Seen], Change]
) -> list[float]:
    """One change; milliseconds for each worker, infinite where it never showed."""
    who = people.accounts[turn % len(people.accounts)]
    (asking,) = people.asking([who])
    before = [worker.json(asking) for worker in workers]
    change = make(who, turn, before[0])
    begun = time.perf_counter()
    told = workers[turn % len(workers)].json(change.request)
    if told.get("rejected") or told.get("duplicates"):
        sys.exit(f"a change was not taken: {told}")
    took = [float("inf")] * len(workers)
    while max(took) == float("inf") and time.perf_counter() - begun < GIVE_UP_S:
        for i, worker in enumerate(workers):
            if took[i] == float("inf") and change.shows(before[i], worker.json(asking)):
                took[i] = 1e3 * (time.perf_counter() - begun)
    return took


def row(name: str, took: list[list[float]]) -> dict[str, Any]:
    slowest = np.array([max(one) for one in took])
    p50, p99 = (float(np.quantile(slowest, q, method="higher")) for q in (0.5, 0.99))
    return {
        "change": name,
        "trials": len(took),
        "workers": len(took[0]),
        "p50": round(p50, 1),
        "p99": round(p99, 1),
        "most": round(float(slowest.max()), 1),
        "never": int(np.isinf(slowest).sum()),
        "bar": BAR_MS,
        "kept": "yes" if p99 < BAR_MS else "NO",
    }


class Goods:
    """What people pay for: the products that most have bought, in the shop that most have visited."""

    def __init__(self, home: Home) -> None:
        self.store: GraphStore = open_store(home.store_address("sqlite:///circles.db"))
        self._pseudonyms = pseudonyms_of(home)
        self._products = most(self.store, "bought", 3_000)
        (self._shop,) = most(self.store, "paid", 1).values()

    def paid(self, people: People, who: str, payment_id: str) -> Change:
        """A basket that many bought and this person did not; one product need not change scores visibly."""
        state = self.store.user_state(self._pseudonyms.of(who))
        assert state is not None
        known = set(state.bought["product"].tolist())
        basket = islice((name for index, name in self._products.items() if index not in known), BASKET)
        body = [payment(who, f"{payment_id}-{name}", self._shop, name) for name in basket]
        return Change(request_of("/v1/payments", people.key, method="POST", body=body), is_another)


def is_another(before: Seen, after: Seen) -> bool:
    """Circles, scores, reasons: whatever a person would see."""
    return json.dumps(before["items"]) != json.dumps(after["items"])


def dismissal(people: People, who: str, turn: int, seen: Seen) -> Change:
    first = seen["items"][0]["circle_id"]
    event = {"event_id": f"bench-{turn}", "kind": "dismiss", "user_id": who, "circle_id": first}
    request = request_of("/v1/events", people.key, method="POST", body=event)
    return Change(request, lambda _, after: first not in [item["circle_id"] for item in after["items"]])


def mute(people: People, who: str, *, method: str) -> Change:
    path = f"/v1/users/{who}/mutes/scenes/shopping"
    return Change(request_of(path, people.key, method=method), is_another)


def consent(people: People, who: str, *, granted: bool) -> Change:
    path = f"/v1/users/{who}/consents/circles"
    request = request_of(path, people.key, method="PUT", body={"granted": granted})
    return Change(request, lambda _, after: after["personalised"] is granted)
