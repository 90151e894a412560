"""Answers to owners' repeated questions, in the embedded store."""

from typing import Any

from graph.policy.disclosure import is_affordable
from graph.stores.releases import Release
from graph.stores.sqlite.transaction import StoreBase


class Releases(StoreBase):
    """Mixin: the methods of `GraphStore` about answers to repeated questions."""

    def keep_release(
        self, owner: str, period: str, key: str, cost: float, budget: float, payload: str
    ) -> str | None:
        row: dict[str, Any] = {"owner": owner, "period": period, "key": key, "cost": float(cost)}
        with self._writing() as tx:
            kept = tx.one("kept_release", row)
            if kept is not None:
                return str(kept)
            if not is_affordable(float(tx.one("release_spent", row)), row["cost"], budget):
                return None
            tx.run("put_release", row | {"payload": payload})
            return payload

    def releases(self, owner: str | None = None) -> list[Release]:
        with self._reading() as tx:
            return [Release(*row) for row in tx.run("releases", {"owner": owner})]
