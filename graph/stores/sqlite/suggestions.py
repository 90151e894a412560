"""Suggestions and answers to them, in the embedded store."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from graph.errors import InputError
from graph.policy.meeting import ANSWERS, Answer, Meeting, State, change_of, respond, said
from graph.schema import Purpose
from graph.stores.columns import Int64, plain
from graph.stores.sqlite.people import People
from graph.stores.sqlite.transaction import Transaction


class Suggestions(People):
    """Mixin: the methods of `GraphStore` about suggesting people to each other."""

    def show_suggestions(self, user: int, others: Sequence[int], period: int) -> int:
        rows = [{"user": int(user), "other": other, "period": int(period)} for other in plain(others)]
        with self._writing() as tx:
            return tx.run_many("show_suggestion", rows)

    def meetings(self, user: int, others: Sequence[int]) -> list[Meeting]:
        with self._reading() as tx:
            return _meetings(tx, int(user), plain(others))

    def answer_suggestion(
        self, user: int, other: int, answer: Answer, *, period: int, since: int, at: int
    ) -> State | None:
        if int(user) == int(other):
            raise InputError("a person cannot be suggested to themself")
        row: dict[str, Any] = {"user": int(user), "other": int(other), "at": int(at)}
        with self._writing() as tx:
            (meeting,) = _meetings(tx, row["user"], [row["other"]])
            effect = respond(meeting, answer, since)
            if effect.keep:
                tx.run("put_answer", row | {"period": int(period), "answer": answer.value})
            if effect.link:
                tx.run("add_link", (min(user, other), max(user, other), row["at"]))
            if effect.unlink:
                tx.run("remove_link", row)
            changed = effect.keep or effect.unlink
            if effect.block and tx.run("block", row).rowcount:
                changed = True
            if changed:
                kind = change_of(answer, effect)
                touched = [user] if kind == "answer" else [user, other]
                tx.change(kind, at=row["at"], user=row["user"], touched=map(int, touched))
            elif effect.told is None and answer is not Answer.ACCEPT:
                tx.run("write_nothing")  # a refusal takes the time of a commit whether it is kept or not
            return effect.told

    def links_of(self, user: int) -> Int64:
        with self._reading() as tx:
            return tx.numbers("links_of", {"user": int(user)})

    def suggestions(self) -> dict[str, Int64]:
        with self._reading() as tx:
            rows = tx.run("suggestions").fetchall()
        codes = {answer.value: number for number, answer in enumerate(ANSWERS)} | {"": -1}
        numbers = np.array([(*row[:4], codes[row[4]], row[5]) for row in rows], dtype=np.int64).reshape(-1, 6)
        names = ("user", "other", "period", "times", "answer", "answered_at")
        return {name: np.ascontiguousarray(numbers[:, i]) for i, name in enumerate(names)}

    def blocks(self) -> dict[str, Int64]:
        return self._table("blocks", "user", "other", "at")

    def trim_suggestions(self, before: int) -> None:
        with self._writing() as tx:
            tx.run("trim_suggestions", (int(before),))


def _meetings(tx: Transaction, user: int, others: Sequence[int]) -> list[Meeting]:
    tx.want(others)
    rows = tx.run("meetings", {"viewer": user, "purpose": Purpose.LINKS.value})
    return [
        Meeting(
            known=bool(known),
            consents=consents == 2,
            adults=adults == 2,
            blocked=bool(blocks),
            shunned=bool(shuns),
            mine=said(mine, mine_at),
            theirs=said(theirs, theirs_at),
            linked=bool(linked),
        )
        for known, consents, adults, blocks, shuns, mine, mine_at, theirs, theirs_at, linked in rows
    ]
