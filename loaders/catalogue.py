"""Put the tables besides payments into the store: what things are, and what people said."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graph.schema import Purpose
from graph.stores.base import GraphStore, ThemeTarget
from loaders.interning import Int64, Interners
from loaders.tables import Columns

# Assumed consents are older than anything a person ever says, so that what they say holds.
ASSUMED_AT = 0
NOBODY = -1  # a viewer whom nobody blocked: what is left to see is who consents
# Label -> table, and the columns that decide the scene or the wall of a payment.
_DECIDES_LABELS = {
    "Merchant": ("merchants", ("category", "scene", "sensitive")),
    "Product": ("products", ("category", "sensitive")),
}


def changed_labels(store: GraphStore, tables: Mapping[str, Columns]) -> dict[str, Int64]:
    """Merchants and products that the store knows and whose scene or wall these tables may change.

    Returns:
        Label -> store indices, increasing.
    """
    out = {}
    for label, (table, names) in _DECIDES_LABELS.items():
        columns = tables.get(table)
        out[label] = (
            np.zeros(0, dtype=np.int64) if columns is None else _changed(store, label, columns, names)
        )
    return out


def _changed(store: GraphStore, label: str, columns: Columns, names: Sequence[str]) -> Int64:
    known = store.describe(label, columns[f"{label.lower()}_id"])
    index = np.asarray(known["index"], dtype=np.int64)
    differs = np.zeros(len(index), dtype=bool)
    for name in names:
        pairs = zip(columns[name], known[name], strict=True)
        differs |= np.fromiter((new is not None and new != old for new, old in pairs), dtype=bool)
    return np.unique(index[(index >= 0) & differs])


def apply(store: GraphStore, tables: Mapping[str, Columns], interners: Interners, *, now: int) -> None:
    """Write tables into the store; repeating it changes nothing.

    Args:
        now: when a consent without a moment was given.
    """
    _apply_things(store, tables, interners)
    if users := tables.get("users"):
        indices = interners.user.of_list(users["user_id"])
        ids = store.ids("User", indices)
        store.upsert("User", {"id": ids, **{name: users[name] for name in ("verified", "adult", "city")}})
    if members := tables.get("memberships"):
        columns = {name: members[name] for name in ("joined_at", "left_at")}
        users_at, circles_at = _both(interners, members["user_id"], members["circle_id"])
        store.add_memberships({"user": users_at.tolist(), "circle": circles_at.tolist(), **columns})
    if links := tables.get("links"):
        both = [interners.user.of_list(links[name]).tolist() for name in ("user_id", "other_user_id")]
        store.add_links({"user": both[0], "other": both[1], "since": links["since"]})
    if consents := tables.get("consents"):
        at = [now if moment is None else moment for moment in consents["at"]]
        columns = {"purpose": consents["purpose"], "granted": consents["granted"], "at": at}
        columns["door"] = ["file"] * len(at)
        store.set_consents({"user": interners.user.of_list(consents["user_id"]).tolist(), **columns})


def _apply_things(store: GraphStore, tables: Mapping[str, Columns], interners: Interners) -> None:
    for table, label, interner in (
        ("merchants", "Merchant", interners.merchant),
        ("products", "Product", interners.product),
        ("circles", "Circle", interners.circle),
    ):
        if columns := tables.get(table):
            key, *names = columns
            indices = store.upsert(label, {"id": columns[key], **{name: columns[name] for name in names}})
            interner.learn(columns[key], indices)
    if themes := tables.get("themes"):
        store.set_themes(_themes(themes, interners))


def _both(interners: Interners, users: list[str], circles: list[str]) -> tuple[Int64, Int64]:
    return interners.user.of_list(users), interners.circle.of_list(circles)


def _themes(themes: Columns, interners: Interners) -> dict[int, list[ThemeTarget]]:
    """Targets by circle; merchants and products that nobody has paid yet become nodes too."""
    rows = list(zip(themes["kind"], themes["target_id"], themes["weight"], strict=True))
    for kind, interner in (("merchant", interners.merchant), ("product", interners.product)):
        interner.of_list([target for k, target, _ in rows if k == kind])
    out: dict[int, list[ThemeTarget]] = defaultdict(list)
    circles = interners.circle.of_list(themes["circle_id"]).tolist()
    for circle, (kind, target, weight) in zip(circles, rows, strict=True):
        out[circle].append(ThemeTarget(kind, target, 1.0 if weight is None else weight))
    return out


def assume_consent(store: GraphStore, users: Int64) -> None:
    """Grant every purpose for everybody of a public data set, unless they say otherwise."""
    everybody = users.tolist()
    for purpose in Purpose:
        new = users[~store.visible(NOBODY, everybody, purpose.value)].tolist()
        said: dict[str, Any] = {
            "purpose": purpose.value,
            "granted": True,
            "at": ASSUMED_AT,
            "door": "assumed",
        }
        if new:
            store.set_consents({"user": new} | {name: [value] * len(new) for name, value in said.items()})
