"""A dataframe engine over one payment log, a bucket at a time: Ibis expressions in, whole numbers out."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.aggregate import Spilling
from graph.errors import StoreConflict, StoreError
from graph.expressions import SCHEMA
from graph.log import NUM_BUCKETS, PaymentLog, empty_rows
from graph.muting import Mask

NULL = -2  # stands for null in arrays that are shown to the engine; what comes out says -1
Int64 = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]


class Engine(Spilling):
    """The files of the log, and what people muted in it, are those at the beginning.

    tables: what expressions are made of, by name. `rows` are those of the bucket that is looked at.
    """

    def __init__(
        self, log: PaymentLog, *, mask: Mask | None = None, memory: str = "1GB", threads: int | None = None
    ) -> None:
        self._files = [list(log.files([bucket])) for bucket in range(NUM_BUCKETS)]
        self._mask = mask
        super().__init__(log, memory=memory, threads=threads)
        self._compiled: dict[Any, str] = {}
        self.tables: dict[str, ir.Table] = {"rows": ibis.table(SCHEMA, name="rows")}

    def buckets(self, progress: Progress | None = None) -> Iterator[int]:
        """Make the view `rows` of one bucket after the other; those without rows are passed over."""
        for bucket, files in enumerate(self._files):
            if files:
                self._show_rows(files, empty_rows(), self._mask, None)
                yield bucket
            if progress is not None:
                progress(bucket + 1, NUM_BUCKETS)

    def show(self, name: str, schema: Mapping[str, str], **columns: npt.NDArray[Any]) -> None:
        """Make a table of arrays; in a column that may be null, NULL and less is."""
        typed = ibis.schema(schema)
        arrays = {
            column: pa.array(values, mask=values <= NULL if typed[column].nullable else None).cast(
                typed[column].to_pyarrow()
            )
            for column, values in columns.items()
        }
        self._con.register(name, pa.table(arrays))
        self.tables[name] = ibis.table(typed, name=name)

    def keep(self, name: str, table: ir.Table) -> ir.Table:
        """Work a table out once; it replaces one of the same name."""
        self._run(f"create or replace temp table {name} as {self._sql(table)}")
        return ibis.table(table.schema(), name=name)

    def add_to(self, name: str, table: ir.Table) -> None:
        """Add rows to a table that was kept."""
        self._con.sql(self._sql(table)).insert_into(name)

    def between(self, name: str, column: str, low: int, high: int) -> dict[str, Int64]:
        """Rows of a kept table whose column lies in [low, high]; see `columns`."""
        return _numbers(
            self._con.table(name).filter(f"{column} between {low:d} and {high:d}").to_arrow_table()
        )

    def columns(self, table: ir.Table) -> dict[str, Int64]:
        """A table as whole numbers, -1 where null."""
        return _numbers(self._run(self._sql(table)).to_arrow_table())

    def number(self, value: ir.Scalar) -> int:
        """One whole number, -1 where null."""
        return int(self.columns(value.name("number").as_table())["number"][0])

    def _sql(self, table: ir.Table) -> str:
        """Compiled once: it takes longer than a small bucket does, and each bucket asks the same."""
        key = table.op()
        if key not in self._compiled:
            self._compiled[key] = str(ibis.to_sql(table, dialect="duckdb"))
        return self._compiled[key]

    def _run(self, query: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._con.execute(query)
        except duckdb.IOException as error:
            if not all(path.exists() for files in self._files for path in files):
                raise StoreConflict("the payment log was rewritten while it was read; try again") from error
            raise StoreError(f"the payment log cannot be read: {error}") from error


def _numbers(table: pa.Table) -> dict[str, Int64]:
    return {
        name: table[name].cast(pa.int64()).fill_null(-1).to_numpy().astype(np.int64)
        for name in table.column_names
    }
