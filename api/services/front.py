"""What the first page shows: what is loaded and published; for public data only, somebody's circles."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from api.context import Context
from api.services import demonstration
from api.services.circles import recommend
from api.services.ranking import Question
from graph.errors import CirclesError, NotFound, StoreError, VersionError

NODES = ("User", "Merchant", "Product", "Circle")
OURS = "circles"
RIVALS = ("popularity", "item-knn", "members")
CIRCLES_SHOWN = 6


@dataclass(frozen=True)
class Front:
    """Counts and figures for people. `is_public`: anybody may ask about the people of this data.

    counts: of what is loaded, for public data; else of what the version was trained on, since a count of all
        would move with each payment behind the wall.
    metrics: one row a method, `name` and then figures, ours first. missing: codes of what is not there.
    """

    counts: dict[str, int] = field(default_factory=dict)
    is_public: bool = False
    examples: list[str] = field(default_factory=list)
    version: str | None = None
    state: str | None = None
    as_of: datetime | None = None
    metrics: list[dict[str, Any]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def overview(context: Context) -> Front:
    """Look at store and version; whatever does not answer is named, not raised."""
    found: dict[str, Any] = {"missing": []}
    for look in (_published, _loaded):
        try:
            found |= look(context)
        except (StoreError, VersionError) as error:
            found["missing"].append(error.code)
    return Front(**found)


def circles_of(context: Context, user_id: str) -> dict[str, Any] | str:
    """An answer for somebody of public data, or the code of why there is none."""
    question = Question(context.pseudonyms.of(user_id), limit=CIRCLES_SHOWN)
    try:
        return recommend(context, question, now=context.now())
    except NotFound:
        return "unknown_user"
    except CirclesError as error:
        return error.code


def _loaded(context: Context) -> dict[str, Any]:
    store = context.store.get()
    if not demonstration.is_public(context):
        return {}
    stats = store.stats()
    counts = {label: stats[label] for label in NODES} | {"payments": context.log.stats()["payments"]}
    return {"counts": counts, "is_public": True, "examples": json.loads(store.meta("demo_users") or "[]")}


def _published(context: Context) -> dict[str, Any]:
    manifest = context.versions.current().version.manifest
    return {
        "counts": {label: manifest["counts"][f"{label.lower()}s"] for label in NODES},
        "version": manifest["version"],
        "state": manifest["state"],
        "as_of": datetime.fromtimestamp(manifest["as_of"], UTC),
        "metrics": _rows(manifest["metrics"]),
    }


def _rows(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Ours, then the rivals from the best down. The other entries are parts of ours, and not rivals."""
    named = [name for name in (OURS, *RIVALS) if name in metrics]
    rows = [{"name": name, **_figures(metrics[name])} for name in named]
    first = next((key for row in rows for key in row if key != "name"), "name")
    return sorted(rows, key=lambda row: (row["name"] != OURS, -float(row.get(first) or 0)))


def _figures(metric: Any) -> dict[str, float]:
    """Figures of a method; a lone number in a manifest is its ndcg@20."""
    return dict(metric) if isinstance(metric, dict) else {"ndcg@20": float(metric)}
