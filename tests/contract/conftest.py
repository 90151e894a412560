"""The stores that must pass the contract. Another store joins with one entry in `ADDRESSES`.

A server has one database: a new address of it is the same address, wiped. So a test that needs several
stores fills and reads one after the other.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from graph.edges import LAYOUTS, UserEdges
from graph.stores.base import GraphStore
from graph.stores.open import open_store


def sqlite_address(request) -> str:
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("store")
    return f"sqlite:///{folder / 'graph.db'}"


def neo4j_address(request) -> str:
    return str(request.getfixturevalue("empty_neo4j")())


# name -> maker of the address of a new, empty store
ADDRESSES = {"sqlite": sqlite_address, "neo4j": neo4j_address}
STORES = [
    pytest.param("sqlite"),
    pytest.param("neo4j", marks=[pytest.mark.neo4j, pytest.mark.xdist_group("neo4j")]),  # one server a run
]


@pytest.fixture(params=STORES)
def new_address(request) -> Callable[[], str]:
    """Addresses of stores that do not exist yet."""
    return lambda: ADDRESSES[request.param](request)


@pytest.fixture
def address(new_address) -> str:
    return new_address()


@pytest.fixture
def store(address) -> Iterator[GraphStore]:
    """An empty store."""
    with closing(open_store(address)) as store:
        yield store


@pytest.fixture
def new_store(new_address) -> Callable[[], closing[GraphStore]]:
    """Makes empty stores, for tests that need several; each is closed before the next is made."""
    return lambda: closing(open_store(new_address()))


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
