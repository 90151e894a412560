"""Nodes of the Neo4j store: users, merchants, products, circles and what circles are about."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graph.errors import NotFound
from graph.stores.base import Circle, Columns, ThemeTarget, User
from graph.stores.columns import Int64, batches, column, only, plain
from graph.stores.neo4j.drivers import not_found
from graph.stores.neo4j.transaction import BULK_S, WRITE_S, StoreBase, Transaction, int64, label_of
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

_OWNED_BY = {"product": "SELLS", "circle": "RUNS"}
_NODES = 50_000  # read at once


class Nodes(StoreBase):
    """Mixin: the methods of `GraphStore` about nodes."""

    def intern(self, label: str, ids: Sequence[str]) -> Int64:
        table, distinct = label_of(label), list(dict.fromkeys(ids))
        check_ids(table, distinct)
        index_of = self._index_of(label, distinct)  # most are known, and reading waits for nobody
        for part in batches([value for value in distinct if value not in index_of]):
            index_of |= self._write(lambda tx, part=part: _interned(tx, label, part))  # type: ignore[misc]
        return np.fromiter(map(index_of.__getitem__, ids), dtype=np.int64, count=len(ids))

    def _index_of(self, label: str, ids: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for part in batches(ids):
            found |= self._read(lambda tx, part=part: _found(tx, label, part), BULK_S)  # type: ignore[misc]
        return found

    def indices(self, label: str, ids: Sequence[str]) -> Int64:
        label_of(label)
        index_of = self._index_of(label, list(dict.fromkeys(ids)))
        return np.fromiter((index_of.get(value, -1) for value in ids), dtype=np.int64, count=len(ids))

    def ids(self, label: str, indices: Sequence[int] | Int64) -> list[str]:
        label_of(label)
        wanted = plain(indices)
        id_of: dict[int, str] = {}
        for part in batches(list(dict.fromkeys(wanted))):
            found = self._read(lambda tx, part=part: tx.columns("node_ids", label=label, indices=part))  # type: ignore[misc]
            id_of.update(zip(*found, strict=True))
        for index in wanted:
            if index not in id_of:
                raise NotFound(f"no {label} has index {index}")
        return [id_of[index] for index in wanted]

    def upsert(self, label: str, columns: Columns) -> Int64:
        table, num_rows = label_of(label), len(columns["id"])
        refuse_unknown(columns, table)
        cells = {name: column(columns, name, num_rows) for name in ("id", *PROPERTIES[table])}
        check_ids(table, cells["id"])
        check_states(cells.get("state", ()))
        if owner := MERCHANT_NAMED_BY.get(table):
            named = [value for value in cells[owner] if value is not None]
            index_of = dict(zip(named, self.intern("Merchant", named).tolist(), strict=True))
            cells[owner] = [index_of.get(value) for value in cells[owner]]
        given: dict[str, int] = {}
        for part in batches(merged(list(zip(*cells.values(), strict=True)))):
            given |= self._write(lambda tx, part=part: _upserted(tx, label, part))  # type: ignore[misc]
        return np.array([given[value] for value in cells["id"]], dtype=np.int64)

    def nodes(self, label: str) -> dict[str, list[Any]]:
        table, rows = label_of(label), []
        for part in self._parts(table, _NODES):
            rows += sorted(self._bulk(f"nodes_{table}", part)[0])
        return shown(table, rows)

    def describe(self, label: str, ids: Sequence[str]) -> dict[str, list[Any]]:
        table, names = label_of(label), PROPERTIES[label_of(label)]
        known: dict[str, list[Any]] = {}
        for part in batches(list(dict.fromkeys(ids))):
            known |= self._read(lambda tx, part=part: _described(tx, label, part))  # type: ignore[misc]
        return shown(table, [known.get(value, [-1, value, *[None] * len(names)]) for value in ids])

    def user(self, user_id: str) -> User | None:
        rows = self._read(lambda tx: tx.run("user", id=user_id))
        return user_of(rows[0]) if rows else None

    def circle(self, circle_id: str) -> Circle | None:
        def work(tx: Transaction) -> Circle | None:
            rows = tx.run("circle", id=circle_id)
            if not rows:
                return None
            *row, num_members = rows[0]
            themes = grouped(sorted(tx.columns("themes_of", circles=[row[0]])[0]))
            return circle_of(tuple(row), themes, {row[0]: num_members})

        return self._read(work)

    def circles(self) -> list[Circle]:
        themes = self.themes()
        rows = self._read(lambda tx: tx.run("circles"), BULK_S)
        return [circle_of(tuple(row), themes, {row[0]: num_members}) for *row, num_members in rows]

    def circles_seq(self) -> int:
        return self._read(lambda tx: tx.counter("circles"))

    def circle_members(self, circle_index: int) -> Int64:
        return np.sort(
            int64(self._read(lambda tx: tx.one("circle_members", circle=int(circle_index)), BULK_S))
        )

    def set_themes(self, themes: Mapping[int, Sequence[ThemeTarget]]) -> None:
        checked = [(int(circle), theme_rows(targets)) for circle, targets in themes.items()]
        for part in batches(checked):
            self._write(lambda tx, part=part: _set_themes(tx, dict(part)))  # type: ignore[misc]

    def themes(self) -> dict[int, tuple[ThemeTarget, ...]]:
        rows: list[Any] = []
        for part in self._parts("circle"):
            rows += sorted(self._bulk("themes", part)[0])
        return grouped(rows)

    def set_circle_state(self, circle: int, state: str, at: int) -> bool:
        check_states([state])

        def work(tx: Transaction) -> bool:
            if not tx.known("Circle", [int(circle)]):
                raise NotFound(f"no Circle has index {circle}")
            changed = bool(tx.one("set_circle_state", circle=int(circle), state=state))
            if changed:
                tx.circles_change("state", at=at, circle=int(circle))
            return changed

        return self._write(work, WRITE_S)


def user_of(row: Sequence[Any]) -> User:
    """A user from the first six values of a row; what nobody said about them counts as no."""
    index, id_, verified, adult, city, changed = row[:6]
    return User(index, id_, bool(verified), bool(adult), city, changed)


def _found(tx: Transaction, label: str, ids: Sequence[str]) -> dict[str, int]:
    return dict(zip(*tx.columns("find_nodes", label=label, ids=ids), strict=True))


def _interned(tx: Transaction, label: str, ids: Sequence[str]) -> dict[str, int]:
    """The index of each of some distinct ids, new ones in the order given."""
    known = _found(tx, label, ids)
    given = numbered(tx, label, ids, known)
    if label == "Circle" and len(given) > len(known):
        tx.circles_change("circle", circle=only(given[value] for value in ids if value not in known))
    return given


def _upserted(tx: Transaction, label: str, rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
    """Write rows of distinct ids; returns the index of each id."""
    table, ids = label.lower(), [row[0] for row in rows]
    known = _found(tx, label, ids)
    given = numbered(tx, label, ids, known)
    changes, owners = _changes(tx, label, rows)
    if changes:
        tx.run("set_properties", label=label, rows=[[given[id_], values] for id_, values in changes.items()])
    if owners:
        pairs = [[given[id_], merchant] for id_, merchant in owners.items()]
        tx.run("set_owners", label=label, kind=_OWNED_BY[table], rows=pairs)
    new = given.keys() - known.keys()
    if changed := [given[id_] for id_ in ids if id_ in new or id_ in changes or id_ in owners]:
        if table == "user":
            tx.change("user", user=only(given.values()), touched=changed)
        elif table == "circle":
            tx.circles_change("circle", circle=only(given.values()))
    return given


def numbered(tx: Transaction, label: str, ids: Sequence[str], known: Mapping[str, int]) -> dict[str, int]:
    """The index of each id; new nodes are made, and nothing is said of it in the change feed."""
    new = [value for value in ids if value not in known]
    if not new:
        return dict(known)
    start = tx.counter(label.lower())
    given = {value: start + number for number, value in enumerate(new)}
    tx.run("create_nodes", label=label, rows=[list(pair) for pair in given.items()])
    tx.run("set_counter", name=label.lower(), value=start + len(new))
    return {**known, **given}


def _changes(
    tx: Transaction, label: str, rows: Sequence[tuple[Any, ...]]
) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    """What differs from what is known: properties by id, and the merchant that owns by id."""
    table, ids = label.lower(), [row[0] for row in rows]
    stored = dict(tx.columns("node_properties", label=label, ids=ids)[0])
    owner_name = MERCHANT_NAMED_BY.get(table, "")
    owner_of = dict(_owners(tx, label, ids)) if owner_name else {}
    changes: dict[str, dict[str, Any]] = {}
    owners: dict[str, int] = {}
    for id_, *values in rows:
        said = {k: v for k, v in zip(PROPERTIES[table], values, strict=True) if v is not None}
        owner = said.pop(owner_name, None)
        differs = {name: value for name, value in said.items() if stored[id_].get(name) != value}
        if differs:
            changes[id_] = differs
        if owner is not None and owner_of.get(id_) != owner:
            owners[id_] = owner
    return changes, owners


def _owners(tx: Transaction, label: str, ids: Sequence[str]) -> list[list[Any]]:
    return list(tx.columns("owners_of", label=label, kind=_OWNED_BY[label.lower()], ids=ids)[0])


def _described(tx: Transaction, label: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    table = label.lower()
    stored = dict(tx.columns("node_properties", label=label, ids=ids)[0])
    owner_name = MERCHANT_NAMED_BY.get(table)
    if owner_name:
        owners = dict(_owners(tx, label, list(stored)))
        merchants = list(set(owners.values()))
        id_of = dict(zip(*tx.columns("node_ids", label="Merchant", indices=merchants), strict=True))
        for id_, merchant in owners.items():
            stored[id_] = stored[id_] | {owner_name: id_of[merchant]}
    if table == "circle":
        stored = {id_: {"state": "open"} | values for id_, values in stored.items()}
    return {
        id_: [values["idx"], id_, *(values.get(name) for name in PROPERTIES[table])]
        for id_, values in stored.items()
    }


def put_theme(tx: Transaction, circle: int, rows: list[tuple[str, str, float]]) -> bool:
    """Replace the theme of one circle that exists; whether it differs. Says nothing in the change feed."""
    return bool(_put_themes(tx, {circle: rows}))


def _set_themes(tx: Transaction, themes: Mapping[int, list[tuple[str, str, float]]]) -> None:
    if len(tx.known("Circle", themes)) < len(themes):
        raise not_found()
    if changed := _put_themes(tx, themes):
        tx.circles_change("theme", circle=only(changed))


def _put_themes(tx: Transaction, themes: Mapping[int, list[tuple[str, str, float]]]) -> list[int]:
    """Replace themes; returns the circles whose theme differs."""
    stored: dict[int, list[tuple[str, str, float]]] = defaultdict(list)
    for circle, *row in sorted(tx.columns("themes_of", circles=list(themes))[0]):
        stored[circle].append((row[0], row[1], row[2]))
    changed = [circle for circle, rows in themes.items() if stored[circle] != rows]
    if not changed:
        return []
    tx.run("clear_themes", circles=changed)
    by_kind: dict[str, list[list[Any]]] = defaultdict(list)
    for circle in changed:
        for kind, target_id, weight in themes[circle]:
            by_kind[kind].append([circle, target_id, weight])
    for kind, rows in by_kind.items():
        tx.run("put_themes", label=kind.title(), rows=rows)
    return changed
