"""Look at a server without changing anything: not even its schema."""

from dataclasses import dataclass

from graph.queries import FOLDER, load_queries, migrations
from graph.stores.neo4j.address import target_of
from graph.stores.neo4j.drivers import Drivers, translated


@dataclass(frozen=True)
class Seen:
    """A server. schema: None for an empty database. clock: the server's, epoch seconds."""

    version: str
    edition: str
    schema: int | None
    newest_schema: int
    clock: float


def look(address: str) -> Seen:
    """Ask a server what it is.

    Raises:
        StoreUnavailable: it does not answer. ConfigError: it refuses user, password or database.
    """
    target = target_of(address)
    drivers, queries = Drivers(target), load_queries("neo4j")
    try:
        with translated(target), drivers.get().session(database=target.database) as session:
            ((version, edition),) = session.run(queries["components"]).values()
            rows = session.run(queries["meta"], key="schema_version").values()
            ((clock,),) = session.run(queries["clock"]).values()
    finally:
        drivers.close()
    newest = len(migrations(FOLDER / "neo4j" / "migrations"))
    return Seen(str(version), str(edition), int(rows[0][0]) if rows else None, newest, clock / 1000)
