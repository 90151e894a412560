"""The life of circles, in the Neo4j store."""

from typing import Any

from graph.errors import NotFound
from graph.stores.circle_life import CircleEdit, Life, NewCircle, Report
from graph.stores.life_rows import CLOSED, OPEN, QUARANTINED, changed_values, check_new, words_text
from graph.stores.neo4j.nodes import Nodes, numbered, put_theme
from graph.stores.neo4j.transaction import WRITE_S, Transaction
from graph.stores.node_rows import theme_rows

_NOW = ("name", "description", "scene", "state", "revision", "eligibility", "words", "state_before")
_Rows = list[tuple[str, str, float]]


class CircleLives(Nodes):
    """Mixin: the methods of `GraphStore` about the life of circles."""

    def create_circle(self, new: NewCircle, at: int) -> int | None:
        check_new(new)
        rows = theme_rows(new.theme)
        owner = int(self.intern("Merchant", [new.owner_id])[0])
        return self._write(lambda tx: _created(tx, new, rows, owner, int(at)), WRITE_S)

    def edit_circle(self, circle: int, edit: CircleEdit, *, revision: int, at: int) -> int | None:
        values = changed_values(edit)
        rows = None if edit.theme is None else theme_rows(edit.theme)
        return self._write(lambda tx: _edited(tx, int(circle), values, rows, int(revision), int(at)), WRITE_S)

    def close_circle(self, circle: int, reason: str, *, revision: int | None, at: int) -> int | None:
        def work(tx: Transaction) -> int | None:
            now = _now(tx, int(circle))
            if revision is not None and now["revision"] != int(revision):
                return None
            if now["state"] == CLOSED:
                return int(now["revision"])
            return _put_state(tx, int(circle), now, CLOSED, int(at), reason=reason, edited_at=int(at))

        return self._write(work, WRITE_S)

    def quarantine_circle(self, circle: int, reason: str, at: int) -> bool:
        def work(tx: Transaction) -> bool:
            now = _now(tx, int(circle))
            if now["state"] in (CLOSED, QUARANTINED):
                return False
            _put_state(tx, int(circle), now, QUARANTINED, int(at), reason=reason, before=now["state"])
            return True

        return self._write(work, WRITE_S)

    def release_circle(self, circle: int, at: int) -> bool:
        def work(tx: Transaction) -> bool:
            now = _now(tx, int(circle))
            if now["state"] != QUARANTINED:
                return False
            _put_state(tx, int(circle), now, now["state_before"] or OPEN, int(at))
            return True

        return self._write(work, WRITE_S)

    def circle_lives(self) -> dict[int, Life]:
        return {row[0]: Life(*row) for row in self._read(lambda tx: tx.run("circle_lives"))}

    def reports(self) -> list[Report]:
        return [Report(*row) for row in self._read(lambda tx: tx.run("reports"))]

    def judge_report(self, event_id: str, upheld: bool, at: int) -> bool:
        def work(tx: Transaction) -> bool:
            rows = tx.run("report_verdict", event_id=event_id)
            if not rows:
                raise NotFound("no report has this id")
            if rows[0][0] is not None:
                return bool(rows[0][0])
            tx.run("put_verdict", event_id=event_id, upheld=bool(upheld), at=int(at))
            return bool(upheld)

        return self._write(work, WRITE_S)

    def join_sources(self) -> dict[str, list[Any]]:
        rows = self._read(lambda tx: tx.run("join_sources"))
        names = ("user", "circle", "at", "rec_id")
        return {name: [row[i] for row in rows] for i, name in enumerate(names)}

    def num_things(self) -> tuple[int, int]:
        return self._read(lambda tx: (tx.counter("merchant"), tx.counter("product")))


def _created(tx: Transaction, new: NewCircle, rows: _Rows, owner: int, at: int) -> int | None:
    if found := tx.run("made_by", id=new.circle_id):
        return int(found[0][0]) if found[0][1] == new.request else None
    circle = numbered(tx, "Circle", [new.circle_id], {})[new.circle_id]
    names = ("name", "description", "scene", "eligibility", "request")
    values = {name: getattr(new, name) for name in names} | {"words": words_text(new.words)}
    values |= {"created_at": at, "edited_at": at, "revision": 1, "state": OPEN}
    tx.run("put_circle", circle=circle, values=values)
    tx.run("set_owners", label="Circle", kind="RUNS", rows=[[circle, owner]])
    put_theme(tx, circle, rows)
    tx.circles_change("circle", at=at, circle=circle)
    return circle


def _edited(
    tx: Transaction, circle: int, values: dict[str, Any], rows: _Rows | None, revision: int, at: int
) -> int | None:
    now = _now(tx, circle)
    if now["revision"] != revision:
        return None
    themed = rows is not None and put_theme(tx, circle, rows)
    after = now | values
    if after == now and not themed:
        return revision
    tx.run("put_circle", circle=circle, values=values | {"revision": revision + 1, "edited_at": at})
    tx.circles_change("theme" if themed else "circle", at=at, circle=circle)
    return revision + 1


def _now(tx: Transaction, circle: int) -> dict[str, Any]:
    rows = tx.run("circle_now", circle=circle)
    if not rows:
        raise NotFound(f"no Circle has index {circle}")
    return dict(zip(_NOW, rows[0], strict=True))


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
    values: dict[str, Any] = {"state": state, "revision": revision, "state_before": before, "reason": reason}
    if edited_at is not None:
        values["edited_at"] = edited_at
    tx.run("put_circle", circle=circle, values=values)
    tx.circles_change("state", at=at, circle=circle)
    return revision
