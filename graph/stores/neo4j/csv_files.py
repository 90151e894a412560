"""A whole store as files for Neo4j's importer, which fills an empty database ten times faster than writes do.

Every node has the importer's id `:ID(Label)`: its dense index, or `x` and its id where only a theme names it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from graph.edges import LAYOUTS
from graph.schema import LABELS
from graph.stores.base import GraphStore
from graph.stores.neo4j.packing import text_of

Table = Mapping[str, Sequence[Any]]
_TYPES: dict[str, dict[str, str]] = {
    "User": {"verified": ":boolean", "adult": ":boolean", "city": ""},
    "Merchant": {"name": "", "kind": "", "category": "", "scene": "", "city": "", "sensitive": ":boolean"},
    "Product": {"name": "", "category": "", "sensitive": ":boolean"},
    "Circle": {"name": "", "description": "", "scene": "", "created_at": ":long", "state": ""},
}
_EDGE = {"paid": ("PAID", "Merchant", "merchant"), "bought": ("BOUGHT", "Product", "product")}
_PAYMENT = {
    "payment": ":long", "user": ":long", "merchant": ":long", "product": ":long", "quantity": ":long",
    "band": ":long", "scene": ":long", "paid_at": ":long", "refund": ":boolean", "walled": ":boolean",
    "taken_at": ":long", "moved": ":boolean",
}  # fmt: skip


@dataclass
class CsvFiles:
    """What was written: label or type -> files, each with its header line."""

    nodes: dict[str, list[Path]] = field(default_factory=dict)
    relationships: dict[str, list[Path]] = field(default_factory=dict)
    num_relationships: int = 0


def write_csv(source: GraphStore, folder: Path) -> CsvFiles:
    """Write all that a store knows into an empty folder.

    Needs memory for the nodes, and for the edges in their packed form.
    """
    return _Writer(folder).write(source)


class _Writer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = CsvFiles()
        self.known: dict[str, dict[str, int]] = {}  # label -> id -> index
        self.unlisted: dict[str, set[str]] = {"Merchant": set(), "Product": set()}
        self.packed: dict[str, dict[int, str]] = {kind: {} for kind in LAYOUTS}

    def write(self, source: GraphStore) -> CsvFiles:
        nodes: dict[str, Table] = {}
        tables: dict[str, Table] = {}
        with ExitStack() as open_files:
            edge_files = {kind: self._edge_file(kind, open_files) for kind in LAYOUTS}
            name: str
            table: Table
            for name, table in source.export():
                kind = name.partition(".")[0]
                if kind in LAYOUTS:
                    self._edges(kind, table, edge_files[kind])
                elif name.title().removesuffix("s") in LABELS:
                    nodes[name.title().removesuffix("s")] = table
                else:
                    tables[name] = table
        self.known = {
            label: dict(zip(table["id"], table["index"], strict=True)) for label, table in nodes.items()
        }
        self._themes(tables["themes"])
        for label, table in nodes.items():
            self._nodes(label, table, tables["touched"])
        self._owned("SELLS", "Product", nodes["Product"], "merchant_id")
        self._owned("RUNS", "Circle", nodes["Circle"], "owner_id")
        self._people(tables)
        self._records(tables)
        return self.made

    # -- nodes --------------------------------------------------------------------------------------

    def _nodes(self, label: str, table: Table, touched: Table) -> None:
        columns: dict[str, Iterable[Any]] = {
            f":ID({label})": table["index"],
            "idx:long": table["index"],
            "id": _quoted(table["id"]),
        }
        for name, type_ in _TYPES[label].items():
            columns[name + type_] = _cells(table[name], type_)
        if label == "User":
            changed_of = dict(zip(touched["user"], touched["changed"], strict=True))
            columns["changed:long"] = [changed_of[index] for index in table["index"]]
            for kind, text in self.packed.items():
                columns[kind] = [text.get(index, "") for index in table["index"]]
        self._node_file(label, columns)
        if unlisted := sorted(self.unlisted.get(label, ())):
            ids = {f":ID({label})": _quoted(f"x{value}" for value in unlisted), "id": _quoted(unlisted)}
            self._node_file(label, ids, "unlisted")

    def _node_file(self, label: str, columns: Mapping[str, Iterable[Any]], name: str = "nodes") -> None:
        path = self.folder / f"{label}.{name}.csv"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(",".join(columns) + "\n")
            file.writelines(_lines(columns.values()))
        self.made.nodes.setdefault(label, []).append(path)

    def _owned(self, type_: str, label: str, table: Table, name: str) -> None:
        pairs = [
            (self.known["Merchant"][owner], index)
            for owner, index in zip(table[name], table["index"], strict=True)
            if owner is not None
        ]
        owners, owned = _columns(pairs, 2)
        self._relationships(type_, "Merchant", label, owners, owned)

    # -- edges --------------------------------------------------------------------------------------

    def _edge_file(self, kind: str, open_files: ExitStack) -> Any:
        type_, label, thing = _EDGE[kind]
        path = self.folder / f"{type_}.csv"
        file = open_files.enter_context(path.open("w", encoding="ascii", newline="\n"))
        names = [f"{name}:long" for name in LAYOUTS[kind].names or () if name != thing]
        file.write(",".join([":START_ID(User)", f":END_ID({label})", *names]) + "\n")
        self.made.relationships[type_] = [path]
        return file

    def _edges(self, kind: str, table: Table, file: Any) -> None:
        file.writelines(_lines(table.values()))
        self.made.num_relationships += len(table["user"])
        records = np.zeros(len(table["user"]), dtype=LAYOUTS[kind])
        for name in LAYOUTS[kind].names or ():
            records[name] = table[name]
        users, starts = np.unique(np.array(table["user"], dtype=np.int64), return_index=True)
        ends = np.append(starts[1:], len(records))
        for user, start, end in zip(users.tolist(), starts.tolist(), ends.tolist(), strict=True):
            self.packed[kind][user] = text_of(records[start:end]) or ""

    def _themes(self, table: Table) -> None:
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for circle, kind, target_id, weight in zip(*table.values(), strict=True):
            label = kind.title()
            rows.setdefault(label, []).append((circle, self._place(label, target_id), weight))
        for label, listed in rows.items():
            if label not in LABELS:
                names = sorted({place for _, place, _ in listed})
                self._node_file(label, {f":ID({label})": _quoted(names), "id": _quoted(names)})
            circles, places, weights = _columns(listed, 3)
            weight = {"weight:double": weights}
            self._relationships("ABOUT", "Circle", label, circles, _quoted(places), weight)

    def _place(self, label: str, target_id: str) -> str:
        """The importer's id of a theme target."""
        if label not in LABELS:
            return target_id
        index = self.known[label].get(target_id)
        if index is None:
            self.unlisted[label].add(target_id)
            return f"x{target_id}"
        return str(index)

    def _relationships(
        self,
        type_: str,
        start: str,
        end: str,
        starts: Sequence[Any],
        ends: Sequence[Any],
        properties: Mapping[str, Iterable[Any]] | None = None,
    ) -> None:
        path = self.folder / f"{type_}.{end}.csv"
        columns = {f":START_ID({start})": starts, f":END_ID({end})": ends, **(properties or {})}
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(",".join(columns) + "\n")
            file.writelines(_lines(columns.values()))
        self.made.relationships.setdefault(type_, []).append(path)
        self.made.num_relationships += len(starts)

    # -- people and records -------------------------------------------------------------------------

    def _people(self, tables: Mapping[str, Table]) -> None:
        members = list(zip(*tables["memberships"].values(), strict=True))
        open_ = [row[:3] for row in members if row[3] is None]
        ended = [row for row in members if row[3] is not None]
        users, circles, joined = _columns(open_, 3)
        self._relationships("MEMBER_OF", "User", "Circle", users, circles, {"joined_at:long": joined})
        users, circles, joined, left = _columns(ended, 4)
        times = {"joined_at:long": joined, "left_at:long": left}
        self._relationships("WAS_MEMBER_OF", "User", "Circle", users, circles, times)
        for name, type_, end, time in (
            ("dismissals", "DISMISSED", "Circle", "at"),
            ("blocks", "BLOCKED", "User", "at"),
            ("links", "CONNECTED", "User", "since"),
        ):
            ends = "circle" if end == "Circle" else "other"
            at = {f"{time}:long": tables[name][time]}
            self._relationships(type_, "User", end, tables[name]["user"], tables[name][ends], at)
        consents = tables["consents"]
        purposes = sorted(set(consents["purpose"]))
        self._node_file("Purpose", {":ID(Purpose)": _quoted(purposes), "id": _quoted(purposes)})
        decided = {"granted:boolean": _cells(consents["granted"], ":boolean"), "at:long": consents["at"]}
        self._relationships(
            "DECIDED", "User", "Purpose", consents["user"], _quoted(consents["purpose"]), decided
        )

    def _records(self, tables: Mapping[str, Table]) -> None:
        events = tables["events"]
        ids = _quoted(events["event_id"])
        self._node_file(
            "Event",
            {
                ":ID(Event)": ids,
                "event_id": ids,
                "kind": _quoted(events["kind"]),
                "circle:long": _cells(events["circle"], ":long"),
                "rec_id": _cells(events["rec_id"], ""),
                "at:long": events["at"],
            },
        )
        self._relationships("DID", "User", "Event", events["user"], ids)
        changes = tables["changes"]
        numbers = {f"{n}:long": _cells(changes[n], ":long") for n in ("seq", "at", "user", "circle")}
        self._node_file("Change", numbers | {"kind": _quoted(changes["kind"])})
        inbox = tables["inbox"]
        self._node_file("Payment", {n + t: _cells(inbox[n], t) for n, t in _PAYMENT.items()})
        loads = tables["loads"]
        texts = {n: _quoted(loads[n]) for n in ("load_id", "source", "fingerprint", "state", "report")}
        numbered = range(len(loads["at"]))
        self._node_file("Load", {**texts, "number:long": numbered, "at:long": loads["at"]})
        meta, counters = tables["meta"], tables["counters"]
        self._node_file("Meta", {"key": _quoted(meta["key"]), "value": _quoted(meta["value"])})
        self._node_file("Counter", {"name": _quoted(counters["name"]), "value:long": counters["value"]})


def _columns(rows: Sequence[tuple[Any, ...]], num_columns: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(num_columns)]


def _lines(columns: Iterable[Iterable[Any]]) -> Iterator[str]:
    return (",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


def _quoted(values: Iterable[str]) -> list[str]:
    return ['"' + value.replace('"', '""') + '"' for value in values]


def _cells(values: Sequence[Any], type_: str) -> list[Any]:
    """Cells of a column; nothing at all where a value is absent."""
    if type_ == ":boolean":
        return ["" if value is None else "true" if value else "false" for value in values]
    if type_:
        return ["" if value is None else value for value in values]
    return ["" if value is None else '"' + value.replace('"', '""') + '"' for value in values]
