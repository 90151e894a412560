"""The part of a store that is between circles: links, messages passed on, and who wants none of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graph.errors import KeyReused
from graph.policy.circle_links import CircleLink, Ends, LinkNow, Relay, Terms
from graph.schema import CircleState
from graph.stores.columns import Int64

LINK_COLUMNS = (
    "link_id", "source", "target", "topics", "per_week", "proposed_at", "source_accepted_by",
    "target_accepted_by", "opened_at", "closed_at",
)  # fmt: skip
RELAY_COLUMNS = ("relay_id", "link_id", "topic", "message_ref", "at")


@dataclass(frozen=True)
class Mutes:
    """What a person wants no messages of: circles and owners of circles (merchants), by index."""

    circles: frozenset[int]
    owners: frozenset[int]


class CircleLinkStore(Protocol):
    """Links between circles. The rules are in `graph/policy/circle_links.py`, applied while writing."""

    def propose_circle_link(
        self, link_id: str, source: int, target: int, terms: Terms, *, owner: int, at: int
    ) -> LinkNow:
        """Propose a link, accepted for each side that `owner` (merchant index) runs.

        Where a link of the same circles and terms is live, that one is accepted and given back.

        Raises:
            NotFound: a circle is unknown, or the owner runs neither. InputError: both are one circle.
            WrongState: a link with other terms is live between the two.
        """

    def accept_circle_link(self, link_id: str, *, owner: int, at: int) -> LinkNow:
        """Accept for each side that `owner` runs.

        Raises:
            NotFound: unknown, or the owner runs neither circle. InputError: closed.
        """

    def withdraw_circle_link(self, link_id: str, *, owner: int | None, at: int) -> LinkNow:
        """Close a link for good; owner None: the operator. Raises NotFound as above."""

    def circle_link(self, link_id: str) -> LinkNow | None: ...

    def circle_links(self, circles: Sequence[int] | None = None) -> list[LinkNow]:
        """All links, or those with an end among these circles; the oldest first."""

    def add_relay(self, relay: Relay, *, owner: int) -> bool:
        """Pass a message on, if `policy.circle_links.check_relay` allows it; the rate is held.

        Returns:
            False when this relay is there already.

        Raises:
            KeyReused: another message has this `relay_id`. Others as `check_relay`.
        """

    def relays_of(self, link_id: str) -> list[Relay]:
        """The newest first."""

    def relays_for(self, user: int, since: int, limit: int) -> list[tuple[Relay, CircleLink]]:
        """Messages for a person now, each with its link; the newest first.

        They are a current member of the target, grant `circles`, muted neither circle nor its owner, and the
        link carries at this moment. All of one moment, whatever held when the message was sent.
        """

    def mute_circle(self, user: int, circle: int, at: int) -> bool:
        """Want no messages from or through a circle. Raises NotFound for an unknown user or circle."""

    def unmute_circle(self, user: int, circle: int, at: int) -> bool: ...

    def mute_owner(self, user: int, merchant: int, at: int) -> bool:
        """Want no messages of any circle that a merchant runs; a person's block of an owner."""

    def unmute_owner(self, user: int, merchant: int, at: int) -> bool: ...

    def mutes_of(self, user: int) -> Mutes: ...

    def memberships_in(self, circles: Sequence[int]) -> dict[str, Int64]:
        """The rows of `memberships` of these circles, in the same order."""


def link_row(link: CircleLink) -> tuple[Any, ...]:
    """The columns `LINK_COLUMNS` of a link, topics as JSON text."""
    topics = json.dumps(list(link.terms.topics), ensure_ascii=False)
    return (
        link.link_id, link.source, link.target, topics, link.terms.per_week, link.proposed_at,
        link.source_accepted_by, link.target_accepted_by, link.opened_at, link.closed_at,
    )  # fmt: skip


def link_now(row: Sequence[Any]) -> LinkNow:
    """From `LINK_COLUMNS`, then owner of source and target, then state of source and target."""
    link_id, source, target, topics, per_week, proposed_at, *rest = row[: len(LINK_COLUMNS)]
    link = CircleLink(link_id, source, target, Terms(tuple(json.loads(topics)), per_week), proposed_at, *rest)
    source_owner, target_owner, *states = row[len(LINK_COLUMNS) :]
    return LinkNow(link, Ends(source_owner, target_owner, *(state or CircleState.OPEN for state in states)))


def is_repeated(known: Relay | None, relay: Relay) -> bool:
    """Whether a relay is there already, sent at whatever moment.

    Raises:
        KeyReused: another message has its id.
    """
    if known is None:
        return False
    if (known.link_id, known.topic, known.message_ref) != (relay.link_id, relay.topic, relay.message_ref):
        raise KeyReused("this key was used for another message; use a new key for a new message")
    return True
