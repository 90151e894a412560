"""A segment of the log written by many workers: the same folders and files as `graph/segments.py` writes.

Every file is written beside its place and renamed, and its name follows from what is in it: a worker that is
lost and replaced, or raced by another, leaves the same files.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.lib import format as npy

from graph.errors import StoreError
from graph.log import BLOCK, NONE, NUM_BUCKETS, PaymentLog, Rows, Segment, empty_rows
from graph.segments import FLUSH_ROWS, SegmentWriter, sync_tree, write_rows
from loaders.interning import Int64
from loaders.placing import Labels
from loaders.spark.intake import ORDER, SparkStaging
from loaders.staging import THINGS

_PLACE = ("bucket", "month", "slice")
_ROW = ("payment", "user", "merchant", "product", "quantity", "paid_at", "band", "declared", "refund")
_FILE_DDL = "path string, rows bigint, max_band int, walled bigint, refunds bigint"


@dataclass(frozen=True)
class WrittenFiles:
    """What a segment came to; walled, refunds: how many of its rows are."""

    segment: Segment
    walled: int
    refunds: int


def write(
    log: PaymentLog,
    staging: SparkStaging,
    indices: dict[str, tuple[list[str], Int64]],
    labels: Labels,
    name: str,
) -> WrittenFiles:
    """Write the new rows of a staging area; nothing in the log changes until it is committed.

    Args:
        indices: user, merchant, product -> ids and the index of each.

    Raises:
        StoreError: what the workers wrote is not all of it.
    """
    writer = SegmentWriter(log, name)
    rows = _indexed(staging, indices)
    slices = 1 + staging.num_rows // (FLUSH_ROWS * NUM_BUCKETS)
    placed = _placed(rows, slices).select(*_PLACE, *ORDER, *_ROW)
    task = _FileWriter(writer.folder, labels)
    cuts = max(1, min(NUM_BUCKETS * 24 * slices, staging.num_rows // 50_000))
    made = placed.repartition(cuts, *_PLACE).sortWithinPartitions(*_PLACE, "user", *ORDER)
    files = made.mapInArrow(task, _FILE_DDL).collect()
    num_rows = sum(file["rows"] for file in files)
    if num_rows != staging.num_rows:
        raise StoreError(
            f"workers wrote {num_rows:,} of {staging.num_rows:,} payments; do the source files change, or is "
            f"{str(log.folder)!r} not the same folder for all of them? Nothing was loaded; load again"
        )
    _write_hashes(rows, writer.folder)
    for left in writer.folder.rglob("*.part"):
        left.unlink()
    sync_tree(writer.folder)
    return WrittenFiles(
        Segment(writer.segment_id, num_rows, max((file["max_band"] for file in files), default=0)),
        sum(file["walled"] for file in files),
        sum(file["refunds"] for file in files),
    )


def _indexed(staging: SparkStaging, indices: dict[str, tuple[list[str], Int64]]) -> Any:
    """New rows with indices for their ids. A merchant with a third of all payments is split."""
    rows = staging.new_rows
    for thing in THINGS:
        ids, given = indices[thing]
        path = staging.folder / f"{thing}.parquet"
        pq.write_table(pa.table({thing: pa.array(ids, pa.string()), f"{thing}_index": given}), path)
        known = staging.spark.read.parquet(str(path))
        rows = rows.join(known, thing, "left").drop(thing).withColumnRenamed(f"{thing}_index", thing)
    return rows.fillna({"product": NONE})


def _placed(rows: Any, slices: int) -> Any:
    """Rows with the bucket and month of their file, and a slice of the users where there are many."""
    from pyspark.sql import functions as f

    return rows.selectExpr(
        "*",
        f"cast((user div {BLOCK}) % {NUM_BUCKETS} as int) as bucket",
        f"cast((user div {BLOCK * NUM_BUCKETS}) % {slices} as int) as slice",
    ).withColumn("month", f.date_format(f.timestamp_seconds("paid_at"), "yyyy-MM"))


@dataclass(frozen=True)
class _FileWriter:
    """Writes the files of one partition, whose rows come sorted by place."""

    folder: Path
    labels: Labels

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        waiting: list[pa.Table] = []
        for part in _by_place(batches):
            if waiting and _place(waiting[0]) != _place(part):
                yield self._write(waiting)
                waiting = []
            waiting.append(part)
        if waiting:
            yield self._write(waiting)

    def _write(self, parts: list[pa.Table]) -> pa.RecordBatch:
        bucket, month, slice_ = _place(parts[0])
        rows = _rows(pa.concat_tables(parts))
        self.labels.relabel(rows)
        folder = self.folder / f"bucket={bucket:02d}" / f"month={month}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{slice_:04d}.parquet"
        beside = folder / f".{secrets.token_hex(8)}.part"
        write_rows(rows, beside)
        os.replace(beside, path)
        told = {
            "path": str(path), "rows": len(rows), "max_band": int(rows["band"].max()),
            "walled": int(rows["walled"].sum()), "refunds": int(rows["refund"].sum()),
        }  # fmt: skip
        schema = [(name, pa.string() if name == "path" else pa.int64()) for name in told]
        schema[2] = ("max_band", pa.int32())
        return pa.RecordBatch.from_pylist([told], schema=pa.schema(schema))


def _by_place(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Parts of batches that belong to one file each."""
    for batch in batches:
        table = pa.Table.from_batches([batch])
        if not table.num_rows:
            continue
        starts = np.zeros(table.num_rows, dtype=bool)
        starts[0] = True
        for name in _PLACE:
            values = table[name].combine_chunks().to_numpy(zero_copy_only=False)
            starts[1:] |= values[1:] != values[:-1]
        cuts = [*np.flatnonzero(starts).tolist(), table.num_rows]
        for start, end in pairwise(cuts):
            yield table.slice(start, end - start)


def _place(table: pa.Table) -> tuple[int, str, int]:
    bucket, month, slice_ = (table[name][0].as_py() for name in _PLACE)
    return bucket, month, slice_


def _rows(table: pa.Table) -> Rows:
    rows = empty_rows(table.num_rows)
    for name in _ROW:
        values = table[name].to_numpy()
        rows[name] = values.view(np.uint64) if name == "payment" else values
    return rows


def _write_hashes(rows: Any, folder: Path) -> None:
    """`payments.npy`, sorted by the cluster and put together here a part at a time."""
    from pyspark.sql import functions as f

    parts = folder / "hashes"
    parts.mkdir()
    # As unsigned numbers: those with the highest bit come after the others.
    lifted = rows.select(f.col("payment").bitwiseXOR(f.lit(-(2**63))).alias("lifted"))
    lifted.orderBy("lifted").mapInArrow(_HashWriter(parts), "path string, rows bigint").collect()
    files = sorted(parts.glob("*.u8"))
    total = sum(path.stat().st_size // 8 for path in files)
    with (folder / "payments.npy").open("wb") as out:
        npy.write_array_header_1_0(out, {"descr": "<u8", "fortran_order": False, "shape": (total,)})
        for path in files:
            out.write(path.read_bytes())
            path.unlink()
    for left in parts.iterdir():
        left.unlink()
    parts.rmdir()


@dataclass(frozen=True)
class _HashWriter:
    """Writes the sorted hashes of one partition as plain numbers."""

    folder: Path

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        context = TaskContext.get()
        number = 0 if context is None else context.partitionId()
        beside = self.folder / f"{secrets.token_hex(8)}.part"
        rows = 0
        with beside.open("wb") as out:
            for batch in batches:
                lifted = batch.column(0).to_numpy(zero_copy_only=False).view(np.uint64)
                out.write((lifted ^ np.uint64(1 << 63)).tobytes())
                rows += len(lifted)
        path = self.folder / f"{number:06d}.u8"
        os.replace(beside, path)
        schema = pa.schema([("path", pa.string()), ("rows", pa.int64())])
        yield pa.RecordBatch.from_pylist([{"path": str(path), "rows": rows}], schema=schema)
