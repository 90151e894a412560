"""Published versions for people and machines."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.context import Context
from api.services.moments import epoch_of, written
from embeddings.promotion import diff as differences
from graph.errors import StoreConflict


def listed(context: Context) -> list[dict[str, Any]]:
    """All versions, oldest first."""
    return [_row(manifest) for manifest in context.versions.registry.list()]


def described(context: Context, version: str) -> dict[str, Any]:
    """One version with its card and what the gate found. Raises NotFound."""
    manifest = context.versions.registry.manifest(version)
    return _row(manifest) | {
        "card": manifest.get("card"),
        "counts": manifest["counts"],
        "weights": manifest["model"]["weights"],
        "gate": manifest.get("gate"),
    }


def compared(context: Context, a: str, b: str) -> dict[str, Any]:
    """How version b differs from version a. Raises NotFound, IncompatibleVersion."""
    registry = context.versions.registry
    return differences.diff(registry.open(a), registry.open(b))


def rolled_back(context: Context, version: str) -> str:
    """Go back from a version to the one served before it; returns the name of the one served now.

    Raises:
        NotFound: there is no such version. StoreConflict: it is not the one that is served.
        NoPublishedVersion: there is nothing before it.
    """
    registry = context.versions.registry
    if not registry.manifest(version)["served"]:
        raise StoreConflict(f"{version} is not served, so there is nothing to go back from; see /v1/models")
    return registry.rollback()


def _row(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": manifest["version"],
        "current": manifest["served"],
        "state": manifest["state"],
        "as_of": written(manifest["as_of"]),
        "published_at": written(epoch_of(datetime.fromisoformat(manifest["created_at"]))),
        "policy_id": manifest["policy_id"],
        "metrics": manifest["metrics"],
    }
