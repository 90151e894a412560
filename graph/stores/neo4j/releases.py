"""Answers to owners' repeated questions, in the Neo4j store."""

from typing import Any

from graph.policy.disclosure import is_affordable
from graph.stores.neo4j.transaction import WRITE_S, StoreBase, Transaction
from graph.stores.releases import Release


class Releases(StoreBase):
    """Mixin: the methods of `GraphStore` about answers to repeated questions."""

    def keep_release(
        self, owner: str, period: str, key: str, cost: float, budget: float, payload: str
    ) -> str | None:
        row: dict[str, Any] = {"owner": owner, "period": period, "key": key}

        def work(tx: Transaction) -> str | None:
            kept = tx.one("kept_release", owner=owner, key=key)
            if kept is not None:
                return str(kept)
            if not is_affordable(
                float(tx.one("release_spent", owner=owner, period=period)), float(cost), budget
            ):
                return None
            tx.run("put_release", **row, cost=float(cost), payload=payload)
            return payload

        return self._write(work, WRITE_S)

    def releases(self, owner: str | None = None) -> list[Release]:
        return [Release(*row) for row in self._read(lambda tx: tx.run("releases", owner=owner))]
