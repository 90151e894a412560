"""What an answer costs beside a hello-world of the same server, and in process; and what a worker holds."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import orjson
from http_client import Driven, OwnProcess, request_of
from http_hello import PATH
from http_service import People, Service, busiest_shop, copied, hello, people_of, serve, source_of
from measure import PROJECT

sys.path.insert(0, str(PROJECT))

from api.app import create_app
from api.services.circles import recommend
from api.services.ranking import Question
from api.services.remembered import Remembered
from graph.home import Home
from graph.settings import Settings

BARS = {"precomputed": 0.5, "exact": 0.25}
BARS_MS = {"precomputed": 0.25, "exact": 0.8}
ANEW, NOTHING_LEFT_OUT = ", made anew", "?exclude=-"
PRIVATE_BAR_MIB = 200.0
CHANGED, CONNECTIONS, WARM_UP, EARLY = 200, 16, 400, 2_000  # EARLY: when memory is first looked at
# So many a round that each kind works for about a second.
NUMBER = {"raw hello": 4000, "hello": 2500, "precomputed": 1500, "exact": 1000}
Ways = Mapping[str, tuple[Service, list[bytes]]]  # kind of answer -> whom to ask, and what


def measure(
    home: Path, accounts: Sequence[str], rounds: int, scratch: Path
) -> dict[str, list[dict[str, Any]]]:
    """Interleaved rounds over HTTP, then the same people in process, then memory."""
    folder = copied(home, scratch, "share")
    people = people_of(Home(folder), accounts)
    changed, unchanged = people.accounts[:CHANGED], people.accounts[CHANGED:]
    log = scratch / "share.log"
    # A home for each, as for any two servers; copies made now know the same key.
    bare, dressed = (copied(folder, scratch, name) for name in ("raw", "dressed"))
    services = {"circles": serve(folder, log), "hello": hello("dressed", dressed, log)}
    services["raw hello"] = hello("raw", bare, log)
    try:
        change(services["circles"], people, changed, busiest_shop(Home(folder)))
        ways: Ways = {
            "raw hello": (services["raw hello"], [request_of(PATH)]),
            "hello": (services["hello"], [request_of(PATH, people.key)]),
            "precomputed": (services["circles"], people.asking(unchanged)),
            "exact": (services["circles"], people.asking(changed)),
            # A list with something left out is never one that was made before.
            f"precomputed{ANEW}": (services["circles"], people.asking(unchanged, NOTHING_LEFT_OUT)),
            f"exact{ANEW}": (services["circles"], people.asking(changed, NOTHING_LEFT_OUT)),
        }
        for kind, source in (("precomputed", "precomputed"), ("exact", "live")):
            check_source(services["circles"], people, ways[kind][1][:20], kind, source)
        with OwnProcess() as client:
            client.drive(services["circles"].port, people.asking(people.accounts), CONNECTIONS, EARLY)
            memory = [held(services["circles"], EARLY)]
            found = over_http(ways, client, rounds)
        rows = [row(kind, mine, found["hello"]) for kind, mine in found.items()]
        asked = [kind for kind in found if kind.startswith(("precomputed", "exact"))]
        answered = sum(one.answers for kind in asked for one in found[kind].driven)
        memory.append(held(services["circles"], EARLY + len(asked) * WARM_UP + answered))
    finally:
        for service in services.values():
            service.close()
    inside = in_process(folder, {"precomputed": unchanged, "exact": changed})
    return {"beside hello": rows, "in process": inside, "private memory of two workers": memory}


def change(service: Service, people: People, accounts: Sequence[str], shop: str) -> None:
    """One payment for each of these people, so that their published lists are no longer of what is known."""
    (connection, *others) = service.pinned()
    for start in range(0, len(accounts), 50):
        part = [payment(account, f"bench-{account}", shop) for account in accounts[start : start + 50]]
        told = connection.json(request_of("/v1/payments", people.key, method="POST", body=part))
        if told["accepted"] != len(part):
            sys.exit(f"payments were not taken: {told}")
    for one in (connection, *others):
        one.close()


def payment(account: str, payment_id: str, shop: str, product: str | None = None) -> dict[str, Any]:
    """A payment of now."""
    paid_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    paid = {"payment_id": payment_id, "user_id": account, "merchant_id": shop, "paid_at": paid_at}
    paid |= {"amount": "9.90", "currency": "USD"}
    return paid if product is None else paid | {"product_id": product}


def check_source(service: Service, people: People, requests: Sequence[bytes], kind: str, source: str) -> None:
    """That these answers are what their row says, by their receipts."""
    (connection, *others) = service.pinned()
    sources = {source_of(connection, people.key, connection.json(request)) for request in requests}
    if sources != {source}:
        sys.exit(f"{kind} answers came from {sorted(sources)}; expected {source}")
    for one in (connection, *others):
        one.close()


@dataclass(frozen=True)
class Rounds:
    """CPU microseconds of the server's processes for an answer, and what the client saw, round by round."""

    cost_us: list[float]
    driven: list[Driven]


def over_http(ways: Ways, client: OwnProcess, rounds: int) -> dict[str, Rounds]:
    """Rounds of every kind that take turns, after some answers that do not count."""
    found = {kind: Rounds([], []) for kind in ways}
    for service, requests in ways.values():
        client.drive(service.port, requests, CONNECTIONS, WARM_UP)
    for _ in range(rounds):
        for kind, (service, requests) in ways.items():
            before = service.cpu_s()
            one = client.drive(service.port, requests, CONNECTIONS, NUMBER.get(kind, 1000))
            found[kind].cost_us.append(1e6 * (service.cpu_s() - before) / one.answers)
            found[kind].driven.append(one)
    return found


def row(kind: str, mine: Rounds, floor: Rounds) -> dict[str, Any]:
    """One kind of answer beside the hello-world."""
    share, bar = min(floor.cost_us) / min(mine.cost_us), BARS.get(kind)
    shares = [h / c for h, c in zip(floor.cost_us, mine.cost_us, strict=True)]
    return {
        "answer": kind,
        "CPU us, least": min(mine.cost_us),
        "middle": median(mine.cost_us),
        "share of hello, least": round(share, 3),
        "middle ": round(median(shares), 3),
        "bar": "" if bar is None else bar,
        "kept": "" if bar is None else "yes" if share >= bar else "NO",
        "answers/s, best": max(one.answers / one.wall_s for one in mine.driven),
        "p50 ms": median(one.p50_ms for one in mine.driven),
        "p99 ms": median(one.p99_ms for one in mine.driven),
        "failed": sum(one.failed for one in mine.driven),
    }


def held(service: Service, answers: int) -> dict[str, Any]:
    """Private memory of both workers after so many answers."""
    private = service.private_mib()
    kept = "yes" if sum(private) <= PRIVATE_BAR_MIB else "NO"
    told = {f"worker {i} MiB": round(mib, 1) for i, mib in enumerate(private, start=1)}
    return {
        "after answers": answers,
        **told,
        "sum": round(sum(private), 1),
        "bar": PRIVATE_BAR_MIB,
        "kept": kept,
    }


def in_process(folder: Path, asked: dict[str, Sequence[str]], number: int = 2000) -> list[dict[str, Any]]:
    """The service's answer without HTTP, receipt and reasons with it: CPU milliseconds of one thread.

    Everybody was asked about before: what was made then is given again, but for the rows that are made anew.
    """
    context = create_app(Settings(home=folder)).extensions["circles"]
    rows = []
    for kind, accounts in asked.items():
        users = context.pseudonyms.of_many(list(accounts))
        for told, again in ((kind, True), (kind + ANEW, False)):
            asking = context if again else replace(context, remembered=Remembered(folder, most=0))
            took = cpu_ms(asking, users, number)
            p99 = round(float(np.quantile(took, 0.99)), 3)
            middle, mean = round(float(np.median(took)), 3), round(float(took.mean()), 3)
            figures = {"CPU mean ms": mean, "CPU p50 ms": middle, "CPU p99 ms": p99}
            kept = "yes" if p99 < BARS_MS[kind] else "NO"
            rows.append({"answer": told, **figures, "bar": BARS_MS[kind], "kept": kept})
    context.close()
    return rows


def cpu_ms(context: Any, users: Sequence[str], number: int) -> Any:
    """CPU milliseconds of each answer as JSON, as the route makes it, after one to everybody."""

    def answer(user: str) -> None:
        orjson.dumps(recommend(context, Question(user), now=context.now(), as_json=True))

    for user in users:
        answer(user)
    took = np.empty(number)
    for i in range(number):
        begin = time.thread_time_ns()
        answer(users[i % len(users)])
        took[i] = (time.thread_time_ns() - begin) / 1e6
    return took
