"""Showings and what followed them, in the embedded store."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graph.stores.columns import Int64
from graph.stores.sqlite.transaction import StoreBase, Transaction


class Feedback(StoreBase):
    """Mixin: the methods of `GraphStore` about exposures and outcomes."""

    def exposures(self) -> dict[str, Sequence[Any]]:
        return self._columns_of("exposures", "user", "circle", "position", "rec_id", "at")

    def outcomes(self) -> dict[str, Sequence[Any]]:
        return self._columns_of("outcomes", "user", "circle", "kind", "rec_id", "at")

    def events_of(self, user: int, rec_id: str) -> dict[str, Sequence[Any]]:
        names = ("circle", "kind", "position", "at")
        return self._columns_of("events_of", *names, values={"user": int(user), "rec_id": rec_id})

    def accepted_invitations(self) -> dict[str, Int64]:
        return self._numbers_of("accepted_invitations", "user", "circle", "at")

    def showings(self) -> dict[str, Int64]:
        return self._numbers_of("showings", "user", "circle", "times", "last_at")

    def _numbers_of(self, query: str, *names: str) -> dict[str, Int64]:
        found = self._columns_of(query, *names)
        return {name: np.array(values, dtype=np.int64) for name, values in found.items()}

    def _columns_of(
        self, query: str, *names: str, values: Mapping[str, Any] | None = None
    ) -> dict[str, Sequence[Any]]:
        with self._reading() as tx:
            rows = tx.run(query, values or {}).fetchall()
        columns = zip(*rows, strict=True) if rows else [()] * len(names)
        return dict(zip(names, columns, strict=True))


def count_showing(tx: Transaction, kind: str, row: Mapping[str, int]) -> None:
    """Count an exposure, or end the count by an answer; `user`, `circle` and `at`."""
    tx.run("show_circle" if kind == "exposure" else "answer_circle", row)
