"""Published versions for people and machines."""

from datetime import datetime
from typing import Any

from api.context import Context
from api.services.moments import epoch_of, written


def listed(context: Context) -> list[dict[str, Any]]:
    """All versions, oldest first."""
    return [
        {
            "version": manifest["version"],
            "current": manifest["served"],
            "state": manifest["state"],
            "as_of": written(manifest["as_of"]),
            "published_at": written(epoch_of(datetime.fromisoformat(manifest["created_at"]))),
            "policy_id": manifest["policy_id"],
            "metrics": manifest["metrics"],
        }
        for manifest in context.versions.registry.list()
    ]
