"""Merchants and products: what the app says of them decides the scene and the wall of payments.

What is said is completed, never erased. Payments that come afterwards are placed by it; earlier ones follow
by a job (`loaders/following.py`). Nothing that is kept from others comes out over HTTP: a flag
stays, and a sensitive category is not exchanged for an ordinary one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.context import Context
from api.services import work
from api.services.conditions import Stale, alone, etag_of, matches
from graph.errors import NotFound, WrongState
from graph.policy.scenes import is_kept_apart, place
from graph.stores.base import GraphStore
from graph.stores.node_rows import PROPERTIES

UNKNOWN_THING = "unknown, or not visible with this key"
_DECIDES = ("category", "scene", "sensitive")


@dataclass(frozen=True)
class Thing:
    """What is kept of one merchant or product.

    label: `Merchant` or `Product`. index: of the store, -1 for one that it does not have.
    """

    label: str
    id: str
    index: int
    values: Mapping[str, Any]

    @property
    def is_described(self) -> bool:
        """Whether anything was said of it; a payment alone makes a node without words."""
        return any(value is not None for value in self.values.values())

    @property
    def etag(self) -> str:
        """Another one after every change."""
        return etag_of([self.label, self.id, self.values])


@dataclass(frozen=True)
class Condition:
    """What must hold for a change. if_match: an ETag or `*`; None: not said. create_only: see `written`."""

    if_match: str | None = None
    create_only: bool = False


class Unconditional(Exception):
    """A change of what was said names nothing that it is made from."""


def is_public(store: GraphStore, merchant_id: str) -> bool:
    """Whether a merchant is known for more than that somebody paid there, which nobody else may learn."""
    if _read(store, "Merchant", merchant_id).is_described:
        return True
    return any(circle.owner_id == merchant_id for circle in store.circles())


def find(context: Context, label: str, id_: str, *, merchant: str | None) -> Thing:
    """One merchant or product.

    Args:
        merchant: whose key it is; it sees itself and what it sells. None: sees all.

    Raises:
        NotFound: unknown, or another merchant's.
    """
    thing = _read(context.store.get(), label, id_)
    owner = id_ if label == "Merchant" else thing.values["merchant_id"]
    if thing.index < 0 or merchant not in (None, owner):
        raise NotFound(UNKNOWN_THING)
    return thing


def written(
    context: Context, label: str, id_: str, said: Mapping[str, Any], condition: Condition, *, key_id: str
) -> tuple[Thing, bool, str | None]:
    """Make or complete a merchant or product; saying again what is known changes nothing.

    Args:
        said: properties without those that stay.
        condition: a change of what was said before needs `if_match`; `create_only` refuses it.
        key_id: who asks, for the job.

    Returns:
        The thing, whether nothing was said of it before, and the job that brings earlier payments up.

    Raises:
        Stale, Unconditional: the condition does not hold, or is missing.
        WrongState: it would take payments out from behind the wall.
        StoreConflict: another change is being written.
    """
    store = context.store.get()
    with alone(context.home, "catalogue"):
        before = _read(store, label, id_)
        _check(before, condition)
        changes = {name: value for name, value in said.items() if before.values[name] != value}
        if not changes and before.index >= 0:
            return before, False, None
        if before.is_described and condition.if_match is None:
            raise Unconditional
        _refuse_opening(context, before, said)
        concerns_earlier = before.index >= 0 and not changes.keys().isdisjoint(_DECIDES)
        if concerns_earlier:  # first, so that whatever ends this process the next load sees to it
            store.set_meta("labels", "pending")
        store.upsert(label, {"id": [id_], **{name: [value] for name, value in said.items()}})
        job_id = _follow(context, key_id) if concerns_earlier else None
        return _read(store, label, id_), not before.is_described, job_id


def shown(context: Context, thing: Thing) -> dict[str, Any]:
    """A merchant or product for the outside."""
    values = thing.values
    placed = place(
        context.policy,
        product_category=values["category"] if thing.label == "Product" else None,
        merchant_category=values["category"] if thing.label == "Merchant" else None,
        declared_scene=values.get("scene"),
        sensitive=bool(values["sensitive"]),
        unknown_category="ordinary" if context.store.get().meta("terms") == "public" else None,
    )
    payments = {"scene": placed.scene, "walled": placed.walled}
    told = {**values, "sensitive": bool(values["sensitive"]), "payments": payments}
    return {f"{thing.label.lower()}_id": thing.id, **told}


def _read(store: GraphStore, label: str, id_: str) -> Thing:
    found = store.describe(label, [id_])
    names = PROPERTIES[label.lower()]
    return Thing(label, id_, found["index"][0], {name: found[name][0] for name in names})


def _check(before: Thing, condition: Condition) -> None:
    if condition.create_only and before.is_described:
        raise Stale
    wanted = condition.if_match
    if wanted is not None and (before.index < 0 or not matches(wanted, before.etag)):
        raise Stale


def _refuse_opening(context: Context, before: Thing, said: Mapping[str, Any]) -> None:
    """What was kept from others stays so: earlier payments would follow, and nobody would have looked."""
    after = {**before.values, **said}
    is_kept = [
        is_kept_apart(context.policy, values["category"], values.get("scene"), bool(values["sensitive"]))
        for values in (before.values, after)
    ]
    if (is_kept[0] and not is_kept[1]) or (before.values["sensitive"] and after["sensitive"] is False):
        raise WrongState(
            "it is sensitive, or of finance or credit, and what is kept from others does not come out over "
            "HTTP; an operator corrects a mistake with `circles load` and a table of merchants or products"
        )


def _follow(context: Context, key_id: str) -> str:
    """The job that has not begun to look yet, else a new one."""
    for job in context.jobs.unfinished():
        if job.kind == "catalogue" and job.state == "queued":
            return job.job_id
    return work.start(context, "catalogue", {}, owner=key_id).job_id
