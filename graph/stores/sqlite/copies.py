"""A consistent copy of a whole store as one file of the embedded kind, made while the store is in use.

An embedded store is copied by SQLite's own online backup, in one step: of one moment, and writers go on. Any
other store is read table by table and written down row by row, with the same indices, changes and identity.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from graph.durable import sync
from graph.edges import LAYOUTS, UserEdges
from graph.errors import StoreError
from graph.queries import load_queries
from graph.stores.base import GraphStore
from graph.stores.columns import BATCH
from graph.stores.packed import slice_of
from graph.stores.sqlite.file import connect, prepare, translated

TIMEOUT_S = 10.0
Told = Callable[[str, int, int], None]  # stage, done, total


def copy_file(source: Path, target: Path) -> None:
    """Copy an SQLite file that others may be writing, as of one moment; `target` must not exist.

    Raises:
        StoreUnavailable: the file cannot be read, or is damaged.
        StoreError: the copy is not sound.
    """
    with translated(source), closing(sqlite3.connect(target)) as copy:
        with closing(sqlite3.connect(f"file:{source}?mode=rw", uri=True, timeout=TIMEOUT_S)) as db:
            db.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a write-ahead file beside it
        found = copy.execute("PRAGMA quick_check").fetchone()[0]
    target.chmod(0o600)
    if found != "ok":
        raise StoreError(f"{str(source)!r} is damaged ({found}); restore an earlier backup")
    sync(target)


def use_write_ahead(path: Path) -> None:
    """Make a copied file ready for a store's readers and writers."""
    with translated(path), closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")


def write_file(source: GraphStore, target: Path, told: Told) -> None:
    """Write down all that a store knows; `target` must not exist. Nobody may write to the store meanwhile.

    Needs memory for the edges: 60 bytes an edge.

    Raises:
        StoreError: what was read does not fit together.
    """
    prepare(target, TIMEOUT_S)
    with translated(target), closing(connect(target, TIMEOUT_S)) as db:
        db.execute("PRAGMA foreign_keys = OFF")  # tables come in the order of the export; looked at below
        db.execute("BEGIN IMMEDIATE")
        for name, columns in source.export(edges=False):
            told(f"reading {name.replace('_', ' ')}", 0, 0)
            db.executemany(load_queries("sqlite")[f"fill_{name}"], _rows(columns))
        for kind in LAYOUTS:
            told(f"reading {kind}", 0, 0)
            text = load_queries("sqlite")["fill_edges"].replace("{table}", kind)
            db.executemany(text, _packed(source.edges(kind)))
        broken = db.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise StoreError(f"the store changed while it was read (table {broken[0]}); try again")
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = DELETE")
    sync(target)


def _rows(columns: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def _packed(edges: UserEdges) -> Iterable[tuple[int, bytes]]:
    for start in range(0, len(edges), BATCH):
        part = slice_of(edges, start, start + BATCH)
        raw, ends = part.edges.tobytes(), (part.offsets * part.edges.dtype.itemsize).tolist()
        for place, user in enumerate(part.users.tolist()):
            if ends[place] < ends[place + 1]:
                yield user, raw[ends[place] : ends[place + 1]]
