"""The life of circles, in the embedded store."""

from typing import Any

import numpy as np

from graph.errors import NotFound
from graph.stores.circle_life import CircleEdit, Life, NewCircle, Report
from graph.stores.life_rows import CLOSED, OPEN, QUARANTINED, changed_values, check_new, words_text
from graph.stores.node_rows import theme_rows
from graph.stores.sqlite.nodes import Nodes, numbered, set_theme
from graph.stores.sqlite.transaction import Transaction

_NOW = ("name", "description", "scene", "state", "revision", "eligibility", "words", "state_before")


class CircleLives(Nodes):
    """Mixin: the methods of `GraphStore` about the life of circles."""

    def create_circle(self, new: NewCircle, at: int) -> int | None:
        check_new(new)
        rows = theme_rows(new.theme)
        self.intern("Merchant", [new.owner_id])
        with self._writing() as tx:
            if found := tx.run("made_by", (new.circle_id,)).fetchone():
                return int(found[0]) if found[1] == new.request else None
            (circle,) = numbered(tx, "circle", [new.circle_id], np.array([-1])).tolist()
            tx.run("insert_node", (circle, new.circle_id), table="circle")
            row = vars(new) | {"circle": circle, "at": int(at), "state": OPEN, "words": words_text(new.words)}
            del row["theme"]
            tx.run("fill_circle", row)
            tx.run("begin_life", row)
            set_theme(tx, circle, rows)
            tx.circles_change("circle", at=int(at), circle=circle)
            return int(circle)

    def edit_circle(self, circle: int, edit: CircleEdit, *, revision: int, at: int) -> int | None:
        values = changed_values(edit)
        rows = None if edit.theme is None else theme_rows(edit.theme)
        with self._writing() as tx:
            now = _now(tx, int(circle))
            if now["revision"] != int(revision):
                return None
            themed = rows is not None and set_theme(tx, int(circle), rows)
            after = now | values
            if after == now and not themed:
                return int(revision)
            row = after | {"circle": int(circle), "revision": int(revision) + 1, "at": int(at)}
            tx.run("rewrite_circle", row)
            tx.run("put_life", row)
            tx.circles_change("theme" if themed else "circle", at=int(at), circle=int(circle))
            return int(revision) + 1

    def close_circle(self, circle: int, reason: str, *, revision: int | None, at: int) -> int | None:
        with self._writing() as tx:
            now = _now(tx, int(circle))
            if revision is not None and now["revision"] != int(revision):
                return None
            if now["state"] == CLOSED:
                return int(now["revision"])
            return _put_state(tx, int(circle), now, CLOSED, int(at), reason=reason, edited_at=int(at))

    def quarantine_circle(self, circle: int, reason: str, at: int) -> bool:
        with self._writing() as tx:
            now = _now(tx, int(circle))
            if now["state"] in (CLOSED, QUARANTINED):
                return False
            _put_state(tx, int(circle), now, QUARANTINED, int(at), reason=reason, before=now["state"])
            return True

    def release_circle(self, circle: int, at: int) -> bool:
        with self._writing() as tx:
            now = _now(tx, int(circle))
            if now["state"] != QUARANTINED:
                return False
            _put_state(tx, int(circle), now, now["state_before"] or OPEN, int(at))
            return True

    def circle_lives(self) -> dict[int, Life]:
        with self._reading() as tx:
            return {row[0]: Life(*row) for row in tx.run("circle_lives")}

    def reports(self) -> list[Report]:
        with self._reading() as tx:
            rows = tx.run("reports").fetchall()
        return [
            Report(event_id, user, circle, at, None if upheld is None else bool(upheld), judged_at)
            for event_id, user, circle, at, upheld, judged_at in rows
        ]

    def judge_report(self, event_id: str, upheld: bool, at: int) -> bool:
        with self._writing() as tx:
            row = tx.run("report_verdict", (event_id,)).fetchone()
            if row is None:
                raise NotFound("no report has this id")
            if row[0] is not None:
                return bool(row[0])
            tx.run("put_verdict", (event_id, int(upheld), int(at)))
            return bool(upheld)

    def join_sources(self) -> dict[str, list[Any]]:
        with self._reading() as tx:
            rows = tx.run("join_sources").fetchall()
        names = ("user", "circle", "at", "rec_id")
        return {name: [row[i] for row in rows] for i, name in enumerate(names)}

    def num_things(self) -> tuple[int, int]:
        with self._reading() as tx:
            return int(tx.one("counter", ("merchant",))), int(tx.one("counter", ("product",)))


def _now(tx: Transaction, circle: int) -> dict[str, Any]:
    row = tx.run("circle_now", (circle,)).fetchone()
    if row is None:
        raise NotFound(f"no Circle has index {circle}")
    return dict(zip(_NOW, row, strict=True))


def _put_state(
    tx: Transaction,
    circle: int,
    now: dict[str, Any],
    state: str,
    at: int,
    *,
    reason: str | None = None,
    before: str | None = None,
    edited_at: int | None = None,
) -> int:
    """Returns the new revision: whoever changes the circle from an older one is told."""
    revision = int(now["revision"]) + 1
    tx.run("put_state", {"circle": circle, "state": state})
    row = {"circle": circle, "revision": revision, "edited_at": edited_at, "before": before, "reason": reason}
    tx.run("put_apart", row)
    tx.circles_change("state", at=at, circle=circle)
    return revision
