"""The Parquet files of an export: written by rename, each saying of which export and block it is."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from api.exports.asked import Export, for_owner
from graph.durable import sync

_ABOUT = b"circles"  # of what a file says about itself
_REASON = pa.struct(
    [
        ("kind", pa.string()),
        ("text", pa.string()),
        ("text_zh", pa.string()),
        ("labels", pa.list_(pa.string())),
        ("share", pa.float64()),
    ]
)
_PERSON = [("user_id", pa.string()), ("rank", pa.int32())]
COLUMNS = {
    "circles": [
        *_PERSON,
        ("circle_id", pa.string()),
        ("name", pa.string()),
        ("scene", pa.string()),
        ("state", pa.string()),
        ("score", pa.float64()),
        ("personalised", pa.bool_()),
        ("exploration", pa.bool_()),
        ("reasons", pa.list_(_REASON)),
        ("rec_id", pa.string()),
    ],
    "links": [
        *_PERSON,
        ("week", pa.string()),
        ("link_id", pa.string()),
        ("state", pa.string()),
        ("other", pa.string()),
        ("band", pa.string()),
        ("weight", pa.float64()),
        ("uncertainty", pa.float64()),
        ("calibrated", pa.bool_()),
        ("text", pa.string()),
        ("text_zh", pa.string()),
        ("rec_id", pa.string()),
    ],
}


def write(folder: Path, export: Export, block: range, rows: "Sequence[dict[str, Any]] | pa.Table") -> None:
    """Write the file of a block: it appears whole or not at all, for its owner only."""
    schema = pa.schema(COLUMNS[export.kind], metadata={_ABOUT: _about(export, block)})
    table = rows.cast(schema) if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows), schema)
    path = export.path_of(folder, block)
    staged = folder / f".{path.name}-{os.getpid()}"
    try:
        with open(staged, "wb", opener=for_owner) as file:
            pq.write_table(table.replace_schema_metadata(schema.metadata), file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)
    sync(folder)


def is_whole(folder: Path, export: Export, block: range) -> bool:
    """Whether the file of a block is there, can be read to its end, and is of this export."""
    try:
        with pq.ParquetFile(export.path_of(folder, block)) as file:
            metadata = file.schema_arrow.metadata or {}
            if metadata.get(_ABOUT) != _about(export, block):
                return False
            for _ in file.iter_batches(columns=["user_id", "rec_id"]):
                pass
    except (OSError, pa.ArrowException):
        return False
    return True


def read(folder: Path, export: Export, block: range, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a block. Raises OSError or ArrowException where the file cannot be read."""
    with pq.ParquetFile(export.path_of(folder, block)) as file:
        return file.read(columns=None if columns is None else list(columns))


def clear_staged(folder: Path) -> None:
    """Remove what killed runs have left half written."""
    for path in folder.glob(".*.parquet-*"):
        path.unlink(missing_ok=True)


def _about(export: Export, block: range) -> bytes:
    said = {"export_id": export.export_id, "first": block.start, "last": block.stop - 1}
    return json.dumps(said, sort_keys=True).encode()
