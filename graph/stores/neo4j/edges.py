"""What payments add up to, the loads they came with and the inbox of the Neo4j store.

Setting edges writes only what differs from what is there: for a first load all of it, for a repeated one
nothing, and for a day's payments a few relationships of each user.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.counting import Payment, count_payment
from graph.edges import LAYOUTS, UserEdges, patched
from graph.muting import unmuted
from graph.stores.base import Applied, Columns, Load
from graph.stores.columns import BATCH, Int64, batches, only, plain, rows_of
from graph.stores.inbox_rows import PAYMENT, checked_payment, inbox_column, signed
from graph.stores.neo4j import packing
from graph.stores.neo4j.differences import write_differences
from graph.stores.neo4j.muting import categories_in, mutes_in
from graph.stores.neo4j.once import first_result, keep
from graph.stores.neo4j.transaction import BULK_S, StoreBase, Transaction, int64
from graph.stores.once import Once
from graph.stores.packed import check_edges, kind_of, slice_of

EDGES = 20_000  # edges of one write transaction
READERS = 2  # parts that are exported at once


class Edges(StoreBase):
    """Mixin: the methods of `GraphStore` about edges, loads and the inbox."""

    def set_edges(self, kind: str, edges: UserEdges) -> None:
        check_edges(kind, edges)
        for part in _parts_of(edges):
            self._write(lambda tx, part=part: _set(tx, kind, part, lambda _: part))  # type: ignore[misc]

    def patch_edges(self, kind: str, users: Int64, things: Int64, edges: UserEdges) -> None:
        check_edges(kind, edges)
        for part in _parts_of(edges):
            inside = np.isin(users, part.users)
            patch = partial(patched, kind, users=users[inside], things=things[inside], new=part)
            self._write(lambda tx, part=part, patch=patch: _set(tx, kind, part, patch))  # type: ignore[misc]

    def edges(self, kind: str) -> UserEdges:
        return self._edges_of_ranges(kind_of(kind), self._parts("user"))

    def _edges_of_ranges(self, kind: str, ranges: Iterable[tuple[int, int]]) -> UserEdges:
        """Edges of users in increasing ranges of indices, several ranges read at once."""

        def read(part: tuple[int, int]) -> UserEdges:
            users, texts = self._bulk("packed_edges", part, kind=kind)
            return packing.joined(kind, users, texts)

        with ThreadPoolExecutor(READERS) as pool:
            return packing.chained(kind, list(pool.map(read, ranges)))

    def merchant_fans(self, merchant_index: int, limit: int) -> Int64:
        return int64(
            self._read(lambda tx: tx.one("merchant_fans", merchant=int(merchant_index), limit=int(limit)))
        )

    # -- loads and the inbox ------------------------------------------------------------------------

    def put_load(self, load: Load) -> None:
        self._write(lambda tx: tx.run("put_load", number=tx.one("num_loads"), **vars(load)))

    def loads(self, state: str | None = None) -> list[Load]:
        return [Load(*row) for row in self._read(lambda tx: tx.run("loads", state=state))]

    def find_load(self, fingerprint: str) -> Load | None:
        rows = self._read(lambda tx: tx.run("find_load", fingerprint=fingerprint))
        return Load(*rows[0]) if rows else None

    def add_payments(self, columns: Columns, at: int, once: Once | None = None) -> Applied:
        rows = [checked_payment(row) for row in rows_of(columns, *PAYMENT)]

        def work(tx: Transaction) -> Applied:
            if (first := first_result(tx, once)) is not None:
                return Applied(*first)
            known = set(tx.columns("known_payments", payments=[row[0] for row in rows])[0])
            # Of two rows of one payment the first counts.
            new = list({row[0]: row for row in reversed(rows) if row[0] not in known}.values())[::-1]
            tx.must_know("User", (row[1] for row in new))
            tx.must_know("Merchant", (row[2] for row in new))
            tx.must_know("Product", (row[3] for row in new if row[3] is not None))
            tx.run("put_payments", rows=[list(row) for row in new], at=int(at))
            _count(tx, [row for row in new if not row[-1]], at)
            keep(tx, once, (len(new), len(rows) - len(new)))
            return Applied(new=len(new), duplicates=len(rows) - len(new))

        return self._write(work)

    def inbox(self) -> dict[str, npt.NDArray[Any]]:
        rows = self._read(lambda tx: tx.run("inbox"), BULK_S)
        columns = zip(*rows, strict=True) if rows else ([] for _ in PAYMENT)
        return {name: inbox_column(name, values) for name, values in zip(PAYMENT, columns, strict=True)}

    def clear_inbox(self, payments: Sequence[int]) -> None:
        for part in batches([signed(payment) for payment in plain(payments)]):
            self._write(lambda tx, part=part: tx.run("move_payments", payments=part))  # type: ignore[misc]

    def trim_inbox(self, before: int) -> None:
        while self._write(lambda tx: tx.one("trim_inbox", before=int(before), limit=BATCH)):
            pass


def _parts_of(edges: UserEdges) -> Iterator[UserEdges]:
    """Neighbouring users with about `EDGES` edges together, at most `BATCH` users."""
    start = 0
    while start < len(edges):
        most = int(np.searchsorted(edges.offsets, edges.offsets[start] + EDGES, side="right")) - 1
        end = min(max(most, start + 1), start + BATCH)
        yield slice_of(edges, start, end)
        start = end


def stored_edges(tx: Transaction, kind: str, users: Int64) -> UserEdges:
    """Edges of those of the users whom the store has; also of those without edges."""
    return packing.joined(kind, *tx.columns("packed_edges_of", kind=kind, users=plain(users)))


def replace_quietly(tx: Transaction, kind: str, edges: UserEdges) -> int:
    """Replace all edges of users who are there, as a part of another change; for how many they differ."""
    changed = write_differences(tx, kind, stored_edges(tx, kind, edges.users), edges)
    if changed:
        _put_packed(tx, kind, edges, changed, None)
    return len(changed)


def _set(tx: Transaction, kind: str, named: UserEdges, new_of: Callable[[UserEdges], UserEdges]) -> None:
    """Replace the edges of the users named by `new_of` of those stored; who is gone is passed over."""
    stored = stored_edges(tx, kind, named.users)
    new = _of_users(new_of(_of_users(stored, named.users)), stored.users)
    if changed := write_differences(tx, kind, stored, new):
        seq = tx.change(kind, user=only(plain(named.users)))
        _put_packed(tx, kind, new, changed, seq)


def _put_packed(tx: Transaction, kind: str, new: UserEdges, changed: set[int], seq: int | None) -> None:
    """Write the packed edges of users; seq: the change that touches them, where it is known already."""
    rows = packing.rows_of(_of_users(new, int64(sorted(changed))))
    tx.run("put_packed_edges", kind=kind, rows=rows, seq=seq)


def _of_users(edges: UserEdges, users: Int64) -> UserEdges:
    """The edges of exactly these users, increasing; of those that `edges` does not have, none."""
    if np.array_equal(edges.users, users):
        return edges
    kept = np.isin(edges.users, users)
    counts = np.zeros(len(users), dtype=np.int64)
    counts[np.searchsorted(users, edges.users[kept])] = np.diff(edges.offsets)[kept]
    offsets = np.append(0, np.cumsum(counts)).astype(np.int64)
    return UserEdges(users, offsets, edges.edges[np.repeat(kept, np.diff(edges.offsets))])


def _count(tx: Transaction, rows: Sequence[tuple[Any, ...]], at: int) -> None:
    """Count payments that are new and not walled into the edges of their users, but for what these muted."""
    rows = unmuted(rows, mutes_in(tx, [row[1] for row in rows]), partial(categories_in, tx))
    by_user: dict[int, list[Payment]] = {}
    for _, user, *rest, _ in sorted(rows, key=lambda row: row[7]):
        by_user.setdefault(user, []).append(Payment(*rest))
    changed: set[int] = set()
    for kind in LAYOUTS:
        stored = stored_edges(tx, kind, int64(sorted(by_user)))
        new = _counted(kind, stored, by_user)
        if of_kind := write_differences(tx, kind, stored, new):
            _put_packed(tx, kind, new, of_kind, None)
            changed |= of_kind
    if changed:
        tx.change("payments", at=at, user=only(by_user), touched=changed)


def _counted(kind: str, stored: UserEdges, by_user: dict[int, list[Payment]]) -> UserEdges:
    """Edges of the users after their payments."""
    bounds = zip(stored.users.tolist(), stored.offsets[:-1], stored.offsets[1:], strict=True)
    after = []
    for user, start, end in bounds:
        edges = stored.edges[start:end]
        for payment in by_user[user]:
            edges = count_payment(edges, payment)
        after.append(edges)
    offsets = np.cumsum([0, *map(len, after)]).astype(np.int64)
    return UserEdges(stored.users, offsets, np.concatenate([np.zeros(0, dtype=LAYOUTS[kind]), *after]))
