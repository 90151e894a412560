"""A first load into this home's local Neo4j goes through its importer.

Ten times as fast as writes over the wire. The load fills an embedded store beside the server, which is then
moved over whole (`graph/stores/neo4j/transfer.py`). Whatever ends the process, the same load again goes on
from there; the embedded store goes when the server has everything. Later loads, small ones, and servers
elsewhere are written to directly.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from api.commands.common import Parts
from graph.stores.base import GraphStore
from graph.stores.open import open_store

LARGE_BYTES = 8_000_000  # of files: below this, stopping and starting the server takes longer than it saves
Told = Callable[[str, int, int], None]


@contextmanager
def store_to_load(
    parts: Parts, sources: Sequence[str], mapping: Path | None, told: Told
) -> Iterator[GraphStore]:
    """The store that a load writes to; when the block ends well, all is in the store of `parts`."""
    beside = parts.home.neo4j / "first-load.db"
    if parts.settings.store != "neo4j" or not _is_empty(parts.store):
        for path in beside.parent.glob(f"{beside.name}*"):  # moved over before its process ended
            path.unlink()
        yield parts.store
        return
    if not beside.exists() and _num_bytes(parts, sources, mapping) < LARGE_BYTES:
        yield parts.store
        return
    with closing(open_store(f"sqlite:///{beside}")) as store:
        for key, value in _meta(parts.store).items():  # its identity, and whose data it may hold
            store.set_meta(key, value)
        yield store
        _move(parts, store, told)
    for path in beside.parent.glob(f"{beside.name}*"):
        path.unlink()


def _move(parts: Parts, store: GraphStore, told: Told) -> None:
    from graph.local_neo4j.server import LocalServer, programs
    from graph.stores.neo4j.transfer import transfer

    if store.stats()["User"]:
        parts.store.close()
        transfer(store, LocalServer(parts.home.neo4j), lambda: programs(os.environ, progress=told), told)
        parts.reopen()


def _is_empty(store: GraphStore) -> bool:
    counts = store.stats()
    return not counts["seq"] and not counts["User"] and not counts["loads"]


def _meta(store: GraphStore) -> dict[str, str]:
    table = dict(store.export(edges=False))["meta"]
    return dict(zip(table["key"], table["value"], strict=True))


def _num_bytes(parts: Parts, sources: Sequence[str], mapping: Path | None) -> int:
    from loaders.mapping import read_map
    from loaders.sources import find

    paths = {file.path for file in find(sources, read_map(mapping), parts.policy)}
    return sum(path.stat().st_size for path in paths if path.is_file())
