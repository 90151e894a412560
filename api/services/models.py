"""Published versions for people and machines."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.audit import Action, record
from api.context import Context
from api.services.moments import epoch_of, written
from api.services.pages import Key
from embeddings.promotion import diff as differences
from graph.errors import NoPublishedVersion, WrongState


def listed(context: Context) -> list[dict[str, Any]]:
    """All versions, oldest first."""
    return [_row(manifest) for manifest in context.versions.registry.list()]


def place(row: Mapping[str, Any]) -> Key:
    """What the list is sorted by."""
    return row["published_at"], row["version"]


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


def rolled_back(context: Context, version: str, *, is_again: bool = False) -> str:
    """Go back from a version to the one served before it; returns the name of the one served now.

    Args:
        is_again: whether the request may have done it before and could not answer.

    Raises:
        NotFound: there is no such version. StoreConflict: it is not the one that is served.
        WrongState: there is nothing before it.
    """
    registry = context.versions.registry
    if not registry.manifest(version)["served"] and is_again:
        served = registry.rolled_back_from(version)
        if served is not None:
            return served
    record(context, Action.MODEL_ROLLED_BACK, object=version)
    try:
        return registry.rollback(version)
    except NoPublishedVersion:
        raise WrongState(f"no version was served before {version}; see /v1/models") from None


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
