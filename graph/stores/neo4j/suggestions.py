"""Suggestions and answers to them, in the Neo4j store."""

from collections.abc import Sequence
from typing import Any

from graph.errors import InputError
from graph.policy.meeting import ANSWERS, Answer, Effect, Meeting, Said, State, change_of, respond, said
from graph.schema import Purpose
from graph.stores.columns import Int64, plain
from graph.stores.neo4j.people import People, add_links, sorted_columns
from graph.stores.neo4j.transaction import WRITE_S, Transaction, int64


class Suggestions(People):
    """Mixin: the methods of `GraphStore` about suggesting people to each other."""

    def show_suggestions(self, user: int, others: Sequence[int], period: int) -> int:
        row: dict[str, Any] = {"user": int(user), "others": plain(others), "period": int(period)}
        return int(self._write(lambda tx: tx.one("show_suggestions", **row), WRITE_S) or 0)

    def meetings(self, user: int, others: Sequence[int]) -> list[Meeting]:
        wanted = plain(others)
        return self._read(lambda tx: _meetings(tx, int(user), wanted))

    def answer_suggestion(
        self, user: int, other: int, answer: Answer, *, period: int, since: int, at: int
    ) -> State | None:
        if int(user) == int(other):
            raise InputError("a person cannot be suggested to themself")

        def work(tx: Transaction) -> State | None:
            (meeting,) = _meetings(tx, int(user), [int(other)])
            effect = respond(meeting, answer, since)
            _apply(tx, effect, answer, user=int(user), other=int(other), period=int(period), at=int(at))
            return effect.told

        return self._write(work, WRITE_S)

    def links_of(self, user: int) -> Int64:
        rows = self._read(lambda tx: tx.run("links_of", user=int(user)))
        return int64([row[0] for row in rows])

    def suggestions(self) -> dict[str, Int64]:
        codes = {answer.value: number for number, answer in enumerate(ANSWERS)} | {"": -1}
        columns: list[list[int]] = [[] for _ in range(6)]
        for part in self._parts("user"):
            found = self._bulk("suggestions", part)
            found[4] = [codes[answer] for answer in found[4]]
            for column, values in zip(columns, found, strict=True):
                column.extend(values)
        names = ("user", "other", "period", "times", "answer", "answered_at")
        return sorted_columns({name: int64(column) for name, column in zip(names, columns, strict=True)})

    def blocks(self) -> dict[str, Int64]:
        return self._table("blocks", "user", "other", "at")

    def trim_suggestions(self, before: int) -> None:
        for start, end in self._parts("user"):
            values = {"start": start, "end": end, "before": int(before)}
            self._write(lambda tx, values=values: tx.run("trim_suggestions", **values))  # type: ignore[misc]


def _apply(
    tx: Transaction, effect: Effect, answer: Answer, *, user: int, other: int, period: int, at: int
) -> None:
    pair: dict[str, Any] = {"user": user, "other": other}
    if effect.keep:
        tx.run("put_answer", **pair, period=period, answer=answer.value, at=at)
    if effect.link:
        add_links(tx, [(min(user, other), max(user, other), at)])
    if effect.unlink:
        tx.run("remove_link", **pair)
    blocked = effect.block and tx.one("block", **pair, at=at)
    if effect.keep or effect.unlink or blocked:
        kind = change_of(answer, effect)
        tx.change(kind, at=at, user=user, touched=[user] if kind == "answer" else [user, other])


def _meetings(tx: Transaction, viewer: int, others: Sequence[int]) -> list[Meeting]:
    return [
        Meeting(
            known=known,
            consents=mine_granted and theirs_granted,
            adults=mine_adult and theirs_adult,
            blocked=blocked,
            shunned=shunned,
            mine=_said(mine),
            theirs=_said(theirs),
            linked=linked,
        )
        for (
            known, mine_granted, theirs_granted, mine_adult, theirs_adult, blocked, shunned,
            mine, theirs, linked,
        ) in tx.run("meetings", viewer=viewer, others=list(others), purpose=Purpose.LINKS.value)
    ]  # fmt: skip


def _said(found: Sequence[Sequence[Any]]) -> Said:
    return said(*found[0]) if found else Said()
