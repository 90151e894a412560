"""Looking after the embedded store: counts, checks, exports, erasure."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np

from graph.edges import LAYOUTS, UserEdges
from graph.errors import StoreConflict
from graph.queries import load_queries
from graph.schema import LABELS
from graph.stores.columns import BATCH
from graph.stores.edge_checks import edge_problems
from graph.stores.sqlite.edges import Edges, packed
from graph.stores.sqlite.file import connect, is_damage, translated
from graph.stores.sqlite.nodes import Nodes
from graph.stores.sqlite.transaction import Transaction

EXPORT_USERS = 100_000  # users whose edges are in memory at once while exporting
_EXPORTS = (
    "themes",
    "memberships",
    "dismissals",
    "blocks",
    "links",
    "suggestions",
    "circle_links",
    "relays",
    "circle_mutes",
    "owner_mutes",
    "payment_mutes",
    "audiences",
    "audience_people",
    "invitations",
    "consents",
    "events",
    "showings",
    "changes",
    "inbox",
    "loads",
    "releases",
    "meta",
    "counters",
    "touched",
    "circle_life",
    "verdicts",
)
_OF_A_PERSON = (
    "paid",
    "bought",
    "memberships",
    "dismissals",
    "blocks",
    "links",
    "suggestions",
    "circle_mutes",
    "owner_mutes",
    "payment_mutes",
    "audience_people",
    "invitations",
    "consents",
    "inbox",
    "verdicts",
    "events",
    "showings",
    "changes",
    "users",  # last: the others point to it
)


class Operations(Nodes, Edges):
    """Mixin: the methods of `GraphStore` about the store as a whole."""

    def close(self) -> None:
        self._connections.close()

    def ping(self) -> None:
        with self._reading() as tx:
            tx.run("ping").fetchone()

    def schema_version(self) -> int:
        return self._schema_version

    def stats(self) -> dict[str, int]:
        sizes = {kind: layout.itemsize for kind, layout in LAYOUTS.items()}
        with self._reading() as tx:
            return dict(tx.run("stats", sizes))

    def seq(self) -> int:
        with self._reading() as tx:
            return int(tx.one("counter", ("seq",)))

    def meta(self, key: str) -> str | None:
        with self._reading() as tx:
            value = tx.one("meta", (key,))
        return None if value is None else str(value)

    def set_meta(self, key: str, value: str) -> None:
        with self._writing() as tx:
            tx.run("set_meta", (key, value))

    def check(self) -> list[str]:
        problems: list[str] = []
        with self._reading() as tx:
            try:
                problems.extend(_file_problems(tx))
                problems.extend(_graph_problems(tx))
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                problems.append(f"file: cannot be read to its end: {error}")
        return problems

    def export(self, *, edges: bool = True) -> Iterator[tuple[str, dict[str, list[Any]]]]:
        for label in LABELS:
            yield f"{label.lower()}s", self.nodes(label)
        for kind in LAYOUTS if edges else ():
            for number, part in enumerate(self._edge_parts(kind), start=1):
                yield kind if number == 1 else f"{kind}.{number}", _edge_columns(part)
        for table in _EXPORTS:
            with self._reading() as tx:
                columns = _columns(tx.run(f"export_{table}"))
            yield table, columns

    def _edge_parts(self, kind: str) -> Iterator[UserEdges]:
        """Edges of at most `EXPORT_USERS` users at a time; at least one part, which may be empty."""
        after, is_first = -1, True
        while True:
            with self._reading() as tx:
                rows = tx.run("edges_after", (after, EXPORT_USERS), table=kind).fetchall()
            if rows or is_first:
                yield packed(kind, rows)
            if len(rows) < EXPORT_USERS:
                return
            after, is_first = rows[-1][0], False

    def forget(self, user: int) -> dict[str, int]:
        row = {"user": int(user)}
        with self._writing() as tx:
            neighbours = tx.numbers("neighbours", row).tolist()
            gone = {table: tx.run(f"forget_{table}", row).rowcount for table in _OF_A_PERSON}
            if gone["users"]:
                tx.change("forget", touched=neighbours)
        return gone

    def sweep(self) -> None:
        """Leave nothing of deleted rows in the file's free space, nor in the write-ahead file.

        Overwriting what is deleted is not enough: when SQLite moves rows between pages, 2 erasures in 100
        left old copies behind. About 1.5 s for 100 MB, in which other writers wait.
        """
        with (
            translated(self.path),
            self._connections.writing(),
            closing(connect(self.path, self._timeout_s)) as db,
        ):
            db.execute("PRAGMA temp_store = FILE")  # a copy of the store may be larger than memory
            db.execute(load_queries("sqlite")["rewrite"])
            (busy, *_) = db.execute(load_queries("sqlite")["checkpoint"]).fetchone()
        if busy:
            raise StoreConflict(
                "what was removed is gone, but a reader keeps old pages of the store alive; "
                "repeat the sweep when it has ended"
            )


def _columns(cursor: sqlite3.Cursor) -> dict[str, list[Any]]:
    names, rows = [name for name, *_ in cursor.description], cursor.fetchall()
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: list(values) for name, values in zip(names, columns, strict=True)}


def _edge_columns(part: UserEdges) -> dict[str, list[Any]]:
    users = np.repeat(part.users, np.diff(part.offsets)).tolist()
    return {"user": users} | {name: part.edges[name].tolist() for name in part.edges.dtype.names or ()}


def _file_problems(tx: Transaction) -> Iterator[str]:
    for (sentence,) in tx.run("integrity_check"):
        if sentence != "ok":
            yield f"file: {sentence}"
    for table, _, parent, _ in tx.run("foreign_key_check"):
        yield f"a row of {table} points to a {parent} that does not exist"
    for (name,) in tx.run("overtaken_counters"):
        yield f"counter {name} is behind what it counts"
    if number := tx.one("invitations_without_a_place"):
        yield f"{number} invitations went to people whom their audience did not send to"
    for kind, number, circle, target in tx.run("lost_themes"):
        yield f"{number} {kind}s of themes are not in the graph, such as {target!r} (circle {circle!r})"
    for (link,) in tx.run("unaccepted_circle_links"):
        yield f"link of circles {link!r} was opened without both owners"


def _graph_problems(tx: Transaction) -> Iterator[str]:
    for kind, (label, other) in {"paid": ("Merchant", "merchant"), "bought": ("Product", "product")}.items():
        limit = tx.one("counter", (label.lower(),))
        cursor = tx.run("edges", table=kind)
        while rows := cursor.fetchmany(BATCH):
            size = LAYOUTS[kind].itemsize
            if any(len(blob) % size or not blob for _, blob in rows):
                yield f"{kind} edges of some users are cut off"
                rows = [(user, blob) for user, blob in rows if not len(blob) % size]
            yield from edge_problems(kind, packed(kind, rows), other, limit)
