"""From an address to a store."""

from graph.errors import ConfigError
from graph.stores.base import GraphStore, without_secret
from graph.stores.neo4j.address import FORM, is_neo4j

FORMS = f"sqlite:///path/to/file.db or {FORM}"


def open_store(address: str) -> GraphStore:
    """Open the store that an address names, making or migrating its schema where needed.

    Args:
        address: `sqlite:///circles.db` lies in the working folder, `sqlite:////data/circles.db` does not;
            for a server see `graph/stores/neo4j/address.py`.

    Raises:
        ConfigError: the address has no form that is known, its folder does not exist, or a server refuses
            its user or password.
        StoreMismatch: it leads to something that is not a store of this program or version.
        StoreConflict: another program keeps the store locked.
        StoreUnavailable: the store cannot be read or written.
    """
    if address.startswith("sqlite:///") and address != "sqlite:///":
        from graph.stores.sqlite.store import SqliteStore

        return SqliteStore(address)
    if is_neo4j(address):
        return _open_neo4j(address)
    raise ConfigError(f"store address {without_secret(address)!r} is not known; expected {FORMS}")


def _open_neo4j(address: str) -> GraphStore:
    try:
        from graph.stores.neo4j.store import Neo4jStore
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "neo4j":
            raise
        raise ConfigError(
            f"store address {without_secret(address)!r} needs a driver; type pip install 'circles[neo4j]'"
        ) from error
    return Neo4jStore(address)
