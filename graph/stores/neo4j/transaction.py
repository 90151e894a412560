"""One transaction on a Neo4j server, and the base that every part of the store shares.

The bodies of reads and writes are managed functions: the driver may run one twice, so that they change
nothing but the database. A write first takes a lock that all writes share. So writes come one after the
other, see all that earlier ones wrote, and cannot deadlock.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np

from graph.queries import load_queries
from graph.schema import LABELS
from graph.stores.columns import Int64
from graph.stores.neo4j.address import Target, target_of
from graph.stores.neo4j.bolt import neo4j
from graph.stores.neo4j.drivers import Drivers, not_found, repeated, translated
from graph.stores.neo4j.schema import prepare

T = TypeVar("T")
READ_S = 10.0  # server time of one read that an answer waits for
WRITE_S = 20.0  # of one decision of a person, with its waiting for other writes
BULK_S = 600.0  # of one part of an export, or of one batch of a bulk write
STILL_S = 7200.0  # a copy of the whole store
PART = 10_000  # users whose edges are read at once


@cache
def _text(name: str, label: str, kind: str) -> str:
    return load_queries("neo4j")[name].replace("{label}", label).replace("{kind}", kind)


class Transaction:
    """Runs named queries; `label` and `kind` fill `{label}` and `{kind}` in those that have them."""

    def __init__(self, tx: neo4j.ManagedTransaction | neo4j.Transaction) -> None:
        self._tx = tx

    def run(self, name: str, /, *, label: str = "", kind: str = "", **values: Any) -> list[list[Any]]:
        """All rows of the answer."""
        return self._tx.run(_text(name, label, kind), values).values()

    def one(self, name: str, /, *, label: str = "", kind: str = "", **values: Any) -> Any:
        """First value of the first row, or None."""
        rows = self.run(name, label=label, kind=kind, **values)
        return rows[0][0] if rows else None

    def columns(self, name: str, /, *, label: str = "", kind: str = "", **values: Any) -> list[list[Any]]:
        """The lists of an answer that has one row of lists."""
        return self.run(name, label=label, kind=kind, **values)[0]

    def counter(self, name: str) -> int:
        return int(self.one("counter", name=name))

    def next_seq(self) -> int:
        """The number that the next change will get."""
        return self.counter("seq") + 1

    def change(
        self,
        kind: str,
        *,
        at: int | None = None,
        user: int | None = None,
        circle: int | None = None,
        touched: Iterable[int] = (),
    ) -> int:
        """Add an entry to the change feed and mark the users touched as changed; returns its seq."""
        who = sorted(set(touched))
        return int(self.one("change", at=at, what=kind, user=user, circle=circle, touched=who))

    def circles_change(self, kind: str, *, at: int | None = None, circle: int | None = None) -> None:
        """A change that makes cached circles old."""
        self.run("set_counter", name="circles", value=self.change(kind, at=at, circle=circle))

    def known(self, label: str, indices: Iterable[int]) -> set[int]:
        """Those of the indices that a node has."""
        wanted = sorted(set(indices))
        return set(self.columns("known_nodes", label=label, indices=wanted)[0]) if wanted else set()

    def must_know(self, label: str, indices: Iterable[int]) -> None:
        """Raises NotFound when one of the indices is that of no node."""
        wanted = set(indices)
        if len(self.known(label, wanted)) < len(wanted):
            raise not_found()


class StoreBase:
    """Address and drivers; the parts of the store are mixins over this.

    Args:
        address: see `graph/stores/neo4j/address.py`.
        pool_size: most connections of one process.
        acquire_s: how long to wait for one of them before a StoreUnavailable.
    """

    def __init__(self, address: str, *, pool_size: int = 16, acquire_s: float = 10.0) -> None:
        self.address = address
        self.target: Target = target_of(address)
        self._drivers = Drivers(self.target, pool_size=pool_size, acquire_s=acquire_s)
        try:
            self._schema_version = prepare(self._drivers, self.target)
        except BaseException:
            self._drivers.close()
            raise

    def _read(self, work: Callable[[Transaction], T], timeout_s: float = READ_S) -> T:
        """Read committed data; a part that fails in passing is read again for two seconds."""
        body = neo4j.unit_of_work(timeout=timeout_s)(lambda tx: work(Transaction(tx)))

        def once() -> T:
            with self._session(neo4j.READ_ACCESS) as session:
                return session.execute_read(body)

        with translated(self.target):
            return self._drivers.run(once)

    def _write(self, work: Callable[[Transaction], T], timeout_s: float = BULK_S) -> T:
        """All that is written inside is durable together, or not at all."""

        def locked(tx: neo4j.ManagedTransaction) -> T:
            ours = Transaction(tx)
            ours.run("lock")
            return work(ours)

        body = neo4j.unit_of_work(timeout=timeout_s)(locked)

        def once() -> T:
            with self._session(neo4j.WRITE_ACCESS) as session:
                return session.execute_write(body)

        with translated(self.target):
            result: T = self._drivers.run(lambda: repeated(once))
        return result

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Hold the lock that all writes share, so that what is read meanwhile is of one moment.

        Raises:
            StoreConflict: somebody writes for too long.
        """
        with (
            translated(self.target),
            self._session(neo4j.WRITE_ACCESS) as session,
            session.begin_transaction(timeout=STILL_S) as tx,
        ):
            Transaction(tx).run("lock")
            yield
            tx.rollback()

    def _session(self, access: str) -> neo4j.Session:
        return self._drivers.get().session(database=self.target.database, default_access_mode=access)

    def _parts(self, counter: str, size: int = PART) -> Iterator[tuple[int, int]]:
        """Ranges of indices that cover all that were given so far."""
        end = self._read(lambda tx: tx.counter(counter))
        for start in range(0, end, size):
            yield start, start + size

    def _bulk(self, query: str, part: tuple[int, int], **values: Any) -> list[list[Any]]:
        """The columns of one part of an export."""
        start, end = part
        return self._read(lambda tx: tx.columns(query, start=start, end=end, **values), BULK_S)


def label_of(label: str) -> str:
    """The label in lower case, as counters and shared code name it."""
    if label not in LABELS:
        raise ValueError(f"label is {label!r}; expected one of {', '.join(LABELS)}")
    return label.lower()


def int64(values: Sequence[int]) -> Int64:
    return np.array(values, dtype=np.int64)
