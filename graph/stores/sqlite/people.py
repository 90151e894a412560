"""What people decided, in the embedded store: circles they are in, consents, links, blocks, events."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.edges import LAYOUTS
from graph.errors import InputError
from graph.stores.base import Change, Columns, Decision, UserState
from graph.stores.columns import BATCH, Int64, batches, only, plain, rows_of
from graph.stores.decisions import DECISIONS, EventRow, check_event, door_of, purpose_of
from graph.stores.feedback import Showing
from graph.stores.once import Event, Once
from graph.stores.sqlite.feedback import count_showing
from graph.stores.sqlite.nodes import user_in
from graph.stores.sqlite.once import first_result, keep
from graph.stores.sqlite.transaction import StoreBase, Transaction


class People(StoreBase):
    """Mixin: the methods of `GraphStore` about people's decisions."""

    def user_state(self, user_id: str) -> UserState | None:
        with self._reading_once() as tx:
            row = tx.run("person", (user_id,)).fetchone()
        if row is None:
            return None
        paid, bought, circles_seq, memberships, dismissed, showings, purposes = row[6:]
        were_in = _numbers(memberships)
        member_of = frozenset(circle for circle, is_in in were_in if is_in)
        return UserState(
            user=user_in(row),
            consents=frozenset(purposes.split(",") if purposes else ()),
            paid=np.frombuffer(paid or b"", dtype=LAYOUTS["paid"]),
            bought=np.frombuffer(bought or b"", dtype=LAYOUTS["bought"]),
            member_of=member_of,
            dismissed=frozenset(circle for (circle,) in _numbers(dismissed)),
            left=frozenset(circle for circle, is_in in were_in if not is_in) - member_of,
            showings={circle: Showing(times, at) for circle, times, at in _numbers(showings)},
            circles_seq=circles_seq,
        )

    # -- circles ------------------------------------------------------------------------------------

    def add_memberships(self, columns: Columns) -> int:
        rows = [
            (user, circle, -1 if joined_at is None else joined_at, left_at)
            for user, circle, joined_at, left_at in rows_of(columns, "user", "circle", "joined_at", "left_at")
        ]
        return self._add(rows, "add_membership", change="memberships")

    def memberships(self) -> dict[str, Int64]:
        return self._table("memberships", "user", "circle", "joined_at", "left_at")

    def dismissals(self) -> dict[str, Int64]:
        return self._table("dismissals", "user", "circle", "at")

    def join(self, user: int, circle: int, at: int) -> bool:
        with self._writing() as tx:
            return decide_about(tx, "join", user, circle, at)

    def leave(self, user: int, circle: int, at: int) -> bool:
        with self._writing() as tx:
            return decide_about(tx, "leave", user, circle, at)

    def dismiss(self, user: int, circle: int, at: int) -> bool:
        with self._writing() as tx:
            return decide_about(tx, "dismiss", user, circle, at)

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
        with self._writing() as tx:
            if (first := first_result(tx, once)) is not None:
                return [bool(is_new) for is_new in first]
            new = [_add_event(tx, *row) for row in rows]
            keep(tx, once, new)
            return new

    # -- other people -------------------------------------------------------------------------------

    def add_links(self, columns: Columns) -> int:
        rows = [
            (min(user, other), max(user, other), -1 if since is None else since)
            for user, other, since in rows_of(columns, "user", "other", "since")
        ]
        return self._add(rows, "add_link", change="links", num_people=2)

    def links(self) -> dict[str, Int64]:
        return self._table("links", "user", "other", "since")

    def block(self, user: int, other: int, at: int) -> bool:
        if int(user) == int(other):
            raise InputError("a person cannot block themself")
        return self._set_block("block", int(user), int(other), int(at))

    def unblock(self, user: int, other: int, at: int) -> bool:
        return self._set_block("unblock", int(user), int(other), int(at))

    def visible(self, viewer: int, others: Sequence[int], purpose: str) -> npt.NDArray[np.bool_]:
        wanted = plain(others)
        out = np.zeros(len(wanted), dtype=bool)
        with self._reading() as tx:
            tx.want(wanted)
            seen = tx.numbers("visible", {"viewer": int(viewer), "purpose": purpose_of(purpose)})
        out[seen] = True
        return out

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
        return self._add(rows, "put_consent", change="consent", at=newest)

    def consents(self, purpose: str) -> Int64:
        with self._reading() as tx:
            return tx.numbers("consenting", (purpose_of(purpose),))

    def consent_history(self, user: int) -> list[Decision]:
        with self._reading() as tx:
            rows = tx.run("decisions_of", (int(user),)).fetchall()
        return [Decision(purpose, bool(granted), at, door) for purpose, granted, at, door in rows]

    def changes(self, after: int, limit: int) -> list[Change]:
        with self._reading() as tx:
            return [Change(*row) for row in tx.run("changes", (int(after), int(limit)))]

    # -- shared -------------------------------------------------------------------------------------

    def _table(self, query: str, *names: str) -> dict[str, Int64]:
        with self._reading() as tx:
            cursor = tx.run(query)
            # A part at a time: as Python's numbers all rows would take seven times their bytes.
            parts = [np.array(rows, dtype=np.int64) for rows in iter(lambda: cursor.fetchmany(BATCH), [])]
        rows = np.concatenate(parts) if parts else np.zeros((0, len(names)), dtype=np.int64)
        return {name: np.ascontiguousarray(rows[:, i]) for i, name in enumerate(names)}

    def _add(
        self,
        rows: Sequence[tuple[Any, ...]],
        query: str,
        *,
        change: str,
        num_people: int = 1,
        at: int | None = None,
    ) -> int:
        """Write rows that begin with `num_people` users; returns how many changed something.

        When one row of a batch changes something, all users of the batch count as changed: to ask row by
        row takes twice the time, and somebody marked in vain only gets a fresh answer.
        """
        num_changed = 0
        for part in batches(rows):
            with self._writing() as tx:
                if changed := tx.run_many(query, part):
                    touched = {user for row in part for user in row[:num_people]}
                    tx.change(change, at=at, user=only(touched), touched=touched)
            num_changed += changed
        return num_changed

    def _set_block(self, query: str, user: int, other: int, at: int) -> bool:
        with self._writing() as tx:
            changed = tx.run(query, {"user": user, "other": other, "at": at}).rowcount > 0
            if changed:
                tx.change(query, at=at, user=user, touched=[user, other])
            return changed


def _numbers(rows: str | None) -> list[list[int]]:
    """Rows of numbers that a statement wrote as one text."""
    return [[int(number) for number in row.split(" ")] for row in rows.split(",")] if rows else []


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
    row = (event_id, kind, int(user), None if circle is None else int(circle), rec_id, int(at))
    if not tx.run("put_event", (*row, position)).rowcount:
        return False
    if row[3] is not None:
        count_showing(tx, kind, {"user": row[2], "circle": row[3], "at": row[5]})
    if kind in DECISIONS and circle is not None:
        decide_about(tx, kind, user, circle, at)
    elif kind == "report":
        tx.change("report", at=int(at), user=int(user), touched=[int(user)], circle=row[3])
    return True


def decide_about(tx: Transaction, kind: str, user: int, circle: int, at: int) -> bool:
    """Join, leave or dismiss. Decisions hold in the order they arrive; `at` is only written down."""
    row = {"user": int(user), "circle": int(circle), "at": int(at)}
    changed = tx.run(kind, row).rowcount > 0
    if changed:
        tx.change(kind, at=int(at), user=int(user), circle=int(circle), touched=[int(user)])
    return changed
