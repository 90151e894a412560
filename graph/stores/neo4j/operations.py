"""Looking after the Neo4j store: counts, checks, exports, erasure."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from graph.edges import KEYS, LAYOUTS, UserEdges
from graph.schema import LABELS
from graph.stores.circle_links import LINK_COLUMNS, RELAY_COLUMNS
from graph.stores.edge_checks import edge_problems
from graph.stores.neo4j.drivers import verify
from graph.stores.neo4j.edges import Edges
from graph.stores.neo4j.nodes import Nodes
from graph.stores.neo4j.people import People
from graph.stores.neo4j.transaction import BULK_S, PART, Transaction
from graph.stores.payment_mutes import COLUMNS as MUTE_COLUMNS

_EXPORTS = {
    "dismissals": ("user", "circle", "at"),
    "blocks": ("user", "other", "at"),
    "links": ("user", "other", "since"),
    "suggestions": ("user", "other", "period", "times", "answer", "answered_at"),
    "circle_links": LINK_COLUMNS,
    "relays": RELAY_COLUMNS,
    "circle_mutes": ("user", "circle", "at"),
    "owner_mutes": ("user", "merchant", "at"),
    "payment_mutes": MUTE_COLUMNS,
    "audiences": (
        "audience_id",
        "circle",
        "owner",
        "state",
        "topics",
        "asked",
        "certificate",
        "funnel",
        "sending",
        "problem",
        "created_at",
        "valid_until",
        "revision",
    ),
    "audience_people": ("audience_id", "user", "arm", "score", "state"),
    "invitations": ("invitation_id", "audience_id", "circle", "user", "sent_at", "answer", "answered_at"),
    "consents": ("user", "purpose", "granted", "at", "door"),
    "events": ("event_id", "kind", "user", "circle", "rec_id", "at", "position"),
    "showings": ("user", "circle", "times", "last_at"),
    "changes": ("seq", "at", "kind", "user", "circle"),
    "inbox": (
        "payment",
        "user",
        "merchant",
        "product",
        "quantity",
        "band",
        "scene",
        "paid_at",
        "refund",
        "walled",
        "taken_at",
        "moved",
    ),
    "loads": ("load_id", "source", "fingerprint", "state", "at", "report"),
    "releases": ("owner", "period", "key", "cost", "payload"),
    "meta": ("key", "value"),
    "counters": ("name", "value"),
    "touched": ("user", "changed"),
    "circle_life": (
        "circle",
        "revision",
        "edited_at",
        "eligibility",
        "words",
        "request",
        "state_before",
        "reason",
    ),
    "verdicts": ("event_id", "upheld", "at"),
}
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
    "users",  # last: the others hang on them
)
EXPORT_USERS = 100_000  # users whose edges are in memory at once while exporting


class Operations(Nodes, Edges, People):
    """Mixin: the methods of `GraphStore` about the store as a whole."""

    def close(self) -> None:
        self._drivers.close()

    def ping(self) -> None:
        verify(self._drivers)
        self._read(lambda tx: tx.one("ping"))

    def schema_version(self) -> int:
        return self._schema_version

    def stats(self) -> dict[str, int]:
        return dict(self._read(lambda tx: tx.run("stats"), BULK_S))

    def seq(self) -> int:
        return self._read(lambda tx: tx.counter("seq"))

    def meta(self, key: str) -> str | None:
        value = self._read(lambda tx: tx.one("meta", key=key))
        return None if value is None else str(value)

    def set_meta(self, key: str, value: str) -> None:
        self._write(lambda tx: tx.run("set_meta", key=key, value=value))

    def check(self) -> list[str]:
        problems = self._read(lambda tx: list(_node_problems(tx)), BULK_S)
        for kind, thing in (("paid", "merchant"), ("bought", "product")):
            most = self._read(lambda tx, thing=thing: tx.counter(thing))  # type: ignore[misc]
            for part in self._parts("user"):
                edges = self._edges_of_ranges(kind, [part])
                problems += edge_problems(kind, edges, thing, most)
                problems += _relationship_problems(kind, edges, self._bulk(f"edges_{kind}", part))
        return problems

    def export(self, *, edges: bool = True) -> Iterator[tuple[str, dict[str, list[Any]]]]:
        for label in LABELS:
            yield f"{label.lower()}s", self.nodes(label)
        for kind in LAYOUTS if edges else ():
            for number, part in enumerate(self._edge_parts(kind), start=1):
                yield kind if number == 1 else f"{kind}.{number}", _edge_columns(part)
        yield "themes", _theme_columns(self.themes())
        yield "memberships", _membership_columns(self.memberships())
        for table, names in _EXPORTS.items():
            rows = self._read(lambda tx, table=table: tx.run(f"export_{table}"), BULK_S)  # type: ignore[misc]
            columns = zip(*rows, strict=True) if rows else [()] * len(names)
            yield table, {name: list(values) for name, values in zip(names, columns, strict=True)}

    def _edge_parts(self, kind: str) -> Iterator[UserEdges]:
        """Edges of at most `EXPORT_USERS` users at a time; at least one part, which may be empty."""
        empty = True
        for part in self._parts("user", EXPORT_USERS):
            inner = range(part[0], part[1], PART)
            yield self._edges_of_ranges(kind, [(start, start + PART) for start in inner])
            empty = False
        if empty:
            yield self._edges_of_ranges(kind, [])

    def forget(self, user: int) -> dict[str, int]:
        """Deleted for every query at once; README.md beside this says what the server's own logs keep."""

        def work(tx: Transaction) -> dict[str, int]:
            neighbours = [row[0] for row in tx.run("neighbours", user=int(user))]
            gone = {table: int(tx.one(f"forget_{table}", user=int(user))) for table in _OF_A_PERSON}
            if gone["users"]:
                tx.change("forget", touched=neighbours)
            return gone

        return self._write(work)

    def sweep(self) -> None:
        """Nothing to do: the server's files are its own."""


def _edge_columns(part: UserEdges) -> dict[str, list[Any]]:
    users = np.repeat(part.users, np.diff(part.offsets)).tolist()
    return {"user": users} | {name: part.edges[name].tolist() for name in part.edges.dtype.names or ()}


def _theme_columns(themes: dict[int, Any]) -> dict[str, list[Any]]:
    rows = [(circle, t.kind, t.target_id, t.weight) for circle, targets in themes.items() for t in targets]
    columns = zip(*rows, strict=True) if rows else [()] * 4
    return dict(zip(("circle", "kind", "target_id", "weight"), map(list, columns), strict=True))


def _membership_columns(table: dict[str, Any]) -> dict[str, list[Any]]:
    columns = {name: values.tolist() for name, values in table.items()}
    return columns | {"left_at": [None if at < 0 else at for at in columns["left_at"]]}


def _relationship_problems(kind: str, edges: UserEdges, columns: Sequence[Sequence[int]]) -> Iterator[str]:
    """How relationships, as columns `user, thing, ...`, differ from the packed edges of the same users."""
    owner, records = np.array(columns[0], dtype=np.int64), np.zeros(len(columns[0]), dtype=LAYOUTS[kind])
    for name, values in zip(LAYOUTS[kind].names or (), columns[1:], strict=True):
        records[name] = values
    order = np.lexsort([*(records[name] for name in reversed(KEYS[kind])), owner])
    same = np.array_equal(owner[order], np.repeat(edges.users, np.diff(edges.offsets)))
    if not same or not np.array_equal(records[order], edges.edges):
        yield f"{kind.upper()} relationships of some users differ from their packed edges"


def _node_problems(tx: Transaction) -> Iterator[str]:
    for (name,) in tx.run("overtaken_counters"):
        yield f"counter {name} is behind what it counts"
    if number := tx.one("invitations_without_a_place"):
        yield f"{number} invitations went to people whom their audience did not send to"
    for label, number, circle, target in tx.run("lost_themes"):
        what = f"{number} {label.lower()}s of themes"
        yield f"{what} are not in the graph, such as {target!r} (circle {circle!r})"
    for (link,) in tx.run("unaccepted_circle_links"):
        yield f"link of circles {link!r} was opened without both owners"
    if lost := tx.one("lost_relays"):
        yield f"{lost} relays belong to no link of circles"
