"""The same answer among more and more people: its cost over HTTP and in process, and the way there.

Homes of all sizes are served at once and asked in turn, so that the machine's moods meet all of them alike.
People are drawn from everybody in a home, so that the largest one is asked about people all over its files.
"""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from grown_home import grow
from http_client import OwnProcess
from http_service import People, Service, people_of, serve
from http_share import CHANGED, PRIVATE_BAR_MIB, Rounds, Ways, change, check_source, cpu_ms, over_http
from measure import PROJECT

sys.path.insert(0, str(PROJECT))

from api.app import create_app
from graph.home import Home
from graph.settings import Settings

ASKED, FLAT, SHARED_BAR_MIB = 2_000, 1.2, 1024.0
BLOCKS, BLOCK = 5, 400  # answers in process, in turn
KINDS = {"precomputed": "precomputed", "exact": "live"}
Tables = dict[str, list[dict[str, Any]]]


def measure(sizes: Sequence[int], rounds: int, scratch: Path) -> Tables:
    """Make a home of each size, smallest first, and ask all of them."""
    homes, builds, fitted = {size: scratch / f"grown-{size}" for size in sorted(sizes)}, [], None
    for size, folder in homes.items():
        build, fitted = grow(folder, size, fitted)
        builds.append(build)
    people = {size: people_of(Home(folder), drawn(size)) for size, folder in homes.items()}
    with ExitStack() as stack:
        services = {size: serve(folder, scratch / f"grown-{size}.log") for size, folder in homes.items()}
        for service in services.values():
            stack.callback(service.close)
        found = over_http(ways_of(services, people), stack.enter_context(OwnProcess()), rounds)
        memory = [held(size, service, builds[i]) for i, (size, service) in enumerate(services.items())]
    inside = in_process(homes, people)
    return {
        "to get there": builds,
        "CPU microseconds over HTTP, least of rounds": [
            flat(kind, {size: min(found[name(kind, size)].cost_us) for size in homes}) for kind in KINDS
        ],
        "CPU microseconds in process, middle": [flat(kind, inside[kind]) for kind in KINDS],
        "answers over HTTP": [
            latency(kind, size, found[name(kind, size)]) for kind in KINDS for size in homes
        ],
        "memory": memory,
    }


def drawn(size: int) -> list[str]:
    """Accounts from all over a home; the same ones every time."""
    return [f"u{i}" for i in np.random.default_rng(1).choice(size, min(ASKED, size), replace=False)]


def ways_of(services: dict[int, Service], people: dict[int, People]) -> Ways:
    """Each kind of answer in each home; payments make the exact ones exact."""
    ways: dict[str, tuple[Service, list[bytes]]] = {}
    for size, service in services.items():
        parts = split(people[size])
        change(service, people[size], parts["exact"], shop="m0")
        for kind, source in KINDS.items():
            asking = people[size].asking(parts[kind])
            check_source(service, people[size], asking[:20], kind, source)
            ways[name(kind, size)] = (service, asking)
    return ways


def split(people: People) -> dict[str, list[str]]:
    return {"exact": people.accounts[:CHANGED], "precomputed": people.accounts[CHANGED:]}


def name(kind: str, size: int) -> str:
    return f"{kind}, {size:,} people"


def in_process(homes: dict[int, Path], people: dict[int, People]) -> dict[str, dict[int, float]]:
    """Middle CPU microseconds of answers without HTTP, homes in turn."""
    contexts = {size: create_app(Settings(home=home)).extensions["circles"] for size, home in homes.items()}
    took: dict[str, dict[int, list[float]]] = {kind: {size: [] for size in homes} for kind in KINDS}
    for block in range(BLOCKS):
        for size, context in contexts.items():
            for kind, accounts in split(people[size]).items():
                users = context.pseudonyms.of_many(accounts)
                chosen = [users[(block * BLOCK + i) % len(users)] for i in range(BLOCK)]
                took[kind][size].extend(1e3 * cpu_ms(context, chosen, len(chosen)))
    for context in contexts.values():
        context.close()
    return {kind: {size: median(values) for size, values in sizes.items()} for kind, sizes in took.items()}


def flat(kind: str, us: dict[int, float]) -> dict[str, Any]:
    """The cost at each size, and the dearest beside that of the smallest."""
    ratio = max(us.values()) / us[min(us)]
    told = {f"{size:,} people": round(value, 1) for size, value in us.items()}
    kept = "yes" if ratio <= FLAT else "NO"
    return {"answer": kind, **told, "dearest / first": round(ratio, 2), "bar": FLAT, "kept": kept}


def latency(kind: str, size: int, rounds: Rounds) -> dict[str, Any]:
    return {
        "answer": name(kind, size),
        "answers/s, best": round(max(one.answers / one.wall_s for one in rounds.driven)),
        "p50 ms": round(median(one.p50_ms for one in rounds.driven), 2),
        "p99 ms": round(median(one.p99_ms for one in rounds.driven), 2),
        "failed": sum(one.failed for one in rounds.driven),
    }


def held(size: int, service: Service, build: dict[str, Any]) -> dict[str, Any]:
    """Files of a version for a million people, what a worker has touched of them, and private memory."""
    a_million = build["version MiB"] * 1e6 / size
    private = sum(service.private_mib())
    kept = a_million <= SHARED_BAR_MIB and private <= PRIVATE_BAR_MIB
    return {
        "people": size,
        "version MiB a million": round(a_million, 1),
        "bar": SHARED_BAR_MIB,
        "mapped by a worker, MiB": round(service.mapped_mib(), 1),
        "private of two, MiB": round(private, 1),
        "bar ": PRIVATE_BAR_MIB,
        "kept": "yes" if kept else "NO",
    }
