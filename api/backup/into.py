"""Bring a restored graph into a Neo4j server."""

import os
from contextlib import closing

from api.backup.files import STORE, Told
from graph.home import Home
from graph.local_neo4j.server import LocalServer, programs
from graph.stores.neo4j.filling import fill
from graph.stores.neo4j.transfer import transfer
from graph.stores.open import open_store


def into_local_neo4j(staged: Home, told: Told) -> None:
    """Fill a new server inside the staged home by Neo4j's importer, and stop it: it moves with the home.

    Raises:
        StoreUnavailable, ConfigError: no server can be started here.
    """
    server = LocalServer(staged.neo4j)
    with closing(open_store(f"sqlite:///{staged.path / STORE}")) as source:
        try:
            transfer(source, server, lambda: programs(os.environ, progress=told), told)
        finally:
            server.down()
    _drop(staged)


def into_neo4j(staged: Home, address: str, told: Told) -> None:
    """Fill the empty database of a server elsewhere, over the wire.

    Raises:
        StoreConflict: it holds a graph already.
    """
    with closing(open_store(f"sqlite:///{staged.path / STORE}")) as source:
        fill(source, address, staged.path / "filling", told)
    _drop(staged)


def _drop(staged: Home) -> None:
    for path in staged.path.glob(f"{STORE}*"):  # the server has it now; a second graph would only grow old
        path.unlink()
