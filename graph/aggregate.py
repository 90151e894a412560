"""Add up the payment log with DuckDB; what is added up, and how, is said in `graph/expressions.py`."""

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.compiled import sql
from graph.edges import LAYOUTS, UserEdges
from graph.log import NONE, ROW, PaymentLog, Rows, bucket_of, empty_rows, rows_of
from graph.matching import COLUMNS, rows_between
from graph.muting import Mask

_KEYS = {"paid": ("user", "merchant", "scene"), "bought": ("user", "product")}
_NULLABLE = ("product", "quantity")
_EXPRESSIONS = Path(__file__).with_name("expressions.py")
Int64 = npt.NDArray[np.int64]


class Spilling:
    """A connection over one log, with bounded memory: what does not fit goes to the log's own disk.

    Args:
        memory: limit of the dataframe engine, such as "1GB".
        threads: None for all cores.
    """

    def __init__(self, log: PaymentLog, *, memory: str = "1GB", threads: int | None = None) -> None:
        self._spill = log.spill / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._spill.mkdir(mode=0o700, parents=True)  # DuckDB makes the last folder of a path only
        self._con = connect(self._spill, memory, threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._con.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def _show_rows(
        self, files: Sequence[Path], waiting: Rows, mask: Mask | None, users: Int64 | None
    ) -> None:
        """Make the view `rows` of Parquet files and of payments that wait in the inbox.

        Args:
            mask: what people muted counts as walled. users: whose rows are looked at; None for everybody's.
        """
        concerned = np.zeros(0, dtype=np.int64) if mask is None else mask.among(users)
        parts = []
        if files:
            stored = self._con.read_parquet([str(path) for path in files], hive_partitioning=False)
            if mask is not None and len(concerned):
                self._con.register("concerned", pa.table({"user": concerned.astype(np.uint32)}))
                people = self._con.table("concerned")
                theirs = stored.join(people, "user", how="semi").select(*(ROW.names or ()))
                waiting = np.concatenate(
                    [mask.applied(_rows(theirs.to_arrow_table())), mask.applied(waiting)]
                )
                stored = stored.join(people, "user", how="anti")
            parts.append(stored.select(*COLUMNS))
        elif mask is not None:
            waiting = mask.applied(waiting)
        self._con.register("waiting", _table(waiting))
        if len(waiting) or not parts:
            parts.append(self._con.table("waiting"))
        rows = parts[0] if len(parts) == 1 else parts[0].union(parts[1])
        rows.create_view("rows", replace=True)


class Adder(Spilling):
    """Adds up a log."""

    def __init__(self, log: PaymentLog, *, memory: str = "1GB", threads: int | None = None) -> None:
        super().__init__(log, memory=memory, threads=threads)
        self.log = log

    def add_up(
        self,
        *,
        users: Int64 | None = None,
        until: int | None = None,
        extra: Mapping[str, npt.NDArray[Any]] | None = None,
        pairs: Mapping[str, tuple[Int64, Int64]] | None = None,
        mask: Mask | None = None,
    ) -> dict[str, UserEdges]:
        """See `PaymentLog.aggregate`.

        Args:
            pairs: kind -> users and merchants or products; only edges between these. `users` must name
                all users in it. Quick only where none of them muted anything.
            mask: what people muted is in no edge.
        """
        buckets = None if users is None else np.unique(bucket_of(users)).tolist()
        waiting = self._waiting(extra, users)
        files = list(self.log.files(buckets))
        if not files and not len(waiting):
            return {kind: _none(kind, users) for kind in LAYOUTS}
        num_bands = max([s.max_band for s in self.log.segments()] + waiting["band"].tolist())
        is_masked = mask is not None and len(mask.among(users)) > 0
        found = None if pairs is None or is_masked else rows_between(files, _table(waiting), pairs)
        out = {}
        for kind in LAYOUTS:
            if found is None:
                self._show_rows(files, waiting, mask, users)
            else:
                self._con.register("rows", found[kind])
            touched = self._show_touched(kind, users, pairs if found is None else None)
            out[kind] = packed(kind, self._run(kind, num_bands, touched, until), users)
        return out

    def _show_touched(
        self, kind: str, users: Int64 | None, pairs: Mapping[str, tuple[Int64, Int64]] | None
    ) -> tuple[str, ...]:
        """Make the table `touched`; returns its columns."""
        if users is None:
            return ()
        columns = {"user": users} if pairs is None else dict(zip(_KEYS[kind], pairs[kind], strict=False))
        touched = pa.table({name: values.astype(np.uint32) for name, values in columns.items()})
        self._con.register("touched", touched)
        return tuple(columns)

    def _run(self, kind: str, num_bands: int, touched: tuple[str, ...], until: int | None) -> pa.Table:
        kept = self.log.folder / "compiled" if until is None else None
        key = (kind, num_bands, touched, until)
        text = sql(kept, _EXPRESSIONS, key, lambda: _compiled(*key))
        return self._con.execute(text).to_arrow_table()

    def _waiting(self, extra: Mapping[str, npt.NDArray[Any]] | None, users: Int64 | None) -> Rows:
        """Payments of the inbox that the log does not have."""
        rows = rows_of(extra) if extra else np.zeros(0, dtype=ROW)
        rows = rows[~self.log.contains(rows["payment"])]
        return rows if users is None else rows[np.isin(rows["user"], users)]


def _table(rows: Rows) -> pa.Table:
    columns = {name: np.ascontiguousarray(rows[name]) for name in COLUMNS}
    return pa.table({k: pa.array(v, mask=v == NONE if k in _NULLABLE else None) for k, v in columns.items()})


def _rows(table: pa.Table) -> Rows:
    """Rows of the log from a table of its files."""
    rows = empty_rows(table.num_rows)
    for name in ROW.names or ():
        rows[name] = (table[name].fill_null(NONE) if name in _NULLABLE else table[name]).to_numpy()
    return rows


def connect(spill: Path, memory: str, threads: int | None) -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own that keeps to `memory`, spills to a folder and works in UTC."""
    settings: dict[str, Any] = {
        "memory_limit": memory,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,  # nothing is ever fetched from the network
        "python_enable_replacements": False,  # a table is never a variable that happens to have its name
    }
    if threads:
        settings["threads"] = threads
    con = duckdb.connect(":memory:", config=settings)
    con.execute("SET TimeZone = 'UTC'")
    return con


def _compiled(kind: str, num_bands: int, touched: tuple[str, ...], until: int | None) -> str:
    import ibis  # takes a second, and is not needed where the SQL is kept

    from graph.expressions import SCHEMA, edges, of_touched

    rows = ibis.table(SCHEMA, name="rows")
    if touched:
        rows = of_touched(rows, ibis.table(dict.fromkeys(touched, "uint32"), name="touched"))
    return str(ibis.to_sql(edges(kind, rows, num_bands=num_bands, until=until), dialect="duckdb"))


def packed(kind: str, table: pa.Table, users: Int64 | None) -> UserEdges:
    """Edges sorted by user and key, as packed records, from columns in any order; `users` as in `add_up`."""
    columns = {name: table[name].to_numpy() for name in table.column_names}
    order = _order([columns[name] for name in _KEYS[kind]])
    layout = LAYOUTS[kind]
    edges = np.zeros(len(order), dtype=layout)
    for name in layout.names or ():
        edges[name] = columns[name][order]
    owners = columns["user"][order].astype(np.int64)
    users = np.unique(owners) if users is None else users
    return UserEdges(users, np.append(np.searchsorted(owners, users), len(owners)).astype(np.int64), edges)


def _order(keys: Sequence[npt.NDArray[Any]]) -> Int64:
    """Order by the first key, then the next; sorted as one number where they fit, which is quicker."""
    bits = [int(key.max()).bit_length() if len(key) else 0 for key in keys]
    if sum(bits) > 63:
        return np.lexsort(tuple(reversed(keys)))
    together = np.zeros(len(keys[0]), dtype=np.int64)
    for key, width in zip(keys, bits, strict=True):
        together = together << width | key.astype(np.int64)
    return np.argsort(together)


def _none(kind: str, users: Int64 | None) -> UserEdges:
    users = np.zeros(0, dtype=np.int64) if users is None else users
    return UserEdges(users, np.zeros(len(users) + 1, dtype=np.int64), np.zeros(0, dtype=LAYOUTS[kind]))
