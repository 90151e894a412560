"""Answers to owners' repeated questions, in the embedded store."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from graph.policy.disclosure import is_affordable
from graph.stores.releases import Release
from graph.stores.sqlite.transaction import StoreBase, Transaction


class Releases(StoreBase):
    """Mixin: the methods of `GraphStore` about answers to repeated questions."""

    def keep_release(
        self, owner: str, period: str, key: str, cost: float, budget: float, payload: str
    ) -> str | None:
        with self._writing() as tx:
            return _keep(tx, Release(owner, period, key, float(cost), payload), budget)

    def keep_releases(self, releases: Sequence[Release], budget: float) -> list[bool]:
        with self._writing() as tx:
            return [_keep(tx, release, budget) is not None for release in releases]

    def release_costs(self, period: str) -> dict[str, float]:
        with self._reading() as tx:
            return dict(tx.run("release_costs", {"period": period}))

    def releases(self, owner: str | None = None) -> list[Release]:
        with self._reading() as tx:
            return [Release(*row) for row in tx.run("releases", {"owner": owner})]


def _keep(tx: Transaction, release: Release, budget: float) -> str | None:
    row: dict[str, Any] = asdict(release)
    kept = tx.one("kept_release", row)
    if kept is not None:
        return str(kept)
    if not is_affordable(float(tx.one("release_spent", row)), release.cost, budget):
        return None
    tx.run("put_release", row)
    return release.payload
