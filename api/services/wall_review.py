"""How the policy reads every category of the catalogue: a list that an operator reviews."""

from collections import Counter
from dataclasses import dataclass

from graph.policy.disclosure import Cell, release_count
from graph.policy.scenes import verdict
from graph.policy.values import Policy
from graph.schema import PRIVATE_SCENES
from graph.stores.base import GraphStore

STATES = ("unknown", "sensitive", "ordinary")  # in the order of what has to be looked at
NO_CATEGORY = "none is given; a scene that is declared places it, else the wall for the unknown decides"


@dataclass(frozen=True)
class Reviewed:
    """A category, or None for things without one. flagged: of its things, those said to be sensitive."""

    category: str | None
    state: str
    walled: bool
    scene: str | None
    why: str
    merchants: Cell
    products: Cell
    flagged: Cell


def review(store: GraphStore, policy: Policy) -> list[Reviewed]:
    """Every category, the unknown first, then the sensitive; within these by name.

    Counts of things are told as counts of people are: below the smallest group not at all.
    """
    unknown = "ordinary" if store.meta("terms") == "public" else policy.unknown_category
    merchants, products, flagged = _counts(store)
    rows = []
    for category in {*merchants, *products}:
        state, walled, scene, why = _judged(policy, category, unknown)
        cells = (release_count(of[category], policy.disclosure) for of in (merchants, products, flagged))
        rows.append(Reviewed(category, state, walled, scene, why, *cells))
    return sorted(rows, key=lambda row: (STATES.index(row.state), row.category or ""))


def _judged(policy: Policy, category: str | None, unknown: str) -> tuple[str, bool, str | None, str]:
    if category is None:
        return "unknown", unknown == "sensitive", None, NO_CATEGORY
    found = verdict(policy, category, unknown_category=unknown)
    if found.rule is None:
        return "unknown", found.walled, None, f"no pattern matches; the unknown is {unknown}"
    section = "sensitive" if found.state == "sensitive" else "scenes"
    why = f'[{section}] {found.rule.name}: "{found.rule.pattern}"'
    if found.scene in PRIVATE_SCENES and not found.walled:
        why += "; merchants never see it"
    return found.state, found.walled, found.scene, why


def _counts(store: GraphStore) -> tuple[Counter[str | None], Counter[str | None], Counter[str | None]]:
    """By category: merchants, products, and those of both that are flagged."""
    nodes = [store.nodes(label) for label in ("Merchant", "Product")]
    merchants, products = (Counter[str | None](c or None for c in of["category"]) for of in nodes)
    flagged = Counter[str | None](
        category or None
        for of in nodes
        for category, flag in zip(of["category"], of["sensitive"], strict=True)
        if flag
    )
    return merchants, products, flagged
