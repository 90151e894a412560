"""Take what people muted out of their payments: a muted payment counts as one behind the wall.

One place for all who read payments: the stores when they count, and whoever adds up or counts the log.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np

from graph.log import NONE, Rows
from graph.policy.payment_mutes import PaymentMutes, category_of, muted
from graph.stores.base import GraphStore
from graph.stores.columns import Int64
from graph.stores.inbox_rows import inbox_rows
from graph.stores.payment_mutes import Categories, by_person


def mutes_of(store: GraphStore, users: Sequence[int] | None = None) -> dict[int, PaymentMutes]:
    """What these people muted, or everybody; those who muted nothing are not in it."""
    return by_person(store.payment_mutes(users))


@dataclass(frozen=True)
class Mask:
    """What is taken out of the log for its readers: of everybody who muted something, as of one moment."""

    mutes: Mapping[int, PaymentMutes]
    categories: Categories

    @classmethod
    def of(cls, store: GraphStore) -> "Mask":
        return cls(mutes_of(store), store.categories_of)

    def among(self, users: Int64 | None) -> Int64:
        """Who of these people, or of everybody, muted something; increasing."""
        found = np.array(sorted(self.mutes), dtype=np.int64)
        return found if users is None else found[np.isin(found, users)]

    def differs(self, later: "Mask", users: Int64) -> Int64:
        """Who of these people muted something else at a later moment; increasing."""
        both = np.union1d(self.among(users), later.among(users))
        changed = [user for user in both.tolist() if self.mutes.get(user) != later.mutes.get(user)]
        return np.array(changed, dtype=np.int64)

    def applied(self, rows: Rows) -> Rows:
        return walled(rows, self.mutes, self.categories) if len(rows) else rows


def walled(rows: Rows, mutes: Mapping[int, PaymentMutes], categories: Categories) -> Rows:
    """Rows of the log in which what their people muted counts as behind the wall."""
    out = rows.copy()
    order = np.argsort(out["user"], kind="stable")
    users = out["user"][order]
    for user in np.intersect1d(users, np.array(list(mutes), dtype=np.int64)).tolist():
        at = order[np.searchsorted(users, user) : np.searchsorted(users, user, side="right")]
        part, theirs = out[at], mutes[user]
        named = row_categories(part, categories) if theirs.categories else ()
        out["walled"][at] |= muted(part, named, theirs)
    return out


def unmuted(
    rows: Sequence[tuple[Any, ...]], mutes: Mapping[int, PaymentMutes], categories: Categories
) -> list[tuple[Any, ...]]:
    """Rows of the inbox without those that their people muted."""
    if not mutes:
        return list(rows)
    kept = ~walled(inbox_rows(rows), mutes, categories)["walled"]
    return list(compress(rows, kept.tolist()))


def row_categories(rows: Rows, categories: Categories) -> list[str | None]:
    """What each payment is of: the product's category, else the merchant's."""
    products = np.unique(rows["product"][rows["product"] != NONE]).tolist()
    of_product = categories("Product", products) if products else {}
    of_merchant = categories("Merchant", np.unique(rows["merchant"]).tolist()) if len(rows) else {}
    pairs = zip(rows["product"].tolist(), rows["merchant"].tolist(), strict=True)
    return [category_of(of_product.get(product), of_merchant.get(merchant)) for product, merchant in pairs]


def touched(rows: Rows, mute: PaymentMutes, user: int, categories: Categories) -> str:
    """JSON of the merchants whose payments, not behind the wall, one mute takes out."""
    seen = rows[~rows["walled"]]
    taken = walled(seen, {user: mute}, categories)
    return json.dumps(np.unique(taken["merchant"][taken["walled"]]).tolist())


def joined(rows: Rows, inbox: Rows) -> Rows:
    """Payments of the log, and those of the inbox that it does not have."""
    return np.concatenate([rows, inbox[~np.isin(inbox["payment"], rows["payment"])]])
