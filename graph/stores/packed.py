"""Packed edges of users: what is refused, and parts of them; for every store."""

import numpy as np

from graph.edges import LAYOUTS, UserEdges


def kind_of(kind: str) -> str:
    if kind not in LAYOUTS:
        raise ValueError(f"kind of edge is {kind!r}; expected one of {', '.join(LAYOUTS)}")
    return kind


def check_edges(kind: str, edges: UserEdges) -> None:
    users, offsets = np.asarray(edges.users), np.asarray(edges.offsets)
    if edges.edges.dtype != LAYOUTS[kind_of(kind)]:
        raise ValueError(f"{kind} edges have the layout {edges.edges.dtype}; expected {LAYOUTS[kind]}")
    if np.any(np.diff(users) <= 0):
        raise ValueError(f"users of {kind} edges are not strictly increasing")
    if len(offsets) != len(users) + 1 or offsets[0] != 0 or offsets[-1] != len(edges.edges):
        raise ValueError(f"offsets of {kind} edges do not fit their users and edges")


def slice_of(edges: UserEdges, start: int, end: int) -> UserEdges:
    """The users from position `start` to before `end`, with their edges."""
    offsets = np.asarray(edges.offsets[start : min(end, len(edges)) + 1])
    users = np.asarray(edges.users[start:end])
    return UserEdges(users, offsets - offsets[0], edges.edges[offsets[0] : offsets[-1]])
