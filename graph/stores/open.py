"""From an address to a store."""

from graph.errors import ConfigError
from graph.stores.base import GraphStore

FORMS = "sqlite:///path/to/file.db"
_NEO4J = ("neo4j://", "neo4j+s://", "bolt://")


def open_store(address: str) -> GraphStore:
    """Open the store that an address names, making or migrating its schema where needed.

    Args:
        address: `sqlite:///circles.db` lies in the working folder, `sqlite:////data/circles.db` does not.

    Raises:
        ConfigError: the address has no form that is known, or its folder does not exist.
        StoreMismatch: it leads to something that is not a store of this program or version.
        StoreConflict: another program keeps the store locked.
        StoreUnavailable: the store cannot be read or written.
    """
    if address.startswith("sqlite:///") and address != "sqlite:///":
        from graph.stores.sqlite.store import SqliteStore

        return SqliteStore(address)
    if address.startswith(_NEO4J):
        raise ConfigError(
            f"store address {_shown(address)!r}: the Neo4j store is not part of this version; use {FORMS}"
        )
    raise ConfigError(f"store address {_shown(address)!r} is not known; expected {FORMS}")


def _shown(address: str) -> str:
    """The address without a user name and password, which must not reach a log."""
    scheme, separator, rest = address.partition("://")
    return scheme + separator + rest.rpartition("@")[2]
