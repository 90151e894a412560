"""Circles for payments without a person: nothing of the question or the answer is kept.

The payments are placed and counted as those that come in for a person, so that somebody new who paid the
same has the same list. What is behind the wall counts for nothing and is not named.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from api.context import Context
from api.receipts import Receipt, Receipts
from api.services.circles import recommend
from api.services.payment_records import Payment
from api.services.payments import placements
from api.services.ranking import Person, Question, check_store
from api.versions import Served
from embeddings.profile import Profile
from graph.counting import Payment as Counted
from graph.counting import count_payment
from graph.edges import LAYOUTS
from graph.schema import SCENES
from graph.stores.base import GraphStore

NOBODY = ""


class _Nowhere(Receipts):
    """Keeps nothing."""

    def __init__(self) -> None:
        pass

    def keep(self, receipt: Receipt) -> None:
        pass


def recommend_anonymous(
    context: Context, payments: Sequence[Payment], question: Question, *, now: int
) -> dict[str, Any]:
    """A list of circles for what somebody paid for.

    Args:
        payments: of one person, in the order in which they were made; ids of people in them mean nothing.
        question: its user is not looked at.

    Raises:
        InputError: the limit is over the policy's maximum.
        NoPublishedVersion, IncompatibleVersion: there is nothing to answer from.
    """
    used = 0

    def person_of(at: Context, served: Served, store: GraphStore, asked: Question, then: int) -> Person:
        nonlocal used
        check_store(at, served)
        counted = _counted(at, store, payments)
        used = len(counted)
        edges = {kind: np.zeros(0, dtype=layout) for kind, layout in LAYOUTS.items()}
        for payment in counted:
            edges = {kind: count_payment(of_kind, payment) for kind, of_kind in edges.items()}
        profile = Profile.of(served.version, paid=edges["paid"], bought=edges["bought"], member_of=())
        if not any(len(touched.rows) for touched in profile.touched.values()):
            return Person(None, None, "nothing_known", False)
        return Person(None, profile, None, False)

    aside = replace(context, receipts=_Nowhere())
    answer = recommend(aside, replace(question, user=NOBODY), now=now, person_of=person_of)
    told = {name: value for name, value in answer.items() if name not in ("rec_id", "next_cursor")}
    return told | {"used": used}


def _counted(context: Context, store: GraphStore, payments: Sequence[Payment]) -> list[Counted]:
    """Payments outside the wall at merchants that the store has, as it counts them."""
    merchants = _indices(store, "Merchant", [payment.merchant_id for payment in payments])
    products = _indices(store, "Product", [p.product_id for p in payments if p.product_id])
    placed = placements(context.policy, store, payments)
    return [
        Counted(
            merchant=merchants[payment.merchant_id],
            product=products.get(payment.product_id or ""),
            quantity=payment.quantity,
            band=0,
            scene=SCENES.index(at.scene),
            paid_at=payment.paid_at,
            refund=False,
        )
        for payment, at in zip(payments, placed, strict=True)
        if not at.walled and payment.merchant_id in merchants
    ]


def _indices(store: GraphStore, label: str, ids: Sequence[str]) -> dict[str, int]:
    """Those that the store has; nothing becomes a node by being asked about."""
    distinct = sorted(set(ids))
    found = store.indices(label, distinct).tolist() if distinct else []
    return {id_: index for id_, index in zip(distinct, found, strict=True) if index >= 0}
