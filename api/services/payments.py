"""Payments as they happen: into the store's inbox, once each, and counted in the same transaction.

What the payment log knows already is a duplicate: one binary search in memory-mapped hashes a segment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from api.services.batches import Outcome
from api.services.door import Door
from api.services.payment_records import Payment, check
from graph.errors import RecordError
from graph.policy.bands import amount_band
from graph.policy.scenes import Placement, place
from graph.policy.values import Policy
from graph.schema import SCENES
from graph.stores.base import GraphStore
from graph.stores.once import Once


@dataclass(frozen=True)
class Thing:
    """What the catalogue says of a merchant or product; all empty when it does not know it."""

    category: str | None = None
    scene: str | None = None
    sensitive: bool = False


UNKNOWN = Thing()


def take(context: Door, given: Sequence[Any], *, token: str | None = None) -> dict[str, Any]:
    """Keep payments; answered after they are durable.

    Args:
        given: JSON values, checked one by one; a bad one does not stop the others.
        token: of a request that counts once; sent again it is told what the first one did.

    Raises:
        StoreUnavailable, StoreConflict: none of them was kept; repeat the whole batch.
    """
    store, outcome, now = context.store.get(), Outcome(), context.now()
    if token is not None and (done := store.done(token)) is not None:
        outcome.repeat(done.said, new=done.result[0], known=done.result[1])
        return outcome.answer()
    payments = _checked(given, outcome, now)
    hashes = np.array([payment.payment for payment in payments], dtype=np.uint64)
    known = context.log.contains(hashes)
    fresh = [payment for payment, is_known in zip(payments, known.tolist(), strict=True) if not is_known]
    outcome.duplicates = len(payments) - len(fresh)
    if fresh:
        once = None if token is None else Once(token, now, outcome.said())
        applied = store.add_payments(_columns(context, store, fresh), now, once)
        outcome.accepted = applied.new
        outcome.duplicates += applied.duplicates
    return outcome.answer()


def _checked(given: Sequence[Any], outcome: Outcome, now: int) -> list[Payment]:
    good = []
    for position, value in enumerate(given):
        try:
            good.append(check(value, now=now))
        except RecordError as error:
            outcome.reject(position, str(error))
    return good


def _columns(context: Door, store: GraphStore, payments: Sequence[Payment]) -> dict[str, list[Any]]:
    """The columns of `GraphStore.add_payments`; whoever and whatever is new becomes a node."""
    placed = placements(context.policy, store, payments)
    users = _interned(store, "User", _pseudonyms(context, payments))
    merchants = _interned(store, "Merchant", [p.merchant_id for p in payments])
    products = _interned(store, "Product", [p.product_id for p in payments])
    return {
        "payment": [p.payment for p in payments],
        "user": users,
        "merchant": merchants,
        "product": products,
        "quantity": [p.quantity for p in payments],
        "band": [amount_band(p.amount, context.policy.amount_bands) for p in payments],
        "scene": [SCENES.index(at.scene) for at in placed],
        "paid_at": [p.paid_at for p in payments],
        "refund": [p.is_refund for p in payments],
        "walled": [at.walled for at in placed],
    }


def _pseudonyms(context: Door, payments: Sequence[Payment]) -> list[str]:
    distinct = sorted({payment.user_id for payment in payments})
    of = dict(zip(distinct, context.pseudonyms.of_many(distinct), strict=True))
    return [of[payment.user_id] for payment in payments]


def _interned(store: GraphStore, label: str, ids: Sequence[str | None]) -> list[int | None]:
    distinct = sorted({value for value in ids if value is not None})
    index_of = dict(zip(distinct, store.intern(label, distinct).tolist(), strict=True)) if distinct else {}
    return [None if value is None else index_of[value] for value in ids]


def placements(policy: Policy, store: GraphStore, payments: Sequence[Payment]) -> list[Placement]:
    """Scene and wall of each payment: the product's category decides, else the merchant's."""
    merchants = _described(store, "Merchant", {p.merchant_id for p in payments})
    products = _described(store, "Product", {p.product_id for p in payments if p.product_id})
    unknown = "ordinary" if store.meta("terms") == "public" else None
    out = []
    for payment in payments:
        merchant = merchants.get(payment.merchant_id, UNKNOWN)
        product = products.get(payment.product_id or "", UNKNOWN)
        out.append(
            place(
                policy,
                product_category=product.category,
                merchant_category=merchant.category,
                declared_scene=payment.scene or merchant.scene,
                sensitive=merchant.sensitive or product.sensitive,
                unknown_category=unknown,
            )
        )
    return out


def _described(store: GraphStore, label: str, ids: set[str]) -> Mapping[str, Thing]:
    wanted = sorted(ids)
    found = store.describe(label, wanted) if wanted else {}
    none = [None] * len(wanted)
    rows = zip(
        wanted,
        found.get("category", none),
        found.get("scene", none),
        found.get("sensitive", none),
        strict=True,
    )
    return {id_: Thing(category, scene, bool(flag)) for id_, category, scene, flag in rows}
