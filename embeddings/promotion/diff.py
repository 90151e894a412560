"""How two published versions differ: data, figures, weights, and what people would be shown. numpy only."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from embeddings.registry import Version

TOP_K = 10
MAX_PEOPLE = 10_000  # whose lists are compared: enough for a share to two digits


def diff(one: Version, other: Version) -> dict[str, Any]:
    """Everything in which two versions differ; `before` is of the first, `after` of the second.

    Returns:
        `{"before", "after", "about", "counts", "metrics", "weights", "circles", "lists"}`.
    """
    a, b = one.manifest, other.manifest
    about = ("state", "as_of", "policy_id", "snapshot_id", "seed", "min_supporters")
    return {
        "before": one.name,
        "after": other.name,
        "about": _changed({name: a[name] for name in about}, {name: b[name] for name in about}),
        "counts": _changed(a["counts"], b["counts"]),
        "metrics": _changed(a["metrics"], b["metrics"]),
        "weights": _changed(a["model"]["weights"], b["model"]["weights"]),
        "circles": _circles(one, other),
        "lists": _lists(one, other),
    }


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }


def _circles(one: Version, other: Version) -> dict[str, int]:
    mine, theirs = set(one.circles), set(other.circles)
    return {"only_before": len(mine - theirs), "only_after": len(theirs - mine), "both": len(mine & theirs)}


def _lists(one: Version, other: Version) -> dict[str, Any]:
    """How much of the first TOP_K circles is the same, for people who have a list in both."""
    mine, theirs = one.lists.records, other.lists.records
    users, at, place = np.intersect1d(mine["user"], theirs["user"], return_indices=True)
    step = max(1, len(users) // MAX_PEOPLE)
    circles, others = list(one.circles), list(other.circles)
    shared, same_first = [], 0
    for row, col in zip(at[::step].tolist(), place[::step].tolist(), strict=True):
        first = [circles[c] for c in mine["circles"][row][: min(TOP_K, int(mine["num"][row]))]]
        second = [others[c] for c in theirs["circles"][col][: min(TOP_K, int(theirs["num"][col]))]]
        shared.append(len(set(first) & set(second)) / max(1, len(first), len(second)))
        same_first += first[:1] == second[:1]
    num = len(shared)
    return {
        "people": num,
        f"shared@{TOP_K}": round(sum(shared) / num, 4) if num else None,
        "same_first": round(same_first / num, 4) if num else None,
    }
