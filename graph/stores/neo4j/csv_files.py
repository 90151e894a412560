"""A whole store as files for Neo4j's importer, which fills an empty database ten times faster than writes.

Every node that relationships reach has a number for the importer alone, looked up faster than a text: its
dense index, and among what a theme can name (`Thing`) four times that, and which of the four labels it has.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from graph.edges import LAYOUTS, UserEdges
from graph.schema import LABELS
from graph.stores.base import GraphStore
from graph.stores.circle_links import LINK_COLUMNS, RELAY_COLUMNS
from graph.stores.neo4j.packing import rows_of

Table = Mapping[str, Sequence[Any]]
_TYPES: dict[str, dict[str, str]] = {
    "User": {"verified": ":boolean", "adult": ":boolean", "city": ""},
    "Merchant": {"name": "", "kind": "", "category": "", "scene": "", "city": "", "sensitive": ":boolean"},
    "Product": {"name": "", "category": "", "sensitive": ":boolean"},
    "Circle": {"name": "", "description": "", "scene": "", "created_at": ":long", "state": ""},
}
_EDGE = {"paid": ("PAID", "merchant"), "bought": ("BOUGHT", "product")}
_THINGS = ("Merchant", "Product", "Category", "Scene")  # one group of numbers
_PAYMENT = {
    "payment": ":long", "user": ":long", "merchant": ":long", "product": ":long", "quantity": ":long",
    "band": ":long", "scene": ":long", "paid_at": ":long", "refund": ":boolean", "walled": ":boolean",
    "taken_at": ":long", "moved": ":boolean",
}  # fmt: skip

_LIFE = {
    "revision": ":long", "edited_at": ":long", "eligibility": "", "words": "", "request": "",
    "state_before": "", "reason": "",
}  # fmt: skip
_VERDICT = {"upheld": ":boolean", "judged_at": ":long"}
_AUDIENCE = {
    "audience_id": "", "owner": "", "state": "", "topics": "", "asked": "", "certificate": "", "funnel": "",
    "sending": "", "problem": "", "created_at": ":long", "valid_until": ":long", "revision": ":long",
}  # fmt: skip


@dataclass
class CsvFiles:
    """What was written: label or type -> files, each with its header line."""

    nodes: dict[str, list[Path]] = field(default_factory=dict)
    relationships: dict[str, list[Path]] = field(default_factory=dict)
    num_relationships: int = 0


def write_csv(source: GraphStore, folder: Path, *, apart: bool = False) -> CsvFiles:
    """Write all that a store knows into an empty folder.

    Needs memory for the nodes and the edges: 60 bytes an edge.

    Args:
        apart: leave out people and what their payments add up to, which somebody else writes in parts with
            `people_file` and `edges_file`.
    """
    return _Writer(folder, apart).write(source)


def edges_file(kind: str, edges: UserEdges, path: Path, *, header: bool = True) -> None:
    """Write edges of a kind. Written by Arrow: a Python row for each edge would take ten times as long."""
    import pyarrow as pa
    from pyarrow import csv

    thing = _EDGE[kind][1]
    columns = {":START_ID(User)": pa.array(np.repeat(edges.users, np.diff(edges.offsets)))}
    times, plus = _coded(thing.title())
    columns[":END_ID(Thing)"] = pa.array(edges.edges[thing].astype(np.int64) * times + plus)
    for name in LAYOUTS[kind].names or ():
        if name != thing:
            columns[f"{name}:long"] = pa.array(np.ascontiguousarray(edges.edges[name]))
    options = csv.WriteOptions(include_header=header, quoting_style="none")
    csv.write_csv(pa.table(columns), path, options)


def type_of(kind: str) -> str:
    """Type of the relationships of a kind of edge."""
    return _EDGE[kind][0]


def people_file(people: Table, path: Path, *, header: bool = True) -> None:
    """Write people as nodes.

    Args:
        people: columns `index`, `id`, `verified`, `adult`, `city`, `changed`, and `paid` and `bought`, their
            packed edges as text or nothing.
    """
    columns: dict[str, Sequence[Any]] = {
        _id("User"): people["index"],
        "idx:long": people["index"],
        "id": _quoted(people["id"]),
    }
    columns |= {name + type_: _cells(people[name], type_) for name, type_ in _TYPES["User"].items()}
    columns["changed:long"] = people["changed"]
    columns |= {kind: [text or "" for text in people[kind]] for kind in LAYOUTS}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        if header:
            file.write(",".join(columns) + "\n")
        file.writelines(_lines(columns.values()))


class _Writer:
    def __init__(self, folder: Path, apart: bool) -> None:
        self.folder, self.apart = folder, apart
        self.made = CsvFiles()
        self.known: dict[str, dict[str, int]] = {}  # label -> id -> index
        self.free: dict[str, int] = {}  # label -> what is above every index
        self.named: dict[str, dict[str, int]] = {label: {} for label in _THINGS}  # by a theme only
        self.packed: dict[str, dict[int, str]] = {kind: {} for kind in LAYOUTS}

    def write(self, source: GraphStore) -> CsvFiles:
        for kind in () if self.apart else LAYOUTS:
            self._edges(kind, source.edges(kind))
        tables: dict[str, Table] = dict(source.export(edges=False))
        nodes = {label: tables[f"{label.lower()}s"] for label in LABELS}
        self.known = {
            label: dict(zip(table["id"], table["index"], strict=True)) for label, table in nodes.items()
        }
        self.free = {label: max(table["index"], default=-1) + 1 for label, table in nodes.items()}
        self._themes(tables["themes"])
        for label, table in nodes.items():
            if label != "User":
                self._nodes(label, table, tables["circle_life"])
            elif not self.apart:
                self._persons(table, tables["touched"])
        self._owned("SELLS", "Product", nodes["Product"], "merchant_id")
        self._owned("RUNS", "Circle", nodes["Circle"], "owner_id")
        self._people(tables)
        self._records(tables)
        self._invitations(tables)
        return self.made

    # -- nodes --------------------------------------------------------------------------------------

    def _persons(self, table: Table, touched: Table) -> None:
        changed_of = dict(zip(touched["user"], touched["changed"], strict=True))
        packed = {kind: [text.get(index) for index in table["index"]] for kind, text in self.packed.items()}
        path = self.folder / "User.nodes.csv"
        people_file({**table, **packed, "changed": [changed_of[index] for index in table["index"]]}, path)
        self.made.nodes["User"] = [path]

    def _nodes(self, label: str, table: Table, life: Table) -> None:
        named = self.named.get(label, {})
        nothing = [""] * len(named)
        columns: dict[str, Sequence[Any]] = {
            _id(label): _numbers(label, [*table["index"], *named.values()]),
            "idx:long": [*table["index"], *nothing],
            "id": _quoted([*table["id"], *named]),
        }
        for name, type_ in _TYPES[label].items():
            columns[name + type_] = [*_cells(table[name], type_), *nothing]
        if label == "Circle":
            columns |= _of_some(life, "circle", table["index"], _LIFE)
        self._node_file(label, columns)

    def _node_file(self, label: str, columns: Mapping[str, Iterable[Any]]) -> None:
        path = self.folder / f"{label}.nodes.csv"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(",".join(columns) + "\n")
            file.writelines(_lines(columns.values()))
        self.made.nodes[label] = [path]

    def _owned(self, type_: str, label: str, table: Table, name: str) -> None:
        pairs = [
            (self.known["Merchant"][owner], index)
            for owner, index in zip(table[name], table["index"], strict=True)
            if owner is not None
        ]
        owners, owned = _columns(pairs, 2)
        starts, ends = _numbers("Merchant", owners), _numbers(label, owned)
        self._relationships(type_, "Merchant", label, starts, ends)

    # -- edges --------------------------------------------------------------------------------------

    def _edges(self, kind: str, edges: UserEdges) -> None:
        path = self.folder / f"{type_of(kind)}.csv"
        edges_file(kind, edges, path)
        self.made.relationships[type_of(kind)] = [path]
        self.made.num_relationships += len(edges.edges)
        self.packed[kind] = {user: text or "" for user, text in rows_of(edges)}

    def _themes(self, table: Table) -> None:
        places = [
            self._place(kind.title(), target_id)
            for kind, target_id in zip(table["kind"], table["target_id"], strict=True)
        ]
        for kind in ("category", "scene"):
            label, named = kind.title(), self.named[kind.title()]
            self._node_file(label, {_id(label): _numbers(label, named.values()), "id": _quoted(named)})
        weight = {"weight:double": table["weight"]}
        self._relationships("ABOUT", "Circle", "Merchant", table["circle"], places, weight)

    def _place(self, label: str, target_id: str) -> int:
        """The importer's number of a theme target; one without an index comes after those with one."""
        index = self.known.get(label, {}).get(target_id)
        if index is None:
            named = self.named[label]
            index = named.setdefault(target_id, self.free.get(label, 0) + len(named))
        return _numbers(label, [index])[0]

    def _relationships(
        self,
        type_: str,
        start: str,
        end: str,
        starts: Sequence[Any],
        ends: Sequence[Any],
        properties: Mapping[str, Iterable[Any]] | None = None,
    ) -> None:
        path = self.folder / f"{type_}.csv"
        ids = {f":START_ID({_group(start)})": starts, f":END_ID({_group(end)})": ends}
        columns = {**ids, **(properties or {})}
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(",".join(columns) + "\n")
            file.writelines(_lines(columns.values()))
        self.made.relationships[type_] = [path]
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
        shown = tables["suggestions"]
        said = {f"{name}:long": _cells(shown[name], ":long") for name in ("period", "times", "answered_at")}
        said["answer"] = _cells(shown["answer"], "")
        self._relationships("SUGGESTED", "User", "User", shown["user"], shown["other"], said)
        self._between_circles(tables)
        seen = tables["showings"]
        counts = {"times:long": seen["times"], "last_at:long": seen["last_at"]}
        self._relationships("SHOWN", "User", "Circle", seen["user"], seen["circle"], counts)
        consents = tables["consents"]
        number_of = {purpose: i for i, purpose in enumerate(sorted(set(consents["purpose"])))}
        self._node_file("Purpose", {":ID(Purpose)": number_of.values(), "id": _quoted(number_of)})
        decided = {"granted:boolean": _cells(consents["granted"], ":boolean"), "at:long": consents["at"]}
        decided["door"] = _cells(consents["door"], "")
        numbers = [number_of[purpose] for purpose in consents["purpose"]]
        self._relationships("DECIDED", "User", "Purpose", consents["user"], numbers, decided)

    def _between_circles(self, tables: Mapping[str, Table]) -> None:
        links = tables["circle_links"]
        agreed = {name: _quoted(links[name]) for name in ("link_id", "topics")}
        agreed |= {f"{name}:long": _cells(links[name], ":long") for name in LINK_COLUMNS[4:]}
        self._relationships("LINKED", "Circle", "Circle", links["source"], links["target"], agreed)
        relays = tables["relays"]
        texts = {name: _quoted(relays[name]) for name in RELAY_COLUMNS[:-1]}
        self._node_file("Relay", {**texts, "at:long": relays["at"]})
        circles, owners = tables["circle_mutes"], tables["owner_mutes"]
        at = {"at:long": circles["at"]}
        self._relationships("MUTED", "User", "Circle", circles["user"], circles["circle"], at)
        merchants, at = _numbers("Merchant", owners["merchant"]), {"at:long": owners["at"]}
        self._relationships("MUTED_OWNER", "User", "Merchant", owners["user"], merchants, at)
        unused = tables["payment_mutes"]
        numbers: Table = {f"{name}:long": unused[name] for name in ("user", "at", "seq")}
        texts = {name: _quoted(unused[name]) for name in ("kind", "thing", "merchants")}
        self._node_file("PaymentMute", {**numbers, **texts})

    def _records(self, tables: Mapping[str, Table]) -> None:
        events = tables["events"]
        numbered = range(len(events["event_id"]))
        self._node_file(
            "Event",
            {
                ":ID(Event)": numbered,
                "event_id": _quoted(events["event_id"]),
                "kind": _quoted(events["kind"]),
                "circle:long": _cells(events["circle"], ":long"),
                "rec_id": _cells(events["rec_id"], ""),
                "at:long": events["at"],
                **_of_some(_judged(tables["verdicts"]), "event_id", events["event_id"], _VERDICT),
                "position:long": _cells(events["position"], ":long"),
            },
        )
        self._relationships("DID", "User", "Event", events["user"], numbered)
        changes = tables["changes"]
        numbers = {f"{n}:long": _cells(changes[n], ":long") for n in ("seq", "at", "user", "circle")}
        self._node_file("Change", numbers | {"kind": _quoted(changes["kind"])})
        inbox = tables["inbox"]
        self._node_file("Payment", {n + t: _cells(inbox[n], t) for n, t in _PAYMENT.items()})
        loads = tables["loads"]
        texts = {n: _quoted(loads[n]) for n in ("load_id", "source", "fingerprint", "state", "report")}
        numbered = range(len(loads["at"]))
        self._node_file("Load", {**texts, "number:long": numbered, "at:long": loads["at"]})
        kept = tables["releases"]
        answers = {n: _quoted(kept[n]) for n in ("owner", "period", "key", "payload")}
        self._node_file("Release", {**answers, "cost:double": kept["cost"]})
        meta, counters = tables["meta"], tables["counters"]
        self._node_file("Meta", {"key": _quoted(meta["key"]), "value": _quoted(meta["value"])})
        self._node_file("Counter", {"name": _quoted(counters["name"]), "value:long": counters["value"]})

    def _invitations(self, tables: Mapping[str, Table]) -> None:
        audiences = tables["audiences"]
        number_of = {audience_id: i for i, audience_id in enumerate(audiences["audience_id"])}
        columns: dict[str, Iterable[Any]] = {":ID(Audience)": number_of.values()}
        self._node_file(
            "Audience",
            columns | {name + type_: _cells(audiences[name], type_) for name, type_ in _AUDIENCE.items()},
        )
        self._relationships("FOR", "Audience", "Circle", list(number_of.values()), audiences["circle"])
        people = tables["audience_people"]
        held: dict[str, Iterable[Any]] = {name: _quoted(people[name]) for name in ("arm", "state")}
        held["score:double"] = people["score"]
        numbers = [number_of[audience_id] for audience_id in people["audience_id"]]
        self._relationships("HOLDS", "Audience", "User", numbers, people["user"], held)
        sent = tables["invitations"]
        said: dict[str, Iterable[Any]] = {
            name: _quoted(sent[name]) for name in ("invitation_id", "audience_id")
        }
        said["answer"] = _cells(sent["answer"], "")
        said |= {f"{name}:long": _cells(sent[name], ":long") for name in ("sent_at", "answered_at")}
        self._relationships("INVITED", "Circle", "User", sent["circle"], sent["user"], said)


def _group(label: str) -> str:
    return "Thing" if label in _THINGS else label


def _id(label: str) -> str:
    return f":ID({_group(label)})"


def _numbers(label: str, indices: Iterable[int]) -> list[int]:
    """The importer's numbers of nodes."""
    times, plus = _coded(label)
    return [index * times + plus for index in indices]


def label_of_thing(number: int) -> str:
    """Which of the labels that share their numbers a node has."""
    return _THINGS[number % len(_THINGS)]


def _coded(label: str) -> tuple[int, int]:
    """What an index is multiplied by to become the importer's number, and what is added."""
    return (len(_THINGS), _THINGS.index(label)) if label in _THINGS else (1, 0)


def _judged(verdicts: Table) -> Table:
    return {"event_id": verdicts["event_id"], "upheld": verdicts["upheld"], "judged_at": verdicts["at"]}


def _of_some(table: Table, key: str, keys: Sequence[Any], types: Mapping[str, str]) -> dict[str, list[Any]]:
    """Columns of a table that has a row for some of the keys only; nothing for the others."""
    place_of = {value: place for place, value in enumerate(table[key])}
    places = [place_of.get(value) for value in keys]
    return {
        name + type_: _cells([None if at is None else table[name][at] for at in places], type_)
        for name, type_ in types.items()
    }


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
