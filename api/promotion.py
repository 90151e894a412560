"""Put a version to the gate: what was trained on, what is known now, and what people joined since."""

from collections.abc import Callable
from typing import Any

from api.commands.common import Parts
from api.commands.snapshot import cut_now, cut_then
from embeddings.registry import Registry, Version
from graph import snapshot as snapshots
from graph.errors import GateRefused, NotFound
from graph.snapshot import Snapshot
from graph.stores.base import GraphStore


def examine(parts: Parts, name: str, *, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    """Judge a version, keep the report with it, and promote it when it passes.

    Returns:
        The report; `passed` says whether the version is promoted and served now.

    Raises:
        NotFound: there is no such version.
        GateRefused: its snapshot is gone, so that nothing can be judged.
        StoreConflict: a training or an erasure is running.
    """
    from embeddings.promotion.gate import judge, later_memberships

    registry = Registry(parts.home.versions)
    with parts.home.lock("train"):  # an erasure in between would take the snapshot away
        version = registry.open(name)
        trained = _trained(parts, version)
        later = later_memberships(trained, cut_now(parts.store, parts.home, parts.policy))
        report = judge(
            version,
            trained,
            cut_then(parts, int(version.manifest["as_of"])),
            later,
            served=_promoted(registry, name),
            cities=cities_in(parts.store),
            progress=progress,
        )
        registry.keep_report(name, report.shown())
        if report.passed:
            registry.promote(name)
    return report.shown()


def refusal(report: dict[str, Any]) -> GateRefused:
    """A report that did not pass, as an error."""
    return GateRefused(f"{report['version']} is not promoted: {'; '.join(report['reasons'])}")


def _trained(parts: Parts, version: Version) -> Snapshot:
    try:
        return snapshots.load(parts.home.snapshots / version.manifest["snapshot_id"])
    except NotFound:
        raise GateRefused(
            f"{version.name} cannot be judged: the snapshot it was trained on is gone (somebody in it was "
            "forgotten since); train again"
        ) from None


def _promoted(registry: Registry, name: str) -> Version | None:
    """The promoted version that is served, unless it is the one to be judged."""
    for manifest in registry.list():
        if manifest["served"] and manifest["state"] == "promoted" and manifest["version"] != name:
            return registry.open(manifest["version"])
    return None


def cities_in(store: GraphStore) -> dict[str, str | None]:
    """City of each person, where one is known."""
    nodes = store.nodes("User")
    return dict(zip(nodes["id"], nodes["city"], strict=True))
