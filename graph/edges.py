"""What payments add up to: one packed record per user-merchant and user-product edge.

Fixed little-endian layouts, so that bytes written by one machine are read by another and a user's
edges are one value. Times are epoch seconds, UTC. Walled payments are never part of an edge.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PAID = np.dtype(
    [
        ("merchant", "<u4"),  # dense index of the merchant in its store
        ("payments", "<u4"),  # purchases less refunds, at least 1
        ("days", "<u2"),  # distinct UTC days with a purchase, 1..payments
        ("scene", "u1"),  # index into schema.SCENES
        ("band", "u1"),  # median amount band of the purchases, see policy.toml; 0 = amount unknown
        ("first_at", "<u4"),
        ("last_at", "<u4"),
    ]
)
BOUGHT = np.dtype(
    [
        ("product", "<u4"),
        ("payments", "<u4"),
        ("quantity", "<u4"),
        ("last_at", "<u4"),
    ]
)
LAYOUTS = {"paid": PAID, "bought": BOUGHT}
KEYS = {"paid": ("merchant", "scene"), "bought": ("product",)}  # what tells edges of a user apart, in order
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class UserEdges:
    """Edges of one kind for a set of users, grouped by user.

    users: int64 (n,), dense user indices, strictly increasing.
    offsets: int64 (n + 1,); edges of `users[i]` are `edges[offsets[i]:offsets[i + 1]]`; may be empty.
    edges: PAID or BOUGHT records, sorted by (merchant, scene) or product within a user.
    """

    users: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    edges: npt.NDArray[np.void]

    def __len__(self) -> int:
        return len(self.users)


def patched(kind: str, edges: UserEdges, users: Int64, things: Int64, new: UserEdges) -> UserEdges:
    """Edges with those between some pairs replaced.

    Args:
        edges: all edges of the users of `new`, who are the same in both.
        users, things: (n,), the pairs; merchants for `paid`, products for `bought`.
        new: the edges that stand between these pairs now.

    Returns:
        All edges of the same users, in the order of `UserEdges`.
    """
    old_owner, old = _in_order(kind, edges)
    new_owner = np.repeat(new.users, np.diff(new.offsets))
    thing = KEYS[kind][0]
    old_key, new_key = (o << 32 | e[thing] for o, e in ((old_owner, old), (new_owner, new.edges)))
    kept = ~_among(old_key, users << 32 | things)
    # All edges of a pair go and come together, so that nothing new meets an old one of the same key.
    at = np.searchsorted(old_key[kept], new_key)
    owner = np.insert(old_owner[kept], at, new_owner)
    ends = np.append(np.searchsorted(owner, new.users), len(owner)).astype(np.int64)
    return UserEdges(new.users, ends, np.insert(old[kept], at, new.edges))


def _in_order(kind: str, edges: UserEdges) -> tuple[Int64, npt.NDArray[np.void]]:
    """Whose edges they are, and the edges; sorted only where something left them unsorted."""
    owner = np.repeat(edges.users, np.diff(edges.offsets))
    key = owner << 32 | edges.edges[KEYS[kind][0]]
    if (key[1:] >= key[:-1]).all():
        return owner, edges.edges
    order = np.lexsort([*(edges.edges[name] for name in reversed(KEYS[kind])), owner])
    return owner[order], edges.edges[order]


def _among(ordered: Int64, wanted: Int64) -> npt.NDArray[np.bool_]:
    """Which of many ordered numbers are among a few others."""
    few = np.sort(wanted)
    ends = np.zeros(len(ordered) + 1, dtype=np.int64)
    np.add.at(ends, np.searchsorted(ordered, few, side="left"), 1)
    np.add.at(ends, np.searchsorted(ordered, few, side="right"), -1)
    return np.cumsum(ends[:-1]) > 0
