"""Write interchange tables: Parquet, CSV or JSON lines, in pieces."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

MOMENT = pa.timestamp("ms", tz="UTC")
AMOUNT = pa.decimal128(12, 2)


class Sink(Protocol):
    """Takes pieces of one table."""

    def write(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


@contextmanager
def sink(folder: Path, name: str, schema: pa.Schema, table_format: str) -> Iterator[Sink]:
    """Open `folder/name.<format>` for pieces of `schema`."""
    path = folder / f"{name}.{table_format}"
    path.parent.mkdir(parents=True, exist_ok=True)
    makers = {"parquet": _parquet, "csv": _Csv, "jsonl": _JsonLines}
    opened: Sink = makers[table_format](path, schema)
    try:
        yield opened
    finally:
        opened.close()


def write_table(folder: Path, name: str, table: pa.Table, table_format: str) -> int:
    """Write one small table; the number of its rows."""
    with sink(folder, name, table.schema, table_format) as out:
        out.write(table)
    return int(table.num_rows)


def labels(prefix: str, count: int) -> pa.Array:
    """Ids such as 'u000123', all of one length, for 0 <= index < count."""
    digits = max(6, len(str(count - 1)))
    numbers = pc.utf8_lpad(pa.array(np.arange(count)).cast(pa.string()), digits, padding="0")
    return pc.binary_join_element_wise(prefix, numbers, "")


def chosen(values: pa.Array, index: npt.NDArray[np.integer], missing: bool = False) -> pa.Array:
    """`values` at each index, as a dictionary; with `missing`, null where the index is -1."""
    mask = index < 0 if missing else None
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32), mask=mask), values)


def moments(seconds: npt.NDArray[np.integer]) -> pa.Array:
    """Timestamps from seconds since 1970."""
    return pa.array(seconds.astype(np.int64) * 1000).cast(MOMENT)


def amounts(cents: npt.NDArray[np.integer]) -> pa.Array:
    """Decimals with two digits from hundredths, without going through floats."""
    words = np.empty((len(cents), 2), dtype=np.int64)
    words[:, 0] = cents
    words[:, 1] = words[:, 0] >> 63  # the upper half of a 128-bit number repeats the sign
    return pa.Array.from_buffers(AMOUNT, len(cents), [None, pa.py_buffer(words)])


def _parquet(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    names = [field.name for field in schema if field.name != "payment_id"]
    # Without the Arrow schema a reader sees plain strings and not our dictionaries.
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=names,
        store_schema=False,
        store_decimal_as_integer=True,
    )


def _plain(table: pa.Table) -> pa.Table:
    """Without dictionaries, and moments as RFC 3339 text."""
    columns = []
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_timestamp(column.type):
            column = pc.strftime(column.cast(pa.timestamp("s", tz="UTC")), format="%Y-%m-%dT%H:%M:%SZ")
        columns.append(column)
    return pa.table(columns, names=table.column_names)


class _Csv:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("wb")
        self._header = True

    def write(self, table: pa.Table) -> None:
        options = pyarrow.csv.WriteOptions(include_header=self._header, quoting_style="needed")
        pyarrow.csv.write_csv(_plain(table), self._file, options)
        self._header = False

    def close(self) -> None:
        self._file.close()


class _JsonLines:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("w", encoding="utf-8")

    def write(self, table: pa.Table) -> None:
        encode = json.JSONEncoder(ensure_ascii=False, default=_number).encode
        for batch in _plain(table).to_batches(max_chunksize=65_536):
            self._file.writelines(encode(row) + "\n" for row in batch.to_pylist())

    def close(self) -> None:
        self._file.close()


def _number(value: Any) -> float:
    """JSON has no decimals; two digits survive a float."""
    assert isinstance(value, Decimal)
    return float(value)
