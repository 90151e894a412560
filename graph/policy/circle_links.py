"""When information may pass from one circle to another: a link that both owners accept, and its terms.

Pure functions of what is known at one moment. Both stores apply them inside the transaction that writes, so
that an owner who withdrew, or a circle that changed hands, a moment before is honoured. A link has a
direction: it carries messages from its source to the members of its target.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from graph.errors import GateRefused, InputError, NotFound, RateExceeded, WrongState
from graph.schema import CircleState

WEEK_S = 7 * 86_400
MAX_TOPICS = 10
MAX_TOPIC_CHARACTERS = 64
WORKING = (CircleState.OPEN, CircleState.PROPOSED)
UNKNOWN_LINK = "unknown link of circles, or not visible with this key"


class LinkState(StrEnum):
    """How a link of circles stands."""

    PROPOSED = "proposed"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class BetweenRules:
    """Values of `policy.toml` [between].

    max_rate: most messages a link may carry in seven days. relay_days: how long one can be read.
    health_months: months of a circle's health, in one answer.
    """

    max_rate: int = 7
    relay_days: int = 30
    health_months: int = 6


@dataclass(frozen=True)
class Terms:
    """What a link is for: the topics it carries, in order, and how many messages in seven days."""

    topics: tuple[str, ...]
    per_week: int


@dataclass(frozen=True)
class CircleLink:
    """What was agreed. source, target: circle indices.

    source_accepted_by, target_accepted_by: index of the merchant that accepted for that side, or None.
    """

    link_id: str
    source: int
    target: int
    terms: Terms
    proposed_at: int
    source_accepted_by: int | None = None
    target_accepted_by: int | None = None
    opened_at: int | None = None
    closed_at: int | None = None


@dataclass(frozen=True)
class Ends:
    """The two circles as they are now: who runs them (merchant index), and their states."""

    source_owner: int | None
    target_owner: int | None
    source_state: str = CircleState.OPEN
    target_state: str = CircleState.OPEN


@dataclass(frozen=True)
class LinkNow:
    """A link together with its ends, read at one moment."""

    link: CircleLink
    ends: Ends

    @property
    def source_accepts(self) -> bool:
        """Whether the one who runs the source now has accepted; a former owner's word does not bind."""
        return _accepts(self.link.source_accepted_by, self.ends.source_owner)

    @property
    def target_accepts(self) -> bool:
        """Whether the one who runs the target now has accepted."""
        return _accepts(self.link.target_accepted_by, self.ends.target_owner)

    @property
    def state(self) -> LinkState:
        if self.link.closed_at is not None:
            return LinkState.CLOSED
        return LinkState.OPEN if self.source_accepts and self.target_accepts else LinkState.PROPOSED

    @property
    def carries(self) -> bool:
        """Whether anything may pass: open, and neither circle is closed or quarantined."""
        states = (self.ends.source_state, self.ends.target_state)
        return self.state is LinkState.OPEN and all(state in WORKING for state in states)

    def is_run_by(self, owner: int) -> bool:
        """Whether a merchant runs one of the two circles."""
        return owner in (self.ends.source_owner, self.ends.target_owner)


@dataclass(frozen=True)
class Relay:
    """One message that was passed on, by reference; it names nobody."""

    relay_id: str
    link_id: str
    topic: str
    message_ref: str
    at: int


def checked_terms(topics: Sequence[str], per_week: int, *, most_per_week: int) -> Terms:
    """Terms with topics in one form (no outer blanks, one case, no doubles), in order.

    Raises:
        InputError: no topic, too many, too long, or a rate outside 1 to `most_per_week`.
    """
    kept = tuple(sorted({topic.strip().casefold() for topic in topics}))
    if not 1 <= len(kept) <= MAX_TOPICS:
        raise InputError(f"topics are {len(kept)}; expected 1 to {MAX_TOPICS}")
    for topic in kept:
        if not 1 <= len(topic) <= MAX_TOPIC_CHARACTERS:
            raise InputError(
                f"a topic has {len(topic)} characters; expected 1 to {MAX_TOPIC_CHARACTERS} words of a theme"
            )
    if not 1 <= per_week <= most_per_week:
        raise InputError(f"rate is {per_week} a week; expected 1 to {most_per_week}")
    return Terms(kept, per_week)


def proposed(known: LinkNow | None, wanted: LinkNow, owner: int, at: int) -> CircleLink:
    """What a proposal makes of the live link between the same circles, or of none.

    The other owner proposing the same terms accepts them; the same owner repeating them changes nothing.

    Raises:
        NotFound: the owner runs neither circle.
        WrongState: a link with other terms is there.
    """
    if known is not None and known.is_run_by(owner) and known.link.terms != wanted.link.terms:
        raise WrongState(
            "these circles have a link with other terms; accept that one, or withdraw it and propose again"
        )
    return accepted(known or wanted, owner, at)


def accepted(now: LinkNow, owner: int, at: int) -> CircleLink:
    """The link after a merchant accepts for each circle of it that they run; twice is once.

    Raises:
        NotFound: they run neither circle. InputError: the link is closed.
    """
    if not now.is_run_by(owner):
        raise NotFound(UNKNOWN_LINK)
    if now.state is LinkState.CLOSED:
        raise InputError("the link is closed; propose a new one")
    link = now.link
    if now.ends.source_owner == owner:
        link = replace(link, source_accepted_by=owner)
    if now.ends.target_owner == owner:
        link = replace(link, target_accepted_by=owner)
    if now.state is not LinkState.OPEN and LinkNow(link, now.ends).state is LinkState.OPEN:
        link = replace(link, opened_at=at)
    return link


def withdrawn(now: LinkNow, owner: int | None, at: int) -> CircleLink:
    """The link after one side ends it, for good; twice is once. owner None: the operator.

    Raises:
        NotFound: the owner runs neither circle.
    """
    if owner is not None and not now.is_run_by(owner):
        raise NotFound(UNKNOWN_LINK)
    return now.link if now.state is LinkState.CLOSED else replace(now.link, closed_at=at)


def check_relay(now: LinkNow, relay: Relay, owner: int, sent_at: Sequence[int]) -> None:
    """Whether a message may pass now.

    Args:
        owner: who sends; must run the source.
        sent_at: when messages passed between the same circles in the last seven days.

    Raises:
        NotFound: somebody else's circle. GateRefused: the link carries nothing now.
        InputError: a topic that was not agreed. RateExceeded: the rate is used up.
    """
    if now.ends.source_owner != owner:
        raise NotFound(UNKNOWN_LINK)
    if not now.carries:
        raise GateRefused("the link carries nothing: it is open only while both owners accept it")
    if relay.topic not in now.link.terms.topics:
        raise InputError(f"topic is {relay.topic!r}; expected one of {', '.join(now.link.terms.topics)}")
    if len(sent_at) >= now.link.terms.per_week:
        free_at = sorted(sent_at)[-now.link.terms.per_week] + WEEK_S
        raise RateExceeded(
            f"the link carries {now.link.terms.per_week} messages in seven days, and they are used up",
            retry_after_s=max(free_at - relay.at, 1),
        )


def _accepts(accepted_by: int | None, owner: int | None) -> bool:
    return owner is not None and accepted_by == owner
