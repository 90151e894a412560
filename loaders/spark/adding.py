"""Add up the payment log on a cluster: the expression of `graph/expressions.py`, compiled for Spark."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graph.aggregate import packed
from graph.edges import LAYOUTS, UserEdges
from graph.log import PaymentLog, bucket_of
from graph.matching import COLUMNS
from graph.muting import Mask
from graph.stores.base import GraphStore
from loaders.adding import set_edges
from loaders.interning import Int64


class SparkAdder:
    """Adds up the committed segments of a log.

    Args:
        scratch: folder that all workers see, for what was added up.
    """

    def __init__(self, spark: Any, log: PaymentLog, scratch: Path) -> None:
        self._spark, self._log, self._scratch = spark, log, scratch

    def add_up(self, kind: str, users: Int64 | None = None) -> Any:
        """Edges of a kind as a dataframe, columns of `graph.expressions.edges`.

        Args:
            users: only these, increasing. None: everybody's.
        """
        import ibis

        from graph.expressions import SCHEMA, edges, of_touched

        buckets = None if users is None else np.unique(bucket_of(users)).tolist()
        files = [str(path) for path in self._log.files(buckets)]
        schema = ", ".join(f"{name} {_TYPES[str(type_).lstrip('!')]}" for name, type_ in SCHEMA.items())
        stored = self._spark.read.parquet(*files) if files else self._spark.createDataFrame([], schema)
        stored.select(*COLUMNS).createOrReplaceTempView("rows")
        rows = ibis.table(SCHEMA, name="rows")
        if users is not None:
            path = self._scratch / f"touched-{kind}.parquet"
            pq.write_table(pa.table({"user": users}), path)
            self._spark.read.parquet(str(path)).createOrReplaceTempView("touched")
            rows = of_touched(rows, ibis.table({"user": "uint32"}, name="touched"))
        num_bands = max((segment.max_band for segment in self._log.segments()), default=0)
        return self._spark.sql(str(ibis.to_sql(edges(kind, rows, num_bands=num_bands), dialect="pyspark")))

    def edges(self, kind: str, users: Int64) -> Iterator[UserEdges]:
        """Edges of users, who are in it even without any, some users at a time, increasing."""
        folder = self._scratch / f"edges-{kind}"
        found = self.add_up(kind, users).orderBy("user")
        found.write.mode("overwrite").parquet(str(folder))
        start = 0
        for path in sorted(folder.glob("part-*.parquet")):
            table = pq.read_table(path)
            if table.num_rows:
                last = int(np.max(table["user"].to_numpy()))
                end = int(np.searchsorted(users, last, side="right"))
                yield packed(kind, table, users[start:end])
                start = end
        if start < len(users):
            none = np.zeros(len(users) - start + 1, dtype=np.int64)
            yield UserEdges(users[start:], none, np.zeros(0, dtype=LAYOUTS[kind]))


_TYPES = {"uint32": "bigint", "uint8": "smallint", "boolean": "boolean"}  # as Spark reads the log's


def set_edges_by_spark(
    adder: SparkAdder,
    log: PaymentLog,
    store: GraphStore,
    users: Int64,
    *,
    memory: str,
    threads: int | None,
    progress: Callable[[int, int], None],
) -> dict[str, int]:
    """Set the edges of users from the log; returns how many they have now, by kind.

    Whoever muted something, and whoever has payments waiting in the inbox, is added up here: few, and their
    rows need what only the store knows.

    Args:
        users: increasing.
        progress: called with the users done and their number, for each kind.
    """
    apart = people_apart(store, users)
    many = np.setdiff1d(users, apart, assume_unique=True)
    counts = dict.fromkeys(LAYOUTS, 0)
    for kind in LAYOUTS:
        done = 0
        for edges in adder.edges(kind, many):
            store.set_edges(kind, edges)
            counts[kind] += len(edges.edges)
            done += len(edges)
            progress(done, len(many))
    # Those who muted or paid meanwhile once more: what was set for them above was of a moment ago.
    here = np.union1d(apart, people_apart(store, users))
    own = set_edges(log, store, here, memory=memory, threads=threads, progress=lambda *_: None)
    late = np.setdiff1d(here, apart, assume_unique=True)
    return {kind: counts[kind] + own[kind] - _num_edges(adder, kind, late) for kind in LAYOUTS}


def people_apart(store: GraphStore, users: Int64 | None) -> Int64:
    """Who of these people, or of everybody, muted something or has payments in the inbox; increasing."""
    waiting = np.unique(np.asarray(store.inbox()["user"], dtype=np.int64))
    waiting = waiting if users is None else waiting[np.isin(waiting, users)]
    return np.union1d(Mask.of(store).among(users), waiting).astype(np.int64)


def _num_edges(adder: SparkAdder, kind: str, users: Int64) -> int:
    """Edges that were counted before and are counted again."""
    return sum(len(edges.edges) for edges in adder.edges(kind, users)) if len(users) else 0


def table_of(kind: str, edges: Sequence[UserEdges]) -> pa.Table:
    """Edges as columns, `user` among them."""
    columns: dict[str, Any] = {
        "user": np.concatenate([np.repeat(e.users, np.diff(e.offsets)) for e in edges])
    }
    for name in LAYOUTS[kind].names or ():
        columns[name] = np.concatenate([e.edges[name] for e in edges]).astype(np.int64)
    return pa.table(columns)
