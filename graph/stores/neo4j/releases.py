"""Answers to owners' repeated questions, in the Neo4j store."""

from collections.abc import Sequence
from dataclasses import asdict
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

    def keep_releases(self, releases: Sequence[Release], budget: float) -> list[bool]:
        rows = [asdict(release) | {"cost": float(release.cost)} for release in releases]

        def work(tx: Transaction) -> list[bool]:
            found = tx.run("known_releases", rows=rows)
            known = {(owner, key): (is_kept, spent) for owner, key, is_kept, spent in found}
            states = [known[row["owner"], row["key"]] for row in rows]
            new = [
                not is_kept and is_affordable(float(spent), row["cost"], budget)
                for row, (is_kept, spent) in zip(rows, states, strict=True)
            ]
            tx.run("put_releases", rows=[row for row, is_new in zip(rows, new, strict=True) if is_new])
            return [is_kept or is_new for (is_kept, _), is_new in zip(states, new, strict=True)]

        return self._write(work, WRITE_S)

    def release_costs(self, period: str) -> dict[str, float]:
        return dict(self._read(lambda tx: tx.run("release_costs", period=period)))

    def releases(self, owner: str | None = None) -> list[Release]:
        return [Release(*row) for row in self._read(lambda tx: tx.run("releases", owner=owner))]
