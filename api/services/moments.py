"""Moments as the outside world writes them: RFC 3339, UTC."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=1000)
def written(epoch: int | None) -> str | None:
    """Epoch seconds as `2026-11-02T09:00:00Z`; None stays None."""
    if epoch is None:
        return None
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch_of(moment: datetime) -> int:
    """Whole epoch seconds; a moment without a zone is UTC."""
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
