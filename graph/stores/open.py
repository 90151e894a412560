"""From an address to a store."""

from graph.errors import ConfigError
from graph.stores.base import GraphStore, without_secret
from graph.stores.neo4j.address import FORM, is_neo4j

CROWD_S = 1.0  # writes take milliseconds; who waits longer behind others had better come again
# A worker has a connection for each of its threads, and the kernel has the file in memory for all of them.
SERVING_CACHE_KIB = 2_000
FORMS = f"sqlite:///path/to/file.db or {FORM}"


def open_store(address: str, *, serving: bool = False) -> GraphStore:
    """Open the store that an address names, making or migrating its schema where needed.

    Args:
        address: `sqlite:///circles.db` lies in the working folder, `sqlite:////data/circles.db` does not;
            for a server see `graph/stores/neo4j/address.py`.
        serving: threads of this process answer others; while the file is locked, two of them at most wait
            for it for long; each keeps little of the file in its own memory.

    Raises:
        ConfigError: the address has no form that is known, its folder does not exist, or a server refuses
            its user or password.
        StoreMismatch: it leads to something that is not a store of this program or version.
        StoreLocked: another program keeps the store locked.
        StoreUnavailable: the store cannot be read or written.
    """
    if address.startswith("sqlite:///") and address != "sqlite:///":
        from graph.stores.sqlite.store import SqliteStore

        if serving:
            return SqliteStore(address, crowd_s=CROWD_S, cache_kib=SERVING_CACHE_KIB)
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
