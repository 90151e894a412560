"""What the service counts about itself, for Prometheus; never anything about a person.

Labels are few and known beforehand: route patterns, not paths; methods that HTTP has; codes of problems. A
value that a caller chooses is never one. In the workers of `circles serve` counts live in files (see `slots`)
and add up over all of them; in any other process they live in it alone.
"""

import os
from functools import cache
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.observe import slots

# From what an answer from a list takes to what makes somebody give up.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nobody reads


class Instruments:
    """The metrics of this process. A child with labels costs a lock and a tuple each time: they are kept."""

    def __init__(self) -> None:
        self.registry = all_ = CollectorRegistry()
        self.requests = Counter(
            "circles_requests", "Answered requests", ["route", "method", "status"], registry=all_
        )
        self.seconds = Histogram(
            "circles_request_seconds",
            "Time to answer, by route",
            ["route", "method"],
            buckets=SECONDS,
            registry=all_,
        )
        self.in_flight = Gauge(
            "circles_requests_in_flight", "Being answered now", multiprocess_mode="livesum", registry=all_
        )
        self.workers = Gauge(
            "circles_workers", "Processes that answer", multiprocess_mode="livesum", registry=all_
        )
        self.worker_starts = Counter("circles_worker_starts", "Processes that began to answer", registry=all_)
        self.problems = Counter("circles_problems", "Refusals and failures, by code", ["code"], registry=all_)
        self.store_errors = Counter(
            "circles_store_errors", "Times that a store did not answer, by code", ["code"], registry=all_
        )
        self.answers = Counter(
            "circles_answers",
            "Lists of circles, each with a receipt, by where they came from",
            ["source", "personalised", "degraded"],
            registry=all_,
        )
        self.serving = Gauge(
            "circles_served_version_published_timestamp_seconds",
            "When the version that each worker serves was published",
            multiprocess_mode="liveall",
            registry=all_,
        )
        self._of_answer: dict[tuple[str, str, str], Counter] = {}
        self._of_request: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        found = self._of_request.get((route, method, status))
        if found is None:
            known = method if method in METHODS else "other"
            found = self.requests.labels(route, known, status), self.seconds.labels(route, known)
            if known == method:
                self._of_request[route, method, status] = found
        found[0].inc()
        found[1].observe(seconds)

    def answer(self, source: str, personalised: str, degraded: str) -> None:
        """Count a list whose receipt was kept; the claims are `yes` or `no`."""
        labels = (source, personalised, degraded)
        found = self._of_answer.get(labels)
        if found is None:
            found = self._of_answer[labels] = self.answers.labels(*labels)
        found.inc()


@cache
def instruments() -> Instruments:
    """The instruments of this process, made at first use."""
    return Instruments()


def join(folder: Path) -> None:
    """Count in a folder that worker processes share, from now on; before the first request."""
    slot = slots.take(folder)
    os.environ[slots.VARIABLE] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]
    instruments.cache_clear()
    made = instruments()
    made.workers.set(1)
    made.worker_starts.inc()


def registry_of_all(*more: Collector) -> CollectorRegistry:
    """What to show: the counts of all workers, or of this process where it serves alone, and more."""
    shown = CollectorRegistry(auto_describe=False)
    folder = os.environ.get(slots.VARIABLE)
    if folder is None:
        shown.register(instruments().registry)
    else:
        slots.drop_dead(Path(folder))
        MultiProcessCollector(shown, path=folder)  # type: ignore[no-untyped-call]
    for collector in more:
        shown.register(collector)
    return shown
