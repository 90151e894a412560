"""What payments add up to, the loads they came with and the inbox of the Neo4j store.

Setting edges writes only what differs from what is there: for a first load all of it, for a repeated one
nothing, and for a day's payments a few relationships of each user.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.counting import Payment, count_payment
from graph.edges import KEYS, LAYOUTS, UserEdges
from graph.stores.base import Applied, Columns, Load
from graph.stores.columns import BATCH, Int64, batches, only, plain, rows_of
from graph.stores.inbox_rows import PAYMENT, checked_payment, inbox_column, signed
from graph.stores.neo4j.differences import write_differences
from graph.stores.neo4j.transaction import BULK_S, StoreBase, Transaction, int64
from graph.stores.packed import check_edges, kind_of, slice_of

EDGES = 20_000  # edges of one write transaction
READERS = 2  # parts that are exported at once
_THING = {"paid": "Merchant", "bought": "Product"}


class Edges(StoreBase):
    """Mixin: the methods of `GraphStore` about edges, loads and the inbox."""

    def set_edges(self, kind: str, edges: UserEdges) -> None:
        check_edges(kind, edges)
        for part in _parts_of(edges):
            self._write(lambda tx, part=part: _set(tx, kind, part, _stored(tx, kind, part.users)))  # type: ignore[misc]

    def patch_edges(self, kind: str, users: Int64, things: Int64, edges: UserEdges) -> None:
        check_edges(kind, edges)
        for part in _parts_of(edges):
            inside = np.isin(users, part.users)
            pairs = np.stack([users[inside], things[inside]], axis=1).tolist()
            self._write(
                lambda tx, part=part, pairs=pairs: _set(tx, kind, part, _stored_pairs(tx, kind, part, pairs))  # type: ignore[misc]
            )

    def edges(self, kind: str) -> UserEdges:
        return self._edges_of_ranges(kind_of(kind), self._parts("user"))

    def _edges_of_ranges(self, kind: str, ranges: Iterable[tuple[int, int]]) -> UserEdges:
        """Edges of users in increasing ranges of indices, several ranges read at once."""
        query = f"edges_{kind}"
        with ThreadPoolExecutor(READERS) as pool:
            return _joined(kind, list(pool.map(lambda part: packed(kind, self._bulk(query, part)), ranges)))

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

    def add_payments(self, columns: Columns, at: int) -> Applied:
        rows = [checked_payment(row) for row in rows_of(columns, *PAYMENT)]

        def work(tx: Transaction) -> Applied:
            known = set(tx.columns("known_payments", payments=[row[0] for row in rows])[0])
            # Of two rows of one payment the first counts.
            new = list({row[0]: row for row in reversed(rows) if row[0] not in known}.values())[::-1]
            tx.must_know("User", (row[1] for row in new))
            tx.must_know("Merchant", (row[2] for row in new))
            tx.must_know("Product", (row[3] for row in new if row[3] is not None))
            tx.run("put_payments", rows=[list(row) for row in new], at=int(at))
            _count(tx, [row for row in new if not row[-1]], at)
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


# -- reading ------------------------------------------------------------------------------------------


def packed(kind: str, columns: Sequence[Sequence[int]]) -> UserEdges:
    """Edges from columns `user, thing, ...` in the order of the layout, whatever the order of the rows."""
    layout = LAYOUTS[kind]
    owner, records = int64(columns[0]), np.zeros(len(columns[0]), dtype=layout)
    for name, values in zip(layout.names or (), columns[1:], strict=True):
        records[name] = values
    order = np.lexsort([*(records[name] for name in reversed(KEYS[kind])), owner])
    users, starts = np.unique(owner[order], return_index=True)
    return UserEdges(users, np.append(starts, len(owner)).astype(np.int64), records[order])


def _joined(kind: str, parts: Sequence[UserEdges]) -> UserEdges:
    """Parts of increasing users as one."""
    if not parts:
        return packed(kind, [[] for _ in range(1 + len(LAYOUTS[kind].names or ()))])
    starts = np.cumsum([0, *(len(part.edges) for part in parts)])
    offsets = [part.offsets[:-1] + start for part, start in zip(parts, starts[:-1], strict=True)]
    return UserEdges(
        np.concatenate([part.users for part in parts]),
        np.append(np.concatenate(offsets), starts[-1]).astype(np.int64),
        np.concatenate([part.edges for part in parts]),
    )


def _stored(tx: Transaction, kind: str, users: Int64) -> UserEdges:
    return packed(kind, tx.columns(f"edges_of_users_{kind}", users=plain(users)))


def _stored_pairs(tx: Transaction, kind: str, part: UserEdges, pairs: list[list[int]]) -> UserEdges:
    return packed(kind, tx.columns(f"edges_of_pairs_{kind}", pairs=pairs))


# -- writing ------------------------------------------------------------------------------------------


def _parts_of(edges: UserEdges) -> Iterable[UserEdges]:
    """Neighbouring users with about `EDGES` edges together, at most `BATCH` users."""
    start = 0
    while start < len(edges):
        most = int(np.searchsorted(edges.offsets, edges.offsets[start] + EDGES, side="right")) - 1
        end = min(max(most, start + 1), start + BATCH)
        yield slice_of(edges, start, end)
        start = end


def _set(tx: Transaction, kind: str, new: UserEdges, stored: UserEdges) -> None:
    """Turn what is stored into what is new; users who are gone are passed over."""
    known = tx.known("User", plain(new.users))
    if changed := write_differences(tx, kind, stored, _of_users(new, known)):
        tx.change(kind, user=only(plain(new.users)), touched=changed)


def _of_users(edges: UserEdges, known: set[int]) -> UserEdges:
    """The edges of those users that are known."""
    alive = np.isin(edges.users, int64(sorted(known)))
    if alive.all():
        return edges
    counts = np.diff(edges.offsets)
    ends = np.cumsum([0, *counts[alive].tolist()]).astype(np.int64)
    return UserEdges(edges.users[alive], ends, edges.edges[np.repeat(alive, counts)])


def _count(tx: Transaction, rows: Sequence[tuple[Any, ...]], at: int) -> None:
    """Count payments that are new and not walled into the edges of their users."""
    by_user: dict[int, list[Payment]] = {}
    for _, user, *rest, _ in sorted(rows, key=lambda row: row[7]):
        by_user.setdefault(user, []).append(Payment(*rest))
    users = int64(sorted(by_user))
    changed: set[int] = set()
    for kind in LAYOUTS:
        stored = _stored(tx, kind, users)
        changed |= write_differences(tx, kind, stored, _counted(kind, stored, users, by_user))
    if changed:
        tx.change("payments", at=at, user=only(by_user), touched=changed)


def _counted(kind: str, stored: UserEdges, users: Int64, by_user: dict[int, list[Payment]]) -> UserEdges:
    """Edges of the users after their payments."""
    starts = zip(stored.users.tolist(), stored.offsets[:-1], stored.offsets[1:], strict=True)
    edges_of = {user: stored.edges[start:end] for user, start, end in starts}
    after = []
    for user in users.tolist():
        edges = edges_of.get(user, np.zeros(0, dtype=LAYOUTS[kind]))
        for payment in by_user[user]:
            edges = count_payment(edges, payment)
        after.append(edges)
    offsets = np.cumsum([0, *map(len, after)]).astype(np.int64)
    return UserEdges(users, offsets, np.concatenate([np.zeros(0, dtype=LAYOUTS[kind]), *after]))
