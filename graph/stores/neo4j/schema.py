"""The database of a Neo4j server: recognise it, make or migrate its schema.

A database is ours when it has a node `Meta {key: 'schema_version'}`, whose value is the number of the newest
migration that was applied. An empty database becomes ours; one with other nodes is left as it is.
"""

import uuid
from collections.abc import Callable
from typing import Any

from graph.errors import StoreMismatch
from graph.queries import FOLDER, cypher_statements, load_queries, migrations
from graph.stores.neo4j.address import Target
from graph.stores.neo4j.bolt import neo4j, said
from graph.stores.neo4j.drivers import Drivers, repeated, translated

OLDEST = (5, 26)  # the long-term release that this store is tested with; 2025.01 and later count as newer


# What IF NOT EXISTS gives where another process makes the same index at the same moment.
_THERE = tuple(
    f"Neo.ClientError.Schema.{what}"
    for what in ("EquivalentSchemaRuleAlreadyExists", "IndexAlreadyExists", "ConstraintAlreadyExists")
)


def prepare(drivers: Drivers, target: Target) -> int:
    """Make the database a store of the newest schema, or refuse it; returns the schema's number.

    A database of the newest schema is only read, so that a user who may not write can open it.

    Raises:
        StoreMismatch: an older server, a database of another program, or a newer schema.
        StoreUnavailable: the server does not answer. ConfigError: it refuses user, password or database.
    """
    with translated(target):
        return drivers.run(lambda: _prepare(drivers, target))


def _prepare(drivers: Drivers, target: Target) -> int:
    scripts = migrations(FOLDER / "neo4j" / "migrations")
    with drivers.get().session(database=target.database) as session:
        _check_server(session, target)
        version = _recognised(session, target, len(scripts))
        if version < len(scripts):
            repeated(lambda: _migrate(session, scripts, version))
    return len(scripts)


def _ask(session: neo4j.Session, name: str, **values: Any) -> list[list[Any]]:
    query = load_queries("neo4j")[name]
    return session.execute_read(lambda tx: tx.run(query, values).values())


def _check_server(session: neo4j.Session, target: Target) -> None:
    ((version, edition),) = _ask(session, "components")
    if release_of(str(version)) < OLDEST:
        raise StoreMismatch(
            f"store {target.uri} is Neo4j {version} ({edition}); expected 5.26 or newer: upgrade the server, "
            "or start one with `circles neo4j up`"
        )


def release_of(version: str) -> tuple[int, int]:
    """Major and minor number of `5.26.30`, `2026.08.1` or `5.27-aura`."""
    numbers = (part.split("-")[0] for part in version.split("."))
    major, minor = [int(number) for number in numbers if number.isdecimal()][:2]
    return major, minor


def _recognised(session: neo4j.Session, target: Target, newest: int) -> int:
    """The schema's number, 0 for an empty database."""
    rows = _ask(session, "meta", key="schema_version")
    if not rows and _ask(session, "has_nodes")[0][0] and not _ask(session, "meta", key="store_id"):
        raise StoreMismatch(
            f"store {target.uri}: the database holds nodes of another program; it is left as it is. "
            "Name an empty database in CIRCLES_STORE"
        )
    version = int(rows[0][0]) if rows else 0
    if version > newest:
        raise StoreMismatch(
            f"store {target.uri} has schema {version}, written by a newer version of Circles; "
            f"this one knows schemas up to {newest}: upgrade Circles"
        )
    return version


def _migrate(session: neo4j.Session, scripts: list[str], version: int) -> None:
    """Each step can be repeated, and another process may do the same at the same moment."""
    for script in scripts[version:]:
        for statement in cypher_statements(script):
            try:
                _write(session, lambda tx, text=statement: tx.run(text).consume())
            except said.ClientError as error:
                if error.code not in _THERE:
                    raise
    _write(session, lambda tx: tx.run(load_queries("neo4j")["await_indexes"]).consume())

    def mark(tx: neo4j.ManagedTransaction) -> None:
        queries = load_queries("neo4j")
        tx.run(queries["make_counters"]).consume()
        tx.run(queries["make_meta"], key="store_id", value=str(uuid.uuid4())).consume()
        tx.run(queries["set_meta"], key="schema_version", value=str(len(scripts))).consume()

    _write(session, mark)


def _write(session: neo4j.Session, work: Callable[..., Any]) -> None:
    session.execute_write(work)
