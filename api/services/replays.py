"""Receipts of earlier answers."""

from typing import Any

from api.context import Context
from api.services.moments import written
from graph.errors import NotFound


def find(context: Context, rec_id: str) -> dict[str, Any]:
    """What was answered.

    Raises:
        NotFound: unknown, or of somebody who was forgotten since: both look the same.
    """
    receipt = context.receipts.find(rec_id)
    if receipt is None:
        raise NotFound("unknown recommendation, or its person was forgotten")
    return {
        "rec_id": receipt.rec_id,
        "user": receipt.user_id,
        "version": receipt.version,
        "snapshot_id": receipt.snapshot_id,
        "policy_id": receipt.policy_id,
        "at": written(receipt.at),
        "content": receipt.content,
    }
