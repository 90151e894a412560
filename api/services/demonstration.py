"""Public data that anybody may try without a key: whether these are such, and which merchants are offered."""

import json
from dataclasses import dataclass

from api.context import Context
from api.services.words import plain

SIZES = ("large", "middle", "small")


@dataclass(frozen=True)
class Offer:
    """A merchant to try; `size` is one of SIZES, by its place in the list."""

    merchant_id: str
    name: str
    size: str


def is_public(context: Context) -> bool:
    """Whether anybody may ask about the people of this data; never in production.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    return context.store.get().meta("terms") == "public" and not context.policy.production


def offers(context: Context) -> list[Offer]:
    """Merchants to try, largest first (meta `demo_merchants`); none outside a demonstration."""
    ids = _ids(context)
    found = context.store.get().describe("Merchant", ids) if ids else {"name": []}
    rows = zip(ids, found["name"], SIZES, strict=False)
    return [Offer(merchant_id, plain(name or merchant_id), size) for merchant_id, name, size in rows]


def is_offered(context: Context, merchant_id: str) -> bool:
    """Whether a merchant's page may be seen without a key."""
    return merchant_id in _ids(context)


def _ids(context: Context) -> list[str]:
    if not is_public(context):
        return []
    return list(json.loads(context.store.get().meta("demo_merchants") or "[]"))[: len(SIZES)]
