"""Packed edges as they stand on a user: base64 of the records of `graph/edges.py`.

Text, because a byte array in the files of a first import would be three times as long.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from graph.edges import LAYOUTS, UserEdges
from graph.stores.columns import Int64


def text_of(edges: npt.NDArray[np.void]) -> str | None:
    """The text of the edges of one user; None for no edges, which removes the property."""
    return b64encode(edges.tobytes()).decode("ascii") if len(edges) else None


def edges_of(kind: str, text: str) -> npt.NDArray[np.void]:
    """The edges of one user; read-only."""
    return np.frombuffer(b64decode(text), dtype=LAYOUTS[kind])


def rows_of(edges: UserEdges) -> list[tuple[int, str | None]]:
    """Each user with the text of their edges."""
    bounds = zip(edges.users.tolist(), edges.offsets[:-1].tolist(), edges.offsets[1:].tolist(), strict=True)
    return [(user, text_of(edges.edges[start:end])) for user, start, end in bounds]


def joined(kind: str, users: Sequence[int], texts: Sequence[str]) -> UserEdges:
    """Edges of users in any order, each with its text."""
    order = np.argsort(np.array(users, dtype=np.int64), kind="stable")
    blobs = [b64decode(texts[i]) for i in order]
    offsets = np.zeros(len(blobs) + 1, dtype=np.int64)
    np.cumsum([len(blob) for blob in blobs], out=offsets[1:])
    records = np.frombuffer(b"".join(blobs), dtype=LAYOUTS[kind])
    in_order: Int64 = np.array(users, dtype=np.int64)[order]
    return UserEdges(in_order, offsets // LAYOUTS[kind].itemsize, records)


def chained(kind: str, parts: Sequence[UserEdges]) -> UserEdges:
    """Parts of increasing users as one."""
    starts = np.cumsum([0, *(len(part.edges) for part in parts)])
    offsets = [part.offsets[:-1] + start for part, start in zip(parts, starts[:-1], strict=True)]
    return UserEdges(
        np.concatenate([np.zeros(0, dtype=np.int64), *(part.users for part in parts)]),
        np.append(np.concatenate([np.zeros(0, dtype=np.int64), *offsets]), starts[-1]),
        np.concatenate([np.zeros(0, dtype=LAYOUTS[kind]), *(part.edges for part in parts)]),
    )
