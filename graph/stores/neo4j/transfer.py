"""Fill an empty local server with all that another store knows, by Neo4j's importer.

It is the same graph afterwards: indices, changes and the identity of the store are those of the source, so
that payment log, snapshots and published versions go on to fit.
"""

import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from graph.errors import StoreConflict, StoreError
from graph.local_neo4j.admin_import import import_csv
from graph.local_neo4j.server import LocalServer, Programs
from graph.stores.base import GraphStore, without_secret
from graph.stores.neo4j.csv_files import write_csv
from graph.stores.open import open_store

Told = Callable[[str, int, int], None]  # stage, done, total
Found = Programs | Callable[[], Programs]


@dataclass(frozen=True)
class Transferred:
    """What came over. already: it was there, and nothing was done."""

    counts: Mapping[str, int]
    num_relationships: int
    already: bool = False


def transfer(source: GraphStore, server: LocalServer, found: Found, told: Told) -> Transferred:
    """Make the server's graph equal to the source's; repeating it after it succeeded does nothing.

    The source must not be written to meanwhile. The server is started where it does not run, stopped for the
    import, and runs afterwards. An import that was cut off starts over; until it succeeds the server refuses
    to start.

    Raises:
        StoreConflict: the server holds another graph.
        StoreError: what came over is not what the source has.
    """
    if not server.files.importing.exists():
        server.up(found, progress=told)
        if done := _already(source, server):
            return done
    files = server.files.folder / "transfer"
    shutil.rmtree(files, ignore_errors=True)
    files.mkdir(mode=0o700, parents=True)
    try:
        num_relationships = _fill(source, server, files, found, told)
    finally:
        shutil.rmtree(files, ignore_errors=True)
    server.up(found, progress=told)
    told("making indexes", 0, 0)
    with closing(open_store(server.connection())) as target:
        counts = target.stats()
        if counts != source.stats():
            raise StoreError(
                f"the import into {server.files.folder} has other counts than its source; run it again"
            )
    return Transferred(counts, num_relationships)


def _fill(source: GraphStore, server: LocalServer, files: Path, found: Found, told: Told) -> int:
    told("writing files to import", 0, 0)
    made = write_csv(source, files)
    # The files are our own, and what came over is counted afterwards.
    import_csv(
        server,
        found() if callable(found) else found,
        made.nodes,
        made.relationships,
        strict=False,
        progress=told,
    )
    return made.num_relationships


def _already(source: GraphStore, server: LocalServer) -> Transferred | None:
    """What is there when it is the source's graph; None for an empty server."""
    with closing(open_store(server.connection())) as target:
        counts = target.stats()
        if counts["seq"] == 0 and not counts["User"]:
            return None
        if target.meta("store_id") == source.meta("store_id") and counts == source.stats():
            return Transferred(counts, 0, already=True)
        raise StoreConflict(
            f"the local Neo4j in {str(server.files.folder)!r} holds another graph "
            f"({counts['User']:,} users) than {without_secret(source.address)}; it is left as it is. To "
            "start over, stop it with `circles neo4j down` and remove that folder"
        )
