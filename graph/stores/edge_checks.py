"""What cannot be in the edges of payments; for every store."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from graph.edges import UserEdges
from graph.schema import SCENES


def edge_problems(kind: str, part: UserEdges, other: str, limit: int) -> Iterator[str]:
    edges = part.edges
    wrong = {
        f"name a {other} that does not exist": edges[other] >= limit,
        "have no payments": edges["payments"] < 1,
        "are not in order": _out_of_order(part, other),
    }
    if kind == "paid":
        wrong |= {
            "have more days than payments": edges["days"] > edges["payments"],
            "have no days": edges["days"] < 1,
            "have an unknown scene": edges["scene"] >= len(SCENES),
            "end before they begin": edges["last_at"] < edges["first_at"],
        }
    for what, mask in wrong.items():
        if mask.any():
            yield f"{int(mask.sum())} {kind} edges {what}"


def _out_of_order(part: UserEdges, other: str) -> Any:
    """For each edge, whether it is not after the one before it of the same user."""
    key = part.edges[other].astype(np.int64)
    if "scene" in (part.edges.dtype.names or ()):
        key = key * 256 + part.edges["scene"]
    wrong = np.zeros(len(key), dtype=bool)
    wrong[1:] = key[1:] <= key[:-1]
    starts = part.offsets[:-1]
    wrong[starts[starts < len(key)]] = False
    return wrong
