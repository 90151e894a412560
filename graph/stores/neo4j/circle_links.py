"""Links between circles, messages passed on and mutes, in the Neo4j store."""

from collections.abc import Callable, Sequence

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
from graph.stores.circle_links import (
    LINK_COLUMNS,
    RELAY_COLUMNS,
    Mutes,
    is_repeated,
    link_now,
    link_row,
)
from graph.stores.columns import Int64, plain
from graph.stores.neo4j.drivers import not_found
from graph.stores.neo4j.people import People, sorted_columns
from graph.stores.neo4j.transaction import BULK_S, WRITE_S, Transaction, int64

_NUM_RELAY = len(RELAY_COLUMNS)


class CircleLinks(People):
    """Mixin: the methods of `CircleLinkStore`."""

    def propose_circle_link(
        self, link_id: str, source: int, target: int, terms: Terms, *, owner: int, at: int
    ) -> LinkNow:
        if int(source) == int(target):
            raise InputError("both ends are the same circle; name two")
        wanted = CircleLink(link_id, int(source), int(target), terms, int(at))

        def work(tx: Transaction) -> LinkNow:
            found = tx.run("new_circle_link", source=wanted.source, target=wanted.target)
            if not found:
                raise NotFound(UNKNOWN_LINK)
            rows = tx.run("live_circle_link", source=wanted.source, target=wanted.target)
            known, new = link_now(rows[0]) if rows else None, link_now((*link_row(wanted), *found[0]))
            return _put(tx, known, proposed(known, new, int(owner), int(at)), int(at))

        return self._write(work, WRITE_S)

    def accept_circle_link(self, link_id: str, *, owner: int, at: int) -> LinkNow:
        return self._changed(link_id, lambda now: accepted(now, int(owner), int(at)), int(at))

    def withdraw_circle_link(self, link_id: str, *, owner: int | None, at: int) -> LinkNow:
        by = None if owner is None else int(owner)
        return self._changed(link_id, lambda now: withdrawn(now, by, int(at)), int(at))

    def _changed(self, link_id: str, change: Callable[[LinkNow], CircleLink], at: int) -> LinkNow:
        def work(tx: Transaction) -> LinkNow:
            now = _must_find(tx, link_id)
            return _put(tx, now, change(now), at)

        return self._write(work, WRITE_S)

    def circle_link(self, link_id: str) -> LinkNow | None:
        return self._read(lambda tx: _find(tx, link_id))

    def circle_links(self, circles: Sequence[int] | None = None) -> list[LinkNow]:
        if circles is None:
            rows = self._read(lambda tx: tx.run("circle_links"), BULK_S)
        else:
            wanted = plain(circles)
            rows = self._read(lambda tx: tx.run("circle_links_of", circles=wanted))
        return [link_now(row) for row in rows]

    def add_relay(self, relay: Relay, *, owner: int) -> bool:
        def work(tx: Transaction) -> bool:
            now = _must_find(tx, relay.link_id)
            rows = tx.run("relay", relay_id=relay.relay_id)
            if now.ends.source_owner == int(owner) and is_repeated(Relay(*rows[0]) if rows else None, relay):
                return False
            since = relay.at - WEEK_S
            sent = tx.run("sent_between", source=now.link.source, target=now.link.target, since=since)
            check_relay(now, relay, int(owner), [row[0] for row in sent])
            tx.run("put_relay", row={name: getattr(relay, name) for name in RELAY_COLUMNS})
            tx.change("relay", at=relay.at, circle=now.link.source)
            return True

        return self._write(work, WRITE_S)

    def relays_of(self, link_id: str) -> list[Relay]:
        return [Relay(*row) for row in self._read(lambda tx: tx.run("relays_of", link_id=link_id))]

    def relays_for(self, user: int, since: int, limit: int) -> list[tuple[Relay, CircleLink]]:
        who, when, purpose = int(user), int(since), Purpose.CIRCLES.value
        rows = self._read(lambda tx: tx.run("relays_for", user=who, since=when, purpose=purpose))
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
        circles, owners = self._read(lambda tx: tx.columns("mutes_of", user=int(user)))
        return Mutes(frozenset(circles), frozenset(owners))

    def memberships_in(self, circles: Sequence[int]) -> dict[str, Int64]:
        wanted = sorted(set(plain(circles)))
        rows = self._read(lambda tx: tx.one("memberships_in", circles=wanted), BULK_S)
        numbers = int64([value for row in rows for value in row]).reshape(-1, 4)
        names = ("user", "circle", "joined_at", "left_at")
        return sorted_columns({name: numbers[:, i] for i, name in enumerate(names)})

    def _mute(self, query: str, user: int, thing: int, at: int) -> bool:
        def work(tx: Transaction) -> bool:
            changed = tx.one(query, user=int(user), thing=int(thing), at=int(at))
            if changed is None:
                raise not_found()
            if changed:
                kind = query.partition("_")[0]
                circle = int(thing) if query.endswith("circle") else None
                tx.change(kind, at=int(at), user=int(user), circle=circle, touched=[int(user)])
            return bool(changed)

        return self._write(work, WRITE_S)


def _find(tx: Transaction, link_id: str) -> LinkNow | None:
    rows = tx.run("circle_link", link_id=link_id)
    return link_now(rows[0]) if rows else None


def _must_find(tx: Transaction, link_id: str) -> LinkNow:
    now = _find(tx, link_id)
    if now is None:
        raise NotFound(UNKNOWN_LINK)
    return now


def _put(tx: Transaction, known: LinkNow | None, link: CircleLink, at: int) -> LinkNow:
    """Write what became of a link, if anything did, and read it back."""
    if known is None or known.link != link:
        row = dict(zip(LINK_COLUMNS, link_row(link), strict=True))
        source, target = row.pop("source"), row.pop("target")
        tx.run("put_circle_link", source=source, target=target, row=row)
        tx.change("circle_link", at=at, circle=link.source)
    return _must_find(tx, link.link_id)
