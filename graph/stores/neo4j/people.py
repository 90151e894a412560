"""What people decided, in the Neo4j store: circles they are in, consents, links, blocks, events."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.errors import InputError
from graph.stores.base import Change, Columns, Decision, UserState
from graph.stores.columns import Int64, batches, only, plain, rows_of
from graph.stores.decisions import DECISIONS, EventRow, check_event, door_of, purpose_of
from graph.stores.feedback import Showing
from graph.stores.neo4j import packing
from graph.stores.neo4j.drivers import not_found
from graph.stores.neo4j.nodes import user_of
from graph.stores.neo4j.once import first_result, keep
from graph.stores.neo4j.transaction import WRITE_S, StoreBase, Transaction, int64
from graph.stores.once import Event, Once

Rows = Sequence[tuple[Any, ...]]


class People(StoreBase):
    """Mixin: the methods of `GraphStore` about people's decisions."""

    def user_state(self, user_id: str) -> UserState | None:
        rows = self._read(lambda tx: tx.run("user_state", id=user_id))
        if not rows:
            return None
        decided, paid, bought, member_of, dismissed, left, shown = rows[0][6:]
        return UserState(
            user=user_of(rows[0]),
            consents=frozenset(_granted(decided)),
            paid=packing.edges_of("paid", paid),
            bought=packing.edges_of("bought", bought),
            member_of=frozenset(member_of),
            dismissed=frozenset(dismissed),
            left=frozenset(left) - frozenset(member_of),
            showings={circle: Showing(times, at) for circle, times, at in shown},
        )

    # -- circles ------------------------------------------------------------------------------------

    def add_memberships(self, columns: Columns) -> int:
        rows = [
            (user, circle, -1 if joined_at is None else joined_at, left_at)
            for user, circle, joined_at, left_at in rows_of(columns, "user", "circle", "joined_at", "left_at")
        ]
        return self._add(rows, _add_memberships, change="memberships")

    def memberships(self) -> dict[str, Int64]:
        open_ = self._table("memberships_open", "user", "circle", "joined_at")
        open_["left_at"] = np.full(len(open_["user"]), -1, dtype=np.int64)
        ended = self._table("memberships_ended", "user", "circle", "joined_at", "left_at")
        return sorted_columns({name: np.concatenate([open_[name], ended[name]]) for name in ended})

    def dismissals(self) -> dict[str, Int64]:
        return self._table("dismissals", "user", "circle", "at")

    def join(self, user: int, circle: int, at: int) -> bool:
        return self._write(lambda tx: decide_about(tx, "join", user, circle, at), WRITE_S)

    def leave(self, user: int, circle: int, at: int) -> bool:
        return self._write(lambda tx: decide_about(tx, "leave", user, circle, at), WRITE_S)

    def dismiss(self, user: int, circle: int, at: int) -> bool:
        return self._write(lambda tx: decide_about(tx, "dismiss", user, circle, at), WRITE_S)

    def add_event(
        self,
        event_id: str,
        kind: str,
        user: int,
        circle: int | None,
        rec_id: str | None,
        at: int,
        position: int | None = None,
    ) -> bool:
        return self._add_events([(event_id, kind, user, circle, rec_id, at, position)], None)[0]

    def add_events(self, events: Sequence[Event], once: Once | None = None) -> list[bool]:
        return self._add_events([astuple(event) for event in events], once)

    def _add_events(self, rows: Sequence[EventRow], once: Once | None) -> list[bool]:
        for row in rows:
            check_event(row)

        def work(tx: Transaction) -> list[bool]:
            if (first := first_result(tx, once)) is not None:
                return [bool(is_new) for is_new in first]
            new = [_add_event(tx, *row) for row in rows]
            keep(tx, once, new)
            return new

        return self._write(work, WRITE_S)

    # -- other people -------------------------------------------------------------------------------

    def add_links(self, columns: Columns) -> int:
        rows = [
            (min(user, other), max(user, other), -1 if since is None else since)
            for user, other, since in rows_of(columns, "user", "other", "since")
        ]
        if any(user == other for user, other, _ in rows):
            raise InputError("a person cannot be linked to themself")
        return self._add(rows, add_links, change="links", num_people=2)

    def links(self) -> dict[str, Int64]:
        return self._table("links", "user", "other", "since")

    def block(self, user: int, other: int, at: int) -> bool:
        if int(user) == int(other):
            raise InputError("a person cannot block themself")
        return self._set_block("block", int(user), int(other), int(at))

    def unblock(self, user: int, other: int, at: int) -> bool:
        return self._set_block("unblock", int(user), int(other), int(at))

    def visible(self, viewer: int, others: Sequence[int], purpose: str) -> npt.NDArray[np.bool_]:
        wanted, purpose = plain(others), purpose_of(purpose)
        others = list(set(wanted))
        seen = set(
            self._read(lambda tx: tx.one("visible", viewer=int(viewer), others=others, purpose=purpose))
        )
        return np.fromiter((other in seen for other in wanted), dtype=bool, count=len(wanted))

    # -- consents and changes -----------------------------------------------------------------------

    def set_consents(self, columns: Columns) -> int:
        # Of two decisions of one moment the last one holds, also within one call.
        decided = {
            (user, purpose_of(purpose), at): (bool(granted), door_of(door))
            for user, purpose, at, granted, door in rows_of(
                columns, "user", "purpose", "at", "granted", "door"
            )
        }
        rows = [(*key, *said) for key, said in decided.items()]
        newest = max((row[2] for row in rows), default=None)
        return self._add(rows, _set_consents, change="consent", at=newest)

    def consents(self, purpose: str) -> Int64:
        granting = [int64([])]
        for part in self._parts("user"):
            users, at, granted = self._bulk("decisions_about", part, purpose=purpose_of(purpose))
            newest = dict(sorted(zip(zip(users, at, strict=True), granted, strict=True)))
            last = {user: decision for (user, _), decision in newest.items()}
            granting.append(int64(sorted(user for user, decision in last.items() if decision)))
        purpose_of(purpose)
        return np.concatenate(granting)

    def consent_history(self, user: int) -> list[Decision]:
        return [Decision(*row) for row in self._read(lambda tx: tx.run("consent_history", user=int(user)))]

    def changes(self, after: int, limit: int) -> list[Change]:
        rows = self._read(lambda tx: tx.run("changes", after=int(after), limit=int(limit)))
        return [Change(*row) for row in rows]

    # -- shared -------------------------------------------------------------------------------------

    def _table(self, query: str, *names: str) -> dict[str, Int64]:
        parts = [self._bulk(query, part) for part in self._parts("user")]
        return sorted_columns(
            {
                name: np.concatenate([int64([]), *(int64(part[i]) for part in parts)])
                for i, name in enumerate(names)
            }
        )

    def _add(
        self,
        rows: Rows,
        write: Callable[[Transaction, Rows], int],
        *,
        change: str,
        num_people: int = 1,
        at: int | None = None,
    ) -> int:
        """Write rows that begin with `num_people` users; returns how many changed something.

        When one row of a batch changes something, all users of the batch count as changed.
        """

        def work(tx: Transaction, part: Rows) -> int:
            people = {user for row in part for user in row[:num_people]}
            tx.must_know("User", people)
            num_changed = write(tx, part)
            if num_changed:
                tx.change(change, at=at, user=only(people), touched=people)
            return num_changed

        return sum(self._write(lambda tx, part=part: work(tx, part)) for part in batches(rows))  # type: ignore[misc]

    def _set_block(self, query: str, user: int, other: int, at: int) -> bool:
        def work(tx: Transaction) -> bool:
            changed = tx.one(query, user=user, other=other, at=at)
            if changed is None:
                raise not_found()
            if changed:
                tx.change(query, at=at, user=user, touched=[user, other])
            return bool(changed)

        return self._write(work, WRITE_S)


def _add_event(
    tx: Transaction,
    event_id: str,
    kind: str,
    user: int,
    circle: int | None,
    rec_id: str | None,
    at: int,
    position: int | None,
) -> bool:
    if tx.one("find_event", event_id=event_id):
        return False
    where = None if circle is None else int(circle)
    if where is not None:
        tx.must_know("Circle", [where])
    event: dict[str, Any] = {"event_id": event_id, "what": kind, "user": int(user), "at": int(at)}
    if not tx.one("put_event", circle=where, rec_id=rec_id, position=position, **event):
        raise not_found()
    if where is not None:
        row: dict[str, Any] = {"user": int(user), "circle": where, "at": int(at)}
        tx.run("show_circle" if kind == "exposure" else "answer_circle", **row)
    if kind in DECISIONS and where is not None:
        decide_about(tx, kind, user, where, at)
    elif kind == "report":
        tx.change("report", at=int(at), user=int(user), touched=[int(user)], circle=where)
    return True


def decide_about(tx: Transaction, kind: str, user: int, circle: int, at: int) -> bool:
    """Join, leave or dismiss. Decisions hold in the order they arrive; `at` is only written down."""
    changed = tx.one(kind, user=int(user), circle=int(circle), at=int(at))
    if changed is None and kind != "leave":
        raise not_found()
    if changed:
        tx.change(kind, at=int(at), user=int(user), circle=int(circle), touched=[int(user)])
    return bool(changed)


def _granted(decided: Iterable[Sequence[Any]]) -> list[str]:
    """Purposes whose newest decision grants; rows are purpose, at, granted."""
    newest = {purpose: granted for purpose, _, granted in sorted(map(tuple, decided))}
    return [purpose for purpose, granted in newest.items() if granted]


def _add_memberships(tx: Transaction, rows: Rows) -> int:
    """A time of membership that is known already only gets an end, or a later one."""
    tx.must_know("Circle", (row[1] for row in rows))
    pairs = [list(pair) for pair in {row[:2] for row in rows}]
    stored = {tuple(row[:3]): row[3] for row in tx.columns("memberships_between", pairs=pairs)[0]}
    now, num_changed = dict(stored), 0
    for user, circle, joined_at, left_at in rows:
        key = (user, circle, joined_at)
        before = now.get(key)
        if key not in now or (left_at is not None and (before is None or left_at > before)):
            now[key] = left_at
            num_changed += 1
    changed = [(*key, left_at) for key, left_at in now.items() if key not in stored or stored[key] != left_at]
    tx.run("open_memberships", rows=[list(row[:3]) for row in changed if row[3] is None])
    tx.run("end_memberships", rows=[list(row) for row in changed if row[3] is not None])
    return num_changed


def add_links(tx: Transaction, rows: Rows) -> int:
    """A link keeps its earliest known date."""
    pairs = [list(pair) for pair in {row[:2] for row in rows}]
    stored = {(user, other): since for user, other, since in tx.columns("links_between", pairs=pairs)[0]}
    now, num_changed = dict(stored), 0
    for user, other, since in rows:
        before = now.get((user, other))
        if before is None or (since >= 0 and (before < 0 or since < before)):
            now[user, other] = since
            num_changed += 1
    changed = [[*pair, since] for pair, since in now.items() if stored.get(pair) != since]
    tx.run("put_links", rows=changed)
    return num_changed


def _set_consents(tx: Transaction, rows: Rows) -> int:
    stored = {
        (user, purpose, at): granted
        for user, purpose, at, granted in tx.columns("decisions_of", users=list({row[0] for row in rows}))[0]
    }
    changed = [list(row) for row in rows if stored.get(row[:3]) != row[3]]
    tx.run("put_decisions", rows=changed)
    return len(changed)


def sorted_columns(columns: dict[str, Int64]) -> dict[str, Int64]:
    """Rows in the order of the columns."""
    order = np.lexsort(list(reversed(columns.values())))
    return {name: values[order] for name, values in columns.items()}
