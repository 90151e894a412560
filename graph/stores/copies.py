"""From any store to one file of the embedded kind, which any store can be filled from again."""

from collections.abc import Callable
from pathlib import Path

from graph.stores.base import GraphStore
from graph.stores.sqlite.copies import copy_file, write_file

Told = Callable[[str, int, int], None]  # stage, done, total


def copy_store(store: GraphStore, target: Path, told: Told) -> None:
    """Copy a store that is in use into a file that does not exist, as of one moment.

    Writers of an embedded store go on. Those of a Neo4j server wait for as long as the copy takes: Community
    has no other way to read one moment. Readers go on in both.

    Raises:
        StoreUnavailable, StoreConflict: the store does not answer, or somebody writes to it for too long.
        StoreError: the copy is not sound.
    """
    if store.address.startswith("sqlite:///"):
        told("copying the graph", 0, 0)
        copy_file(Path(store.address.removeprefix("sqlite:///")), target)
        return
    from graph.stores.neo4j.store import Neo4jStore

    assert isinstance(store, Neo4jStore)
    with store.standing_still():
        write_file(store, target, told)
