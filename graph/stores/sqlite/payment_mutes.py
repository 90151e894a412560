"""Which payments a person wants unused, in the embedded store."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from graph.edges import LAYOUTS, UserEdges
from graph.errors import NotFound
from graph.muting import joined, touched, walled
from graph.policy.payment_mutes import Mutable
from graph.stores.columns import plain
from graph.stores.packed import kind_of
from graph.stores.payment_mutes import PaymentMute, Rows, checked_thing, mute_of, only_one
from graph.stores.sqlite.edges import Edges, put_edges, stored_edges
from graph.stores.sqlite.muting import categories_in, inbox_of, mute_list, mutes_in
from graph.tallying import tally


class PaymentMuteRows(Edges):
    """Mixin: the methods of `PaymentMuteStore`."""

    def mute_payments(self, user: int, kind: Mutable, thing: str, at: int, rows: Rows) -> bool:
        return self._decide("mute_payments", user, kind, thing, at, rows)

    def unmute_payments(self, user: int, kind: Mutable, thing: str, at: int, rows: Rows) -> bool:
        return self._decide("unmute_payments", user, kind, thing, at, rows)

    def payment_mutes(self, users: Sequence[int] | None = None) -> list[PaymentMute]:
        with self._reading() as tx:
            if users is not None:
                return mute_list(tx, plain(users))
            return [mute_of(row) for row in tx.run("payment_mutes")]

    def inbox_of(self, user: int) -> Rows:
        with self._reading_once() as tx:
            return inbox_of(tx, int(user))

    def categories_of(self, label: str, indices: Sequence[int]) -> dict[int, str | None]:
        with self._reading() as tx:
            return categories_in(tx, label, indices)

    def has_category(self, category: str) -> bool:
        with self._reading_once() as tx:
            return bool(tx.one("has_category", {"category": category}))

    def edges_of(self, kind: str, users: Sequence[int]) -> UserEdges:
        with self._reading() as tx:
            tx.want(sorted(set(plain(users))))
            return stored_edges(tx, kind_of(kind), tx.numbers("known_users").tolist())

    def _decide(self, query: str, user: int, kind: Mutable, thing: str, at: int, rows: Rows) -> bool:
        who = int(user)
        row: dict[str, Any] = {"user": who, "kind": kind.value, "thing": checked_thing(kind, thing)}
        with self._writing() as tx:
            tx.want([who])
            if not len(tx.numbers("known_users")):
                raise NotFound(f"no User has index {who}")
            paid = joined(rows, inbox_of(tx, who))
            categories = partial(categories_in, tx)
            if query == "mute_payments":
                merchants = touched(paid, only_one(kind, thing), who, categories)
                row |= {"at": int(at), "seq": tx.next_seq(), "merchants": merchants}
            changed = tx.run(query, row).rowcount > 0
            edges = tally(walled(paid, mutes_in(tx, [who]), categories))
            num_set = sum(put_edges(tx, of, [(who, edges[of].tobytes())]) for of in LAYOUTS)
            if changed or num_set:
                tx.change(query.partition("_")[0], at=int(at), user=who, touched=[who])
            return changed
