"""Links between circles, messages passed on and mutes, in the embedded store."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graph.errors import InputError, NotFound
from graph.policy.circle_links import (
    UNKNOWN_LINK,
    WEEK_S,
    CircleLink,
    LinkNow,
    Relay,
    Terms,
    accepted,
    check_relay,
    proposed,
    withdrawn,
)
from graph.schema import Purpose
from graph.stores.circle_links import RELAY_COLUMNS, Mutes, is_repeated, link_now, link_row
from graph.stores.columns import Int64, plain
from graph.stores.sqlite.people import People
from graph.stores.sqlite.transaction import Transaction

_NUM_RELAY = len(RELAY_COLUMNS)


class CircleLinks(People):
    """Mixin: the methods of `CircleLinkStore`."""

    def propose_circle_link(
        self, link_id: str, source: int, target: int, terms: Terms, *, owner: int, at: int
    ) -> LinkNow:
        if int(source) == int(target):
            raise InputError("both ends are the same circle; name two")
        wanted = CircleLink(link_id, int(source), int(target), terms, int(at))
        ends = {"source": wanted.source, "target": wanted.target}
        with self._writing() as tx:
            found = tx.run("new_circle_link", ends).fetchone()
            if found is None:
                raise NotFound(UNKNOWN_LINK)
            row = tx.run("live_circle_link", ends).fetchone()
            known, new = link_now(row) if row else None, link_now((*link_row(wanted), *found))
            return _put(tx, known, proposed(known, new, int(owner), int(at)), int(at))

    def accept_circle_link(self, link_id: str, *, owner: int, at: int) -> LinkNow:
        return self._changed(link_id, lambda now: accepted(now, int(owner), int(at)), int(at))

    def withdraw_circle_link(self, link_id: str, *, owner: int | None, at: int) -> LinkNow:
        by = None if owner is None else int(owner)
        return self._changed(link_id, lambda now: withdrawn(now, by, int(at)), int(at))

    def _changed(self, link_id: str, change: Callable[[LinkNow], CircleLink], at: int) -> LinkNow:
        with self._writing() as tx:
            now = _must_find(tx, link_id)
            return _put(tx, now, change(now), at)

    def circle_link(self, link_id: str) -> LinkNow | None:
        with self._reading() as tx:
            return _find(tx, link_id)

    def circle_links(self, circles: Sequence[int] | None = None) -> list[LinkNow]:
        with self._reading() as tx:
            if circles is not None:
                tx.want(plain(circles))
            return [link_now(row) for row in tx.run("circle_links" if circles is None else "circle_links_of")]

    def add_relay(self, relay: Relay, *, owner: int) -> bool:
        with self._writing() as tx:
            now = _must_find(tx, relay.link_id)
            row = tx.run("relay", (relay.relay_id,)).fetchone()
            if now.ends.source_owner == int(owner) and is_repeated(Relay(*row) if row else None, relay):
                return False
            pair = {"source": now.link.source, "target": now.link.target, "since": relay.at - WEEK_S}
            check_relay(now, relay, int(owner), tx.numbers("sent_between", pair).tolist())
            tx.run("put_relay", (relay.relay_id, relay.link_id, relay.topic, relay.message_ref, relay.at))
            tx.change("relay", at=relay.at, circle=now.link.source)
            return True

    def relays_of(self, link_id: str) -> list[Relay]:
        with self._reading() as tx:
            return [Relay(*row) for row in tx.run("relays_of", (link_id,))]

    def relays_for(self, user: int, since: int, limit: int) -> list[tuple[Relay, CircleLink]]:
        asked = {"user": int(user), "since": int(since), "purpose": Purpose.CIRCLES.value}
        with self._reading() as tx:
            rows = tx.run("relays_for", asked).fetchall()
        found = [(Relay(*row[:_NUM_RELAY]), link_now(row[_NUM_RELAY:])) for row in rows]
        return [(relay, now.link) for relay, now in found if now.carries][: int(limit)]

    def mute_circle(self, user: int, circle: int, at: int) -> bool:
        return self._mute("mute_circle", user, circle, at)

    def unmute_circle(self, user: int, circle: int, at: int) -> bool:
        return self._mute("unmute_circle", user, circle, at)

    def mute_owner(self, user: int, merchant: int, at: int) -> bool:
        return self._mute("mute_owner", user, merchant, at)

    def unmute_owner(self, user: int, merchant: int, at: int) -> bool:
        return self._mute("unmute_owner", user, merchant, at)

    def mutes_of(self, user: int) -> Mutes:
        key = (int(user),)
        with self._reading() as tx:
            circles, owners = tx.numbers("muted_circles", key), tx.numbers("muted_owners", key)
        return Mutes(frozenset(circles.tolist()), frozenset(owners.tolist()))

    def memberships_in(self, circles: Sequence[int]) -> dict[str, Int64]:
        with self._reading() as tx:
            tx.want(plain(circles))
            rows = np.array(tx.run("memberships_in").fetchall(), dtype=np.int64).reshape(-1, 4)
        names = ("user", "circle", "joined_at", "left_at")
        return {name: np.ascontiguousarray(rows[:, i]) for i, name in enumerate(names)}

    def _mute(self, query: str, user: int, thing: int, at: int) -> bool:
        row: dict[str, Any] = {"user": int(user), "thing": int(thing), "at": int(at)}
        with self._writing() as tx:
            changed = tx.run(query, row).rowcount > 0
            if changed:
                kind = query.partition("_")[0]
                circle = row["thing"] if query.endswith("circle") else None
                tx.change(kind, at=row["at"], user=row["user"], circle=circle, touched=[row["user"]])
            return changed


def _find(tx: Transaction, link_id: str) -> LinkNow | None:
    row = tx.run("circle_link", (link_id,)).fetchone()
    return link_now(row) if row else None


def _must_find(tx: Transaction, link_id: str) -> LinkNow:
    now = _find(tx, link_id)
    if now is None:
        raise NotFound(UNKNOWN_LINK)
    return now


def _put(tx: Transaction, known: LinkNow | None, link: CircleLink, at: int) -> LinkNow:
    """Write what became of a link, if anything did, and read it back."""
    if known is None or known.link != link:
        tx.run("put_circle_link", link_row(link))
        tx.change("circle_link", at=at, circle=link.source)
    return _must_find(tx, link.link_id)
