"""Showings and what followed them, in the Neo4j store."""

from collections.abc import Sequence
from typing import Any

from graph.stores.columns import Int64
from graph.stores.neo4j.people import People
from graph.stores.neo4j.transaction import BULK_S


class Feedback(People):
    """Mixin: the methods of `GraphStore` about exposures and outcomes."""

    def exposures(self) -> dict[str, Sequence[Any]]:
        return self._columns_of("exposures", "user", "circle", "position", "rec_id", "at")

    def outcomes(self) -> dict[str, Sequence[Any]]:
        return self._columns_of("outcomes", "user", "circle", "kind", "rec_id", "at")

    def events_of(self, user: int, rec_id: str) -> dict[str, Sequence[Any]]:
        names = ("circle", "kind", "position", "at")
        return self._columns_of("events_of", *names, user=int(user), rec_id=rec_id)

    def accepted_invitations(self) -> dict[str, Int64]:
        return self._table("accepted_invitations", "user", "circle", "at")

    def showings(self) -> dict[str, Int64]:
        return self._table("showings", "user", "circle", "times", "last_at")

    def _columns_of(self, query: str, *names: str, **values: Any) -> dict[str, Sequence[Any]]:
        rows = self._read(lambda tx: tx.run(query, **values), BULK_S)
        columns = zip(*rows, strict=True) if rows else [()] * len(names)
        return {name: tuple(values) for name, values in zip(names, columns, strict=True)}
