"""Write how edges differ from what is stored: what is gone, what changed, what is new, and nothing else."""

import numpy as np
import numpy.typing as npt

from graph.edges import KEYS, UserEdges
from graph.stores.columns import Int64
from graph.stores.neo4j.drivers import not_found
from graph.stores.neo4j.transaction import Transaction

Bool = npt.NDArray[np.bool_]


def write_differences(tx: Transaction, kind: str, stored: UserEdges, new: UserEdges) -> set[int]:
    """Turn stored edges into new ones.

    Args:
        stored: edges of some of the users of `new`, sorted as in `UserEdges`.
        new: the edges that all its users have from now on; at most 4 million users.

    Returns:
        The users whose edges changed.

    Raises:
        NotFound: an edge to a merchant or product that the store does not have.
    """
    gone, changed, created = differences(kind, stored, new)
    old_owner, new_owner = _owners(stored), _owners(new)
    return (
        _apply(tx, f"remove_{kind}", old_owner[gone], stored.edges[gone])
        | _apply(tx, f"change_{kind}", new_owner[changed], new.edges[changed])
        | _apply(tx, f"create_{kind}", new_owner[created], new.edges[created])
    )


def differences(kind: str, stored: UserEdges, new: UserEdges) -> tuple[Bool, Bool, Bool]:
    """Which stored edges are gone, and which new ones changed or were created: bool masks over the edges."""
    old_key, new_key = _keys(kind, stored, new.users), _keys(kind, new, new.users)
    at = np.searchsorted(old_key, new_key)
    both = np.zeros(len(new_key), dtype=bool)
    inside = at < len(old_key)
    both[inside] = old_key[at[inside]] == new_key[inside]
    changed = both.copy()
    changed[both] = stored.edges[at[both]] != new.edges[both]
    gone = np.ones(len(old_key), dtype=bool)
    gone[at[both]] = False
    return gone, changed, ~both


def _owners(edges: UserEdges) -> Int64:
    return np.repeat(edges.users, np.diff(edges.offsets))


def _keys(kind: str, edges: UserEdges, users: Int64) -> Int64:
    """One number for each edge that tells it from all others: 22 bits of user, 32 of thing, 8 of scene."""
    thing = edges.edges[KEYS[kind][0]].astype(np.int64)
    scene = edges.edges["scene"].astype(np.int64) if "scene" in KEYS[kind] else np.int64(0)
    keys: Int64 = np.searchsorted(users, _owners(edges)) << 40 | thing << 8 | scene
    return keys


def _apply(tx: Transaction, query: str, owner: Int64, edges: npt.NDArray[np.void]) -> set[int]:
    """Run a query over some edges, grouped by user; returns whose they are."""
    if not len(owner):
        return set()
    users, starts = np.unique(owner, return_index=True)
    ends = np.append(starts[1:], len(owner)).tolist()
    records = edges.tolist()
    grouped = zip(users.tolist(), starts.tolist(), ends, strict=True)
    num_written = tx.one(query, rows=[[user, records[start:end]] for user, start, end in grouped])
    if query.startswith("create") and num_written != len(records):
        raise not_found()
    return set(users.tolist())
