"""Receipts of answers that speak of other people or their messages: of what was shown, only hashes.

A receipt is looked at by people who may not see whom it was about; with the hash of a handle they can tell
whether it was in the answer, and nothing else.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from api.context import Context
from api.receipts import Receipt, new_rec_id


def mark_of(handle: str) -> str:
    """What a receipt keeps of a handle."""
    return hashlib.sha256(handle.encode()).hexdigest()[:16]


def keep_marks(
    context: Context,
    user: str,
    kind: str,
    handles: Iterable[str],
    *,
    now: int,
    version: str = "none",
    rec_id: str | None = None,
    **more: Any,
) -> str:
    """Keep the receipt of an answer; returns its `rec_id`.

    Args:
        user: pseudonym. kind: `links`, `invitations` or `relays`. version: that the answer came from.
        rec_id: a new one when absent.
    """
    content = {"kind": kind, **more, "shown": [mark_of(handle) for handle in handles]}
    policy_id = context.policy.policy_id
    receipt = Receipt(rec_id or new_rec_id(), user, version, None, policy_id, now, content)
    context.receipts.keep(receipt)
    return receipt.rec_id
