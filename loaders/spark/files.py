"""A whole graph as partitioned files for `neo4j-admin database import`, written by many workers.

    FOLDER/User/header.csv, part-00000.csv, ...     people, with their edges packed on them
    FOLDER/PAID/..., FOLDER/BOUGHT/...              what payments add up to, added up from the log by Spark
    FOLDER/*.csv                                    all that is small, one file each, with its header
    FOLDER/import.args                              the importer's arguments; written last: all is there

It is the same graph as in the store: same indices, identity and changes, so that the home goes on to fit.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from graph.aggregate import packed
from graph.edges import LAYOUTS, UserEdges
from graph.errors import InputError
from graph.log import PaymentLog
from graph.muting import Mask
from graph.stores.base import GraphStore
from graph.stores.neo4j.csv_files import CsvFiles, edges_file, people_file, type_of, write_csv
from graph.stores.neo4j.packing import rows_of
from loaders.spark.adding import SparkAdder, people_apart, table_of

ARGUMENTS = "import.args"
_PACKED = "user bigint, text string"
_PATH = "path string"
_OPTIONS = (
    "--id-type=integer",
    "--multiline-fields=true",
    "--bad-tolerance=0",
    "--overwrite-destination=true",
)


def write_files(
    spark: Any, log: PaymentLog, store: GraphStore, into: Path, *, memory: str, threads: int | None
) -> CsvFiles:
    """Write a store and its log into a folder that all workers see.

    Args:
        into: does not exist yet, or is empty.

    Raises:
        InputError: there is something in the folder already; nothing was changed.
    """
    into = into.absolute()
    require_empty(into)
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = into / ".scratch"
    scratch.mkdir(mode=0o700)
    made = write_csv(store, into, apart=True)
    adder = SparkAdder(spark, log, scratch)
    apart = _of_people_apart(log, store, memory, threads)
    for kind in LAYOUTS:
        made.relationships[type_of(kind)] = _edge_files(spark, adder, kind, apart[kind], into, scratch)
    made.nodes["User"] = _people_files(spark, store, into, scratch)
    shutil.rmtree(scratch)
    _write_arguments(made, into)
    return made


def require_empty(into: Path) -> None:
    """Raises InputError when there is something in the folder."""
    if into.exists() and not (into.is_dir() and not any(into.iterdir())):
        raise InputError(f"{str(into)!r} is not empty; name a new folder")


def _of_people_apart(
    log: PaymentLog, store: GraphStore, memory: str, threads: int | None
) -> dict[str, UserEdges]:
    """Edges of the few whose payments need what only the store knows."""
    users = people_apart(store, None)
    mask = Mask.of(store)
    return log.aggregate(users, extra=store.inbox(), mask=mask, memory=memory, threads=threads)


def _edge_files(
    spark: Any, adder: SparkAdder, kind: str, apart: UserEdges, into: Path, scratch: Path
) -> list[Path]:
    """Files of one type of relationship; the packed edges of each person lie in `scratch` afterwards."""
    folder = into / type_of(kind)
    folder.mkdir()
    edges_file(kind, UserEdges(apart.users[:0], apart.offsets[:1], apart.edges[:0]), folder / "header.csv")
    found = adder.add_up(kind)
    if len(apart):
        pq.write_table(pa.table({"user": apart.users}), scratch / f"apart-{kind}.parquet")
        pq.write_table(table_of(kind, [apart]), scratch / f"own-{kind}.parquet")
        people = spark.read.parquet(str(scratch / f"apart-{kind}.parquet"))
        own = spark.read.parquet(str(scratch / f"own-{kind}.parquet"))
        found = found.join(people, "user", "left_anti").unionByName(own)
    ordered = found.orderBy("user")
    ordered.mapInArrow(_EdgeWriter(kind, folder), _PACKED).write.parquet(str(scratch / f"packed-{kind}"))
    return [folder / "header.csv", *_parts(folder)]


def _people_files(spark: Any, store: GraphStore, into: Path, scratch: Path) -> list[Path]:
    folder = into / "User"
    folder.mkdir()
    names = ("index", "id", "verified", "adult", "city", "changed", *LAYOUTS)
    people_file({name: [] for name in names}, folder / "header.csv")
    nodes = store.nodes("User")
    touched = dict(store.export(edges=False))["touched"]
    changed_of = dict(zip(touched["user"], touched["changed"], strict=True))
    types = {"index": pa.int64(), "verified": pa.bool_(), "adult": pa.bool_()}
    columns = {name: pa.array(nodes[name], types.get(name, pa.string())) for name in names[:5]}
    columns["changed"] = pa.array([changed_of[index] for index in nodes["index"]], pa.int64())
    pq.write_table(pa.table(columns), scratch / "people.parquet")
    people = spark.read.parquet(str(scratch / "people.parquet"))
    for kind in LAYOUTS:
        texts = spark.read.schema(_PACKED).parquet(str(scratch / f"packed-{kind}"))
        texts = texts.withColumnRenamed("user", "index").withColumnRenamed("text", kind)
        people = people.join(texts, "index", "left")
    people.orderBy("index").select(*names).mapInArrow(_PeopleWriter(folder), _PATH).collect()
    return [folder / "header.csv", *_parts(folder)]


@dataclass(frozen=True)
class _EdgeWriter:
    """Writes the edges of one partition, which holds whole people, and gives each person's packed edges."""

    kind: str
    folder: Path

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parts = [batch for batch in batches if batch.num_rows]
        if not parts:
            return
        edges = packed(self.kind, pa.Table.from_batches(parts), None)
        _placed(self.folder, lambda path: edges_file(self.kind, edges, path, header=False))
        users, texts = zip(*rows_of(edges), strict=True)
        yield pa.record_batch({"user": pa.array(users, pa.int64()), "text": pa.array(texts, pa.string())})


@dataclass(frozen=True)
class _PeopleWriter:
    """Writes the people of one partition."""

    folder: Path

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parts = [batch for batch in batches if batch.num_rows]
        if not parts:
            return
        people = pa.Table.from_batches(parts).to_pydict()
        path = _placed(self.folder, lambda path: people_file(people, path, header=False))
        yield pa.record_batch({"path": pa.array([str(path)], pa.string())})


def _placed(folder: Path, write: Any) -> Path:
    """Write a partition's file beside its place, then rename: a worker that is lost leaves no half of one."""
    from pyspark import TaskContext

    context = TaskContext.get()
    number = 0 if context is None else context.partitionId()
    beside, path = folder / f".{secrets.token_hex(8)}", folder / f"part-{number:05d}.csv"
    write(beside)
    os.replace(beside, path)
    return path


def _parts(folder: Path) -> list[Path]:
    for left in folder.glob(".*"):
        left.unlink()
    return sorted(folder.glob("part-*.csv"))


def _write_arguments(made: CsvFiles, into: Path) -> None:
    """Arguments for `neo4j-admin database import full neo4j @import.args`, called in the folder itself."""
    lines = list(_OPTIONS)
    for option, files_of in (("nodes", made.nodes), ("relationships", made.relationships)):
        for name, files in files_of.items():
            lines.append(f"--{option}={name}={','.join(str(file.relative_to(into)) for file in files)}")
    staged = into / f".{ARGUMENTS}"
    staged.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.replace(staged, into / ARGUMENTS)
