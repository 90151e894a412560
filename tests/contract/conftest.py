"""The stores that must pass the contract. Another store joins with one entry in `ADDRESSES`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from graph.edges import LAYOUTS, UserEdges
from graph.stores.base import GraphStore
from graph.stores.open import open_store

# name -> address of a new, empty store, given a folder that nobody else uses
ADDRESSES: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite:///{folder / 'graph.db'}",
}


@pytest.fixture(params=sorted(ADDRESSES))
def new_address(request, tmp_path_factory) -> Callable[[], str]:
    """Addresses of stores that do not exist yet."""
    return lambda: ADDRESSES[request.param](tmp_path_factory.mktemp("store"))


@pytest.fixture
def address(new_address) -> str:
    return new_address()


@pytest.fixture
def store(address) -> Iterator[GraphStore]:
    """An empty store."""
    with closing(open_store(address)) as store:
        yield store


@pytest.fixture
def new_store(new_address) -> Iterator[Callable[[], GraphStore]]:
    """Makes empty stores, for tests that need several."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_store(new_address())))


@pytest.fixture
def people() -> Callable[[GraphStore], GraphStore]:
    """Fills an empty store with users u0..u3, merchants m0..m2, products p0..p2 and circles c0..c2."""

    def fill(store: GraphStore) -> GraphStore:
        for label, prefix, number in (
            ("User", "u", 4),
            ("Merchant", "m", 3),
            ("Product", "p", 3),
            ("Circle", "c", 3),
        ):
            store.intern(label, [f"{prefix}{i}" for i in range(number)])
        return store

    return fill


@pytest.fixture
def town(store, people) -> GraphStore:
    """A store with a few nodes, each index equal to the number in its id."""
    return people(store)


@pytest.fixture
def pack() -> Callable[[str, dict[int, list[tuple[int, ...]]]], UserEdges]:
    """Edges from `{user: [record, ...]}`."""

    def packed(kind: str, edges_of_user: dict[int, list[tuple[int, ...]]]) -> UserEdges:
        users = sorted(edges_of_user)
        offsets = np.cumsum([0, *(len(edges_of_user[user]) for user in users)])
        records = [record for user in users for record in edges_of_user[user]]
        return UserEdges(np.array(users, dtype=np.int64), offsets, np.array(records, dtype=LAYOUTS[kind]))

    return packed
