"""Fill the empty database of any server over the wire, from the files that Neo4j's importer would read.

For a server that is not on this machine: the importer of `transfer.py` needs its files. `Meta` comes last, so
that a database that is filled by half belongs to no store and is refused by everybody; filling it again
starts over.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from graph.errors import StoreConflict, StoreError
from graph.queries import load_queries
from graph.stores.base import GraphStore, without_secret
from graph.stores.neo4j.address import target_of
from graph.stores.neo4j.bolt import neo4j
from graph.stores.neo4j.csv_files import CsvFiles, label_of_thing, write_csv
from graph.stores.neo4j.drivers import Drivers, translated
from graph.stores.open import open_store

ROWS = 10_000  # of one transaction
INDEX_S = 600
Told = Callable[[str, int, int], None]  # stage, done, total
Row = dict[str, Any]


def fill(source: GraphStore, address: str, files: Path, told: Told) -> None:
    """Make the graph behind an address equal to the source's.

    Args:
        files: a folder to write into; it is removed afterwards.

    Raises:
        StoreConflict: the database holds another graph. StoreUnavailable: the server does not answer.
        StoreError: what came over is not what the source has.
    """
    target = target_of(address)
    drivers = Drivers(target)
    try:
        with translated(target), drivers.get().session(database=target.database) as session:
            _clear(session, address)
            shutil.rmtree(files, ignore_errors=True)
            files.mkdir(mode=0o700)
            told("writing files to import", 0, 0)
            _Filler(session, told).fill(write_csv(source, files))
    finally:
        drivers.close()
        shutil.rmtree(files, ignore_errors=True)
    with closing(open_store(address)) as filled:
        if filled.stats() != source.stats():
            raise StoreError(f"{without_secret(address)} has other counts than the backup; restore again")


def _clear(session: neo4j.Session, address: str) -> None:
    """Take the database of nobody, or one that an earlier filling left by half."""
    if _run(session, "is_half_filled")[0][0]:
        _run(session, "wipe")
    else:
        with closing(open_store(address)) as store:  # makes the schema; refuses what is another program's
            counts = store.stats()
        if counts["seq"] or counts["User"]:
            raise StoreConflict(
                f"{without_secret(address)} holds a graph already ({counts['User']:,} users); it is left as "
                f"it is. "
                "Restore into an empty database"
            )
    _write(session, "begin_filling")


class _Filler:
    def __init__(self, session: neo4j.Session, told: Told) -> None:
        self._session = session
        self._told = told

    def fill(self, made: CsvFiles) -> None:
        for label, files in made.nodes.items():
            if label != "Meta":
                self._nodes(label, files)
        reached = [label for label, files in made.nodes.items() if _has_number(files[0])]
        for label in reached:
            _run(self._session, "index_numbers", label=label)
        _run(self._session, "await_indexes")
        for kind, files in made.relationships.items():
            self._relationships(kind, files)
        for label in reached:
            _run(self._session, "drop_index_of_numbers", label=label)
            _run(self._session, "drop_numbers", label=label)
        (meta,) = [list(_rows(file)) for file in made.nodes["Meta"]]
        _write(self._session, "end_filling", rows=[row[1] for row in meta])

    def _nodes(self, label: str, files: Sequence[Path]) -> None:
        self._in_parts("fill_nodes", files, label, label=label)

    def _relationships(self, kind: str, files: Sequence[Path]) -> None:
        """One query for each pair of labels, since the number of a thing says which of four it is."""
        done = 0
        for file in files:
            for part in _parts(_rows(file)):
                by_labels: dict[tuple[str, str], list[list[Any]]] = {}
                for ends, properties in part:
                    (start, one), (end, other) = (_label_of(*at) for at in ends)
                    by_labels.setdefault((start, end), []).append([one, other, properties])
                for (start, end), rows in by_labels.items():
                    _write(self._session, "fill_relationships", rows=rows, label=start, other=end, kind=kind)
                done += len(part)
                self._told(f"filling {kind}", done, 0)

    def _in_parts(self, query: str, files: Sequence[Path], stage: str, **names: str) -> None:
        done = 0
        for file in files:
            for part in _parts(_rows(file)):
                rows = [properties | _numbered(ends) for ends, properties in part]
                _write(self._session, query, rows=rows, **names)
                done += len(part)
                self._told(f"filling {stage}", done, 0)


def _numbered(ends: Sequence[tuple[str, int]]) -> Row:
    return {"_number": ends[0][1]} if ends else {}


def _label_of(group: str, number: int) -> tuple[str, int]:
    """Label and number of a node; of the group `Thing` the number says which label it has."""
    return (label_of_thing(number), number) if group == "Thing" else (group, number)


def _has_number(file: Path) -> bool:
    with file.open(encoding="utf-8") as opened:
        return ":ID(" in opened.readline()


def _parts(rows: Iterator[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    for row in rows:
        part.append(row)
        if len(part) == ROWS:
            yield part
            part = []
    if part:
        yield part


def _rows(file: Path) -> Iterator[tuple[list[tuple[str, int]], Row]]:
    """Rows of one file: group and number of its node, or of its two ends, and its properties."""
    import pyarrow as pa
    from pyarrow import csv

    with file.open(encoding="utf-8") as opened:
        header = [name.strip('"') for name in opened.readline().rstrip("\n").split(",")]  # Arrow quotes them
        if not opened.read(1):
            return
    kinds = {"long": pa.int64(), "double": pa.float64(), "boolean": pa.bool_()}
    types = {
        name: pa.int64() if "ID(" in name else kinds.get(name.partition(":")[2], pa.string())
        for name in header
    }
    options = csv.ConvertOptions(
        column_types=types,
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,  # "" is a text, nothing at all is no value
        null_values=[""],
        true_values=["true"],
        false_values=["false"],
    )
    reader = csv.open_csv(
        file, parse_options=csv.ParseOptions(newlines_in_values=True), convert_options=options
    )
    for batch in reader:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield _parsed(header, row)


def _parsed(header: Sequence[str], row: Sequence[Any]) -> tuple[list[tuple[str, int]], Row]:
    ends, properties = [], {}
    for name, value in zip(header, row, strict=True):
        if "ID(" in name:
            ends.append((name.partition("(")[2].rstrip(")"), value))
        elif value is not None:
            properties[name.partition(":")[0]] = value
    return ends, properties


def _text(query: str, names: Mapping[str, str]) -> str:
    text = load_queries("neo4j")[query]
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _run(session: neo4j.Session, query: str, **names: str) -> list[list[Any]]:
    """Run outside a managed transaction: what changes the schema, or has transactions of its own."""
    return session.run(_text(query, names)).values()


def _write(session: neo4j.Session, query: str, rows: Sequence[Any] = (), **names: str) -> None:
    text = _text(query, names)
    session.execute_write(lambda tx: tx.run(text, rows=rows).consume())
