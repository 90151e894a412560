"""What payments add up to, the loads they came with and the inbox of the embedded store."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.counting import Payment, count_payment
from graph.edges import LAYOUTS, UserEdges, patched
from graph.muting import unmuted
from graph.stores.base import Applied, Columns, Load
from graph.stores.columns import BATCH, Int64, only, plain, rows_of
from graph.stores.inbox_rows import PAYMENT, checked_payment, inbox_column, signed
from graph.stores.once import Once
from graph.stores.packed import check_edges, kind_of, slice_of
from graph.stores.sqlite.muting import categories_in, mutes_in
from graph.stores.sqlite.once import first_result, keep
from graph.stores.sqlite.transaction import StoreBase, Transaction


class Edges(StoreBase):
    """Mixin: the methods of `GraphStore` about edges, loads and the inbox."""

    def set_edges(self, kind: str, edges: UserEdges) -> None:
        check_edges(kind, edges)
        for start in range(0, len(edges), BATCH):
            part = slice_of(edges, start, start + BATCH)
            with self._writing() as tx:
                if put_edges(tx, kind, _rows(part)):
                    tx.change(kind, user=only(plain(part.users)))

    def patch_edges(self, kind: str, users: Int64, things: Int64, edges: UserEdges) -> None:
        check_edges(kind, edges)
        for start in range(0, len(edges), BATCH):
            part = slice_of(edges, start, start + BATCH)
            inside = (users >= part.users[0]) & (users <= part.users[-1])
            with self._writing() as tx:
                stored = stored_edges(tx, kind, plain(part.users))
                after = patched(kind, stored, users[inside], things[inside], part)
                if put_edges(tx, kind, _rows(after)):
                    tx.change(kind, user=only(plain(part.users)))

    def edges(self, kind: str) -> UserEdges:
        with self._reading() as tx:
            rows = tx.run("edges", table=kind_of(kind)).fetchall()
        return packed(kind, rows)

    def merchant_fans(self, merchant_index: int, limit: int) -> Int64:
        fans = [np.zeros(0, dtype=np.int64)]
        num_fans = 0
        with self._reading() as tx:
            cursor = tx.run("edges", table="paid")
            while num_fans < limit and (rows := cursor.fetchmany(BATCH)):
                part = packed("paid", rows)
                owners = np.repeat(part.users, np.diff(part.offsets))
                fans.append(np.unique(owners[part.edges["merchant"] == merchant_index]))
                num_fans += len(fans[-1])
        return np.concatenate(fans)[:limit]

    # -- loads and the inbox ------------------------------------------------------------------------

    def put_load(self, load: Load) -> None:
        with self._writing() as tx:
            tx.run("put_load", tuple(vars(load).values()))

    def loads(self, state: str | None = None) -> list[Load]:
        with self._reading() as tx:
            return [Load(*row) for row in tx.run("loads", {"state": state})]

    def find_load(self, fingerprint: str) -> Load | None:
        with self._reading() as tx:
            row = tx.run("find_load", (fingerprint,)).fetchone()
        return None if row is None else Load(*row)

    def add_payments(self, columns: Columns, at: int, once: Once | None = None) -> Applied:
        rows = [checked_payment(row) for row in rows_of(columns, *PAYMENT)]
        with self._writing() as tx:
            if (first := first_result(tx, once)) is not None:
                return Applied(*first)
            new = [row for row in rows if tx.run("put_payment", (*row, int(at))).rowcount]
            _count(tx, [row for row in new if not row[-1]], at)
            keep(tx, once, (len(new), len(rows) - len(new)))
        return Applied(new=len(new), duplicates=len(rows) - len(new))

    def inbox(self) -> dict[str, npt.NDArray[Any]]:
        with self._reading() as tx:
            rows = tx.run("inbox").fetchall()
        columns = zip(*rows, strict=True) if rows else ([] for _ in PAYMENT)
        return {name: inbox_column(name, values) for name, values in zip(PAYMENT, columns, strict=True)}

    def clear_inbox(self, payments: Sequence[int]) -> None:
        keys = [(signed(payment),) for payment in plain(payments)]
        for start in range(0, len(keys), BATCH):
            with self._writing() as tx:
                tx.run_many("move_payment", keys[start : start + BATCH])

    def trim_inbox(self, before: int) -> None:
        with self._writing() as tx:
            tx.run("trim_inbox", (int(before),))


def edges_of(tx: Transaction, kind: str, user: int) -> npt.NDArray[np.void]:
    """Edges of one user; read-only."""
    return np.frombuffer(tx.one("edges_of", (user,), table=kind_of(kind)) or b"", dtype=LAYOUTS[kind])


def stored_edges(tx: Transaction, kind: str, users: Sequence[int]) -> UserEdges:
    """Edges of users, perhaps none."""
    tx.want(users)
    blob_of = dict(tx.run("edges_of_wanted", table=kind))
    return packed(kind, [(user, blob_of.get(user, b"")) for user in users])


def _rows(edges: UserEdges) -> list[tuple[int, bytes]]:
    """Each user with the bytes of their edges."""
    raw = edges.edges.tobytes()
    ends = (edges.offsets * edges.edges.dtype.itemsize).tolist()
    return [(user, raw[ends[i] : ends[i + 1]]) for i, user in enumerate(plain(edges.users))]


def put_edges(tx: Transaction, kind: str, rows: Sequence[tuple[int, bytes]]) -> int:
    """Replace the packed edges of users; returns for how many they changed.

    Empty bytes remove them. Users who are gone are passed over.
    """
    seq = tx.next_seq()
    filled = ((user, blob, seq, user) for user, blob in rows if blob)
    num_changed = tx.run_many("put_edges", filled, table=kind)
    emptied = [user for user, blob in rows if not blob and tx.run("drop_edges", (user,), table=kind).rowcount]
    tx.run_many("touch_user", ((seq, user) for user in emptied))
    return num_changed + len(emptied)


def _count(tx: Transaction, rows: Sequence[tuple[Any, ...]], at: int) -> None:
    """Count payments that are new and not walled into the edges of their users, but for what these muted."""
    rows = unmuted(rows, mutes_in(tx, [row[1] for row in rows]), partial(categories_in, tx))
    by_user: dict[int, list[Payment]] = {}
    for _, user, *rest, _ in sorted(rows, key=lambda row: row[7]):
        by_user.setdefault(user, []).append(Payment(*rest))
    num_changed = sum(
        put_edges(
            tx, kind, [(user, _counted(tx, kind, user, payments)) for user, payments in by_user.items()]
        )
        for kind in LAYOUTS
    )
    if num_changed:
        tx.change("payments", at=at, user=only(by_user))


def _counted(tx: Transaction, kind: str, user: int, payments: Sequence[Payment]) -> bytes:
    edges = edges_of(tx, kind, user)
    for payment in payments:
        edges = count_payment(edges, payment)
    return edges.tobytes()


def packed(kind: str, rows: Sequence[tuple[int, bytes]]) -> UserEdges:
    layout = LAYOUTS[kind]
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(blob) for _, blob in rows], out=offsets[1:])
    users = np.array([user for user, _ in rows], dtype=np.int64)
    packed = np.frombuffer(b"".join([blob for _, blob in rows]), dtype=layout)
    return UserEdges(users, offsets // layout.itemsize, packed)
