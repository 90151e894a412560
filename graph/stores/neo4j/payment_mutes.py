"""Which payments a person wants unused, in the Neo4j store."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from graph.edges import LAYOUTS, UserEdges
from graph.muting import joined, touched, walled
from graph.policy.payment_mutes import Mutable
from graph.stores.columns import plain
from graph.stores.neo4j.edges import Edges, replace_quietly, stored_edges
from graph.stores.neo4j.muting import categories_in, inbox_of, mute_list, mutes_in
from graph.stores.neo4j.transaction import BULK_S, WRITE_S, Transaction, int64
from graph.stores.packed import kind_of
from graph.stores.payment_mutes import PaymentMute, Rows, checked_thing, mute_of, only_one
from graph.tallying import tally


class PaymentMuteNodes(Edges):
    """Mixin: the methods of `PaymentMuteStore`."""

    def mute_payments(self, user: int, kind: Mutable, thing: str, at: int, rows: Rows) -> bool:
        return self._decide("mute_payments", user, kind, thing, at, rows)

    def unmute_payments(self, user: int, kind: Mutable, thing: str, at: int, rows: Rows) -> bool:
        return self._decide("unmute_payments", user, kind, thing, at, rows)

    def payment_mutes(self, users: Sequence[int] | None = None) -> list[PaymentMute]:
        if users is not None:
            return self._read(lambda tx: mute_list(tx, plain(users)))
        return [mute_of(row) for row in self._read(lambda tx: tx.run("payment_mutes"), BULK_S)]

    def inbox_of(self, user: int) -> Rows:
        return self._read(lambda tx: inbox_of(tx, int(user)))

    def categories_of(self, label: str, indices: Sequence[int]) -> dict[int, str | None]:
        return self._read(lambda tx: categories_in(tx, label, indices))

    def has_category(self, category: str) -> bool:
        return bool(self._read(lambda tx: tx.one("has_category", category=category)))

    def edges_of(self, kind: str, users: Sequence[int]) -> UserEdges:
        wanted = int64(sorted(set(plain(users))))
        return self._read(lambda tx: stored_edges(tx, kind_of(kind), wanted))

    def _decide(self, query: str, user: int, kind: Mutable, thing: str, at: int, rows: Rows) -> bool:
        who = int(user)
        row: dict[str, Any] = {"user": who, "what": kind.value, "thing": checked_thing(kind, thing)}

        def work(tx: Transaction) -> bool:
            tx.must_know("User", [who])
            paid, said = joined(rows, inbox_of(tx, who)), dict(row)
            categories = partial(categories_in, tx)
            if query == "mute_payments":
                merchants = touched(paid, only_one(kind, thing), who, categories)
                said |= {"at": int(at), "seq": tx.next_seq(), "merchants": merchants}
            changed = bool(tx.one(query, **said))
            edges = tally(walled(paid, mutes_in(tx, [who]), categories))
            num_set = 0
            for of in LAYOUTS:
                ends = int64([0, len(edges[of])])
                num_set += replace_quietly(tx, of, UserEdges(int64([who]), ends, edges[of]))
            if changed or num_set:
                tx.change(query.partition("_")[0], at=int(at), user=who, touched=[who])
            return changed

        return self._write(work, WRITE_S)
