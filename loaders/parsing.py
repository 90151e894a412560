"""Numbers, moments and payment hashes out of columns.

Text goes through one dataframe expression a batch; what a file has typed already is only converted. A
value that cannot be read becomes MISSING or nan, never an error; `loaders/checks.py` tells it from one that
is not there.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.compiled import sql
from loaders.kinds import NUMBERS, Kind, kind_of
from loaders.mapping import EPOCHS, Reading

MISSING = -(2**63)  # of moments; of numbers it is nan
_EXPRESSIONS = Path(__file__).with_name("expressions.py")
_DAY_S = 86_400
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# The first 8 bytes of the MD5 as a little-endian number; DuckDB's own way to these goes through text.
_MACRO = "CREATE TEMP MACRO payment_hash(id) AS (md5_number(id) & 18446744073709551615::UHUGEINT)::UBIGINT"

Array = npt.NDArray[Any]


class Parser:
    """Parses batches on one connection.

    Args:
        con: DuckDB in UTC.
        kept: folder where compiled SQL is kept, or None.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, kept: Path | None = None) -> None:
        self._con = con
        self._con.execute(_MACRO)
        self._kept = kept
        self._queries: dict[tuple[Any, ...], str] = {}

    def parse(self, columns: Mapping[str, pa.Array], reading: Reading) -> dict[str, Array]:
        """Values of the columns that are numbers (float64), moments (int64) or payment ids (uint64)."""
        wanted = {
            name: kind for name in columns if (kind := kind_of(name)) in {*NUMBERS, Kind.MOMENT, Kind.PAYMENT}
        }
        typed = {name for name, kind in wanted.items() if _is_typed(columns[name], kind, reading)}
        out = {name: _typed(columns[name], wanted[name], reading) for name in typed}
        return out | self._texts({name: columns[name] for name in wanted if name not in typed}, reading)

    def _texts(self, columns: Mapping[str, pa.Array], reading: Reading) -> dict[str, Array]:
        if not columns:
            return {}
        table = pa.table(dict(columns))
        self._con.register("batch", table)
        parsed = self._con.execute(self._query(table, reading)).to_arrow_table()
        self._con.unregister("batch")
        out = {name: parsed[name].to_numpy() for name in columns}
        # DuckDB reads the text as little-endian; the log keeps the first 8 bytes as big-endian.
        return out | {name: out[name].byteswap() for name in columns if kind_of(name) is Kind.PAYMENT}

    def _query(self, table: pa.Table, reading: Reading) -> str:
        columns = tuple((field.name, str(field.type)) for field in table.schema)
        key = (columns, *_terms(reading))
        if key not in self._queries:
            self._queries[key] = sql(self._kept, _EXPRESSIONS, key, lambda: _compiled(table.schema, reading))
        return self._queries[key]


def _compiled(schema: pa.Schema, reading: Reading) -> str:
    import ibis  # takes a second, and is not needed where the SQL is kept

    from loaders.expressions import expression

    return str(ibis.to_sql(expression(ibis.schema(schema), reading), dialect="duckdb"))


def _terms(reading: Reading) -> tuple[str | None, ...]:
    return (reading.time_zone, reading.date_format, reading.decimal)


def _is_typed(column: pa.Array, kind: Kind, reading: Reading) -> bool:
    type_ = column.type
    if kind is Kind.PAYMENT or pa.types.is_dictionary(type_):
        return False
    if pa.types.is_timestamp(type_):
        return type_.tz is not None or reading.time_zone == "UTC"
    return not (
        pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)
    )


def _typed(column: pa.Array, kind: Kind, reading: Reading) -> Array:
    if kind in NUMBERS:
        return np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    if pa.types.is_null(column.type):
        return np.full(len(column), MISSING)
    if pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
        seconds = pc.fill_null(column, 0).to_numpy(zero_copy_only=False) * _DAY_S
    else:
        is_epoch = not pa.types.is_timestamp(column.type)
        unit = EPOCHS[reading.date_format or "epoch_s"] if is_epoch else _UNITS[column.type.unit]
        seconds = pc.fill_null(column.cast(pa.int64(), safe=False), 0).to_numpy(zero_copy_only=False) // unit
    return np.asarray(np.where(column.is_null().to_numpy(zero_copy_only=False), MISSING, seconds))
