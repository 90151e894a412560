"""Of whom and of what the graph knows more than that something was paid: the rest leaves no trace.

A walled payment makes nodes, of somebody or of a shop that nobody had heard of. Were they counted, a snapshot
would have another shape with the payment than without it, and so would everything that is made from it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.edges import UserEdges
from graph.stores.base import GraphStore

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
_SAID = ("name", "kind", "category", "scene", "city", "merchant_id", "sensitive")


def people_with_traces(store: GraphStore, edges: Mapping[str, UserEdges]) -> Int64:
    """Store indices of everybody who has an edge outside the wall, or joined, left or dismissed a circle, or
    is linked with somebody; increasing.

    Args:
        edges: `paid` and `bought`.
    """
    paid = [of.users[np.diff(of.offsets) > 0] for of in edges.values()]
    links = store.links()
    others = [store.memberships()["user"], store.dismissals()["user"], links["user"], links["other"]]
    return np.unique(np.concatenate([np.asarray(part, dtype=np.int64) for part in (*paid, *others)]))


def things_with_traces(nodes: Mapping[str, Sequence[Any]], used: Int64, named: Iterable[str]) -> Bool:
    """Which merchants or products something is said of, or is paid outside the wall, or names.

    Args:
        nodes: columns of `GraphStore.nodes`.
        used: positions of those with an edge.
        named: ids that something else names, such as the owner of a circle.
    """
    said = [nodes[name] for name in _SAID if name in nodes]
    known = np.array([any(value is not None for value in row) for row in zip(*said, strict=True)], dtype=bool)
    names = set(named)
    known |= np.fromiter((id_ in names for id_ in nodes["id"]), dtype=bool, count=len(known))
    known[used[used >= 0]] = True
    return known
