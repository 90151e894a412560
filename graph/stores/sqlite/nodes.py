"""Nodes of the embedded store: users, merchants, products, circles and what circles are about."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graph.errors import NotFound
from graph.stores.base import Circle, Columns, ThemeTarget, User
from graph.stores.columns import Int64, batches, column, only, plain
from graph.stores.node_rows import (
    MERCHANT_NAMED_BY,
    PROPERTIES,
    check_ids,
    check_states,
    circle_of,
    grouped,
    merged,
    refuse_unknown,
    shown,
    theme_rows,
)
from graph.stores.sqlite.transaction import StoreBase, Transaction, table_of


class Nodes(StoreBase):
    """Mixin: the methods of `GraphStore` about nodes."""

    def intern(self, label: str, ids: Sequence[str]) -> Int64:
        table, distinct = table_of(label), list(dict.fromkeys(ids))
        check_ids(table, distinct)
        with self._reading() as tx:  # most ids are known, and reading waits for nobody
            out, num_given = _found(tx, table, distinct), _num_given(tx, table)
        for part in batches(np.flatnonzero(out < 0).tolist()):
            new = [distinct[i] for i in part]
            with self._writing() as tx:
                nobody_else = _num_given(tx, table) == num_given
                given = numbered(tx, table, new, out[part] if nobody_else else _found(tx, table, new))
                rows = zip(given.tolist(), new, strict=True)
                if tx.run_many("insert_node", rows, table=table) and table == "circle":
                    tx.circles_change("circle", circle=only(given.tolist()))
                num_given = _num_given(tx, table)
            out[part] = given
        index_of = dict(zip(distinct, out.tolist(), strict=True))
        return np.fromiter(map(index_of.__getitem__, ids), dtype=np.int64, count=len(ids))

    def indices(self, label: str, ids: Sequence[str]) -> Int64:
        with self._reading() as tx:
            return _found(tx, table_of(label), ids)

    def ids(self, label: str, indices: Sequence[int] | Int64) -> list[str]:
        wanted = plain(indices)
        with self._reading() as tx:
            tx.want(wanted)
            id_at = dict(tx.run("node_ids", table=table_of(label)))
        if len(id_at) < len(wanted):
            lost = next(index for position, index in enumerate(wanted) if position not in id_at)
            raise NotFound(f"no {label} has index {lost}")
        return [id_at[position] for position in range(len(wanted))]

    def upsert(self, label: str, columns: Columns) -> Int64:
        table, num_rows = table_of(label), len(columns["id"])
        refuse_unknown(columns, table)
        cells = {name: column(columns, name, num_rows) for name in ("id", *PROPERTIES[table])}
        check_ids(table, cells["id"])
        check_states(cells.get("state", ()))
        if owner := MERCHANT_NAMED_BY.get(table):
            cells[owner] = self._merchants(cells[owner])
        index_of: dict[str, int] = {}
        for part in batches(merged(list(zip(*cells.values(), strict=True)))):
            with self._writing() as tx:
                index_of.update(_upserted(tx, table, part))
        return np.array([index_of[value] for value in cells["id"]], dtype=np.int64)

    def _merchants(self, ids: Sequence[str | None]) -> list[int | None]:
        named = [value for value in ids if value is not None]
        index_of = dict(zip(named, self.intern("Merchant", named).tolist(), strict=True))
        return [None if value is None else index_of[value] for value in ids]

    def nodes(self, label: str) -> dict[str, list[Any]]:
        table = table_of(label)
        with self._reading() as tx:
            return shown(table, tx.run("nodes", table=table).fetchall())

    def describe(self, label: str, ids: Sequence[str]) -> dict[str, list[Any]]:
        table = table_of(label)
        with self._reading() as tx:
            tx.want(ids)
            known = {position: row for position, *row in tx.run("describe", table=table)}
        nothing = [None] * len(PROPERTIES[table])
        return shown(table, [known.get(i, [-1, value, *nothing]) for i, value in enumerate(ids)])

    def user(self, user_id: str) -> User | None:
        with self._reading() as tx:
            return user_of(tx, user_id)

    def circle(self, circle_id: str) -> Circle | None:
        with self._reading() as tx:
            row = tx.run("circle", (circle_id,)).fetchone()
            if row is None:
                return None
            themes = grouped(tx.run("theme", (row[0],)))
            return circle_of(row, themes, dict(tx.run("member_count", (row[0],))))

    def circles(self) -> list[Circle]:
        with self._reading() as tx:
            themes, num_members = grouped(tx.run("themes")), dict(tx.run("member_counts"))
            return [circle_of(row, themes, num_members) for row in tx.run("circles")]

    def circles_seq(self) -> int:
        with self._reading_once() as tx:
            return int(tx.one("counter", ("circles",)))

    def circle_members(self, circle_index: int) -> Int64:
        with self._reading() as tx:
            return tx.numbers("circle_members", (int(circle_index),))

    def set_themes(self, themes: Mapping[int, Sequence[ThemeTarget]]) -> None:
        checked = [(int(circle), theme_rows(targets)) for circle, targets in themes.items()]
        for part in batches(checked):
            with self._writing() as tx:
                changed = [circle for circle, rows in part if set_theme(tx, circle, rows)]
                if changed:
                    tx.circles_change("theme", circle=only(changed))

    def themes(self) -> dict[int, tuple[ThemeTarget, ...]]:
        with self._reading() as tx:
            return grouped(tx.run("themes"))

    def set_circle_state(self, circle: int, state: str, at: int) -> bool:
        check_states([state])
        with self._writing() as tx:
            tx.want([int(circle)])
            if tx.one("node_ids", table="circle") is None:
                raise NotFound(f"no Circle has index {circle}")
            changed = tx.run("set_circle_state", {"circle": int(circle), "state": state}).rowcount > 0
            if changed:
                tx.circles_change("state", at=at, circle=int(circle))
            return changed


def user_of(tx: Transaction, user_id: str) -> User | None:
    """Read one user; what nobody said about them counts as no."""
    row = tx.run("user", (user_id,)).fetchone()
    return None if row is None else user_in(row)


def user_in(row: Sequence[Any]) -> User:
    """The user of a row that begins with the columns of `user`."""
    index, id_, verified, adult, city, changed = row[:6]
    return User(index, id_, bool(verified), bool(adult), city, changed)


def _found(tx: Transaction, table: str, ids: Sequence[str]) -> Int64:
    tx.want(ids)
    return tx.numbers("find_nodes", table=table)


def _num_given(tx: Transaction, table: str) -> int:
    """How many indices were ever given; the next one."""
    return int(tx.one("counter", (table,)))


def numbered(tx: Transaction, table: str, ids: Sequence[str], indices: Int64) -> Int64:
    """The indices of distinct ids, those below zero replaced by new ones in the order given."""
    out = indices.copy()
    missing = np.flatnonzero(out < 0)
    if len(missing):
        start = _num_given(tx, table)
        out[missing] = np.arange(start, start + len(missing))
        tx.run("set_counter", (start + len(missing), table))
    return out


def _upserted(tx: Transaction, table: str, rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
    """Write rows of distinct ids; returns the index of each id."""
    ids = [row[0] for row in rows]
    indices = numbered(tx, table, ids, _found(tx, table, ids)).tolist()
    seq = (tx.next_seq(),) if table == "user" else ()
    values = ((index, *row, *seq) for index, row in zip(indices, rows, strict=True))
    if tx.run_many(f"upsert_{table}", values):
        if table == "user":
            tx.change("user", user=only(indices))
        elif table == "circle":
            tx.circles_change("circle", circle=only(indices))
    return dict(zip(ids, indices, strict=True))


def set_theme(tx: Transaction, circle: int, rows: list[tuple[str, str, float]]) -> bool:
    if [row[1:] for row in tx.run("theme", (circle,))] == rows:
        return False
    tx.run("clear_theme", (circle,))
    tx.run_many("put_theme", ((circle, *row) for row in rows))
    return True
