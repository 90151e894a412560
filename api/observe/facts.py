"""What the home folder says of itself, read when somebody asks for the metrics: no worker has to count it.

Times are epoch seconds, as is usual: `time() - circles_version_as_of_timestamp_seconds` is an age.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.context import Context
from graph.errors import CirclesError
from graph.portraits.weeks import weeks


class Facts(Collector):
    """Gauges about one home folder. What cannot be read now is left out, and the others are shown."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("circles_build_info", "The program", labels=["version"])
        build.add_metric([version("circles")], 1)
        yield build
        for part in (self._version, self._jobs, self._keys, self._audit, self._portraits, self._disk):
            try:
                yield from part()
            except (CirclesError, OSError):
                continue

    def _version(self) -> Iterator[Metric]:
        manifest = self._context.versions.current().version.manifest
        info = GaugeMetricFamily("circles_version_info", "What is served", labels=["version", "policy"])
        info.add_metric([manifest["version"], manifest["policy_id"]], 1)
        yield info
        yield GaugeMetricFamily(
            "circles_version_as_of_timestamp_seconds", "Moment the version knows", value=manifest["as_of"]
        )
        yield GaugeMetricFamily(
            "circles_version_published_timestamp_seconds",
            "When the version was published",
            value=datetime.fromisoformat(manifest["created_at"]).timestamp(),
        )

    def _jobs(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("circles_jobs", "Long work, by state", labels=["kind", "state"])
        for kind, state, number in self._context.jobs.counts():
            jobs.add_metric([kind, state], number)
        yield jobs

    def _keys(self) -> Iterator[Metric]:
        keys = GaugeMetricFamily("circles_keys", "API keys, by role and state", labels=["role", "state"])
        counts: dict[tuple[str, str], int] = {}
        for key in self._context.keys.list(self._context.now()):
            counts[key["role"], key["state"]] = counts.get((key["role"], key["state"]), 0) + 1
        for labels, number in sorted(counts.items()):
            keys.add_metric(labels, number)
        yield keys

    def _audit(self) -> Iterator[Metric]:
        last = self._context.db.read("audit.last")
        yield GaugeMetricFamily(
            "circles_audit_entries", "Entries of the audit log", value=last[0][0] if last else 0
        )

    def _portraits(self) -> Iterator[Metric]:
        folder = self._context.home.portraits
        newest = max(weeks(folder), default=None)
        if newest is not None:
            yield GaugeMetricFamily(
                "circles_portraits_made_timestamp_seconds",
                "When the newest portraits were made",
                value=(folder / f"{newest}.sqlite").stat().st_mtime,
            )

    def _disk(self) -> Iterator[Metric]:
        disk = os.statvfs(self._context.home.path)
        yield GaugeMetricFamily(
            "circles_home_free_bytes", "Room left where CIRCLES_HOME is", value=disk.f_bavail * disk.f_frsize
        )
