"""The part of a store about audiences, who is in them, and invitations.

Who may be invited is `graph/policy/invitations.py` alone, applied inside the transaction that sends.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from graph.policy.invitations import Answered, History, InvitationRules, Past, Reason, Reply
from graph.policy.inviting import Candidate

if TYPE_CHECKING:
    from graph.stores.base import Circle


class Arm(StrEnum):
    """Why somebody is in an audience: to be invited, to be kept back and compared with, or for a pilot."""

    INVITED = "invited"
    HOLDOUT = "holdout"
    PILOT = "pilot"


class AudienceState(StrEnum):
    """Life of an audience; its people are known from `ready` on and never change."""

    DRAFT = "draft"
    RUNNING = "running"
    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True)
class Audience:
    """Whom a circle would invite, without the people.

    circle: index. owner: id of the merchant that the circle belonged to. topics: categories and scenes that a
    refusal counts for. asked, certificate, funnel, sending: JSON; they name nobody.
    problem: why it failed, in words. Times in epoch seconds; nobody is kept back after `valid_until`.
    """

    audience_id: str
    circle: int
    owner: str | None
    state: AudienceState
    topics: frozenset[str]
    asked: str
    certificate: str | None
    funnel: str | None
    sending: str | None
    problem: str | None
    created_at: int
    valid_until: int
    revision: int = 0


@dataclass(frozen=True)
class Person:
    """Somebody in an audience. user: index. state: waiting, sent, or skipped for good."""

    user: int
    arm: Arm
    score: float
    state: str


@dataclass(frozen=True)
class Invitation:
    """One invitation that was sent. circle, user: indices."""

    invitation_id: str
    audience_id: str
    circle: int
    user: int
    sent_at: int
    answer: Reply | None
    answered_at: int | None


@dataclass(frozen=True)
class Sent:
    """What one sending did.

    skipped: people kept back, by reason. not_before: nothing was sent, it is quiet until then. is_over: the
    audience is not being sent, its time is over, or its circle takes nobody.
    """

    sent: int = 0
    skipped: Mapping[Reason, int] = field(default_factory=dict)
    not_before: int | None = None
    is_over: bool = False


@dataclass(frozen=True)
class Outcome:
    """People of one arm: all, sent to, waiting, who declined, who joined since the first sending."""

    people: int
    sent: int
    waiting: int
    declined: int
    joined: int


class InvitationStore(Protocol):
    """Audiences and invitations; part of `GraphStore`."""

    def create_audience(self, audience: Audience, *, most: int | None = None) -> bool:
        """Keep a new audience; False when its id is known.

        Args:
            most: that its owner may ask for in seven days, counted in the transaction that keeps it.

        Raises:
            NotFound: an unknown circle. RateExceeded: the owner asked for as many.
        """

    def audience(self, audience_id: str) -> Audience | None: ...

    def audiences(self, circle: int | None = None) -> list[Audience]:
        """Oldest first; those of one circle, or all."""

    def asked_at(self, owner: str | None) -> list[int]:
        """When an owner asked for its previews and audiences, epoch seconds, in any order."""

    def set_audience(
        self, audience_id: str, state: AudienceState, *, after: Sequence[AudienceState], **changes: Any
    ) -> Audience | None:
        """Change the state and any of certificate, funnel, sending, problem, valid_until.

        Args:
            after: states in which it may be changed.

        Returns:
            The audience as it is now; None, and nothing changed, where it is unknown or in another state.
        """

    def fill_audience(self, audience_id: str, people: Sequence[Person], **changes: Any) -> Audience | None:
        """Give a running audience its people and make it ready, in one transaction.

        People whom the store no longer has are passed over. None where it does not run: it was filled or
        ended meanwhile.
        """

    def audience_people(self, audience_id: str) -> list[Person]:
        """Best first."""

    def send_invitations(
        self, audience_id: str, users: Sequence[int], rules: InvitationRules, at: int
    ) -> Sent:
        """Invite those of `users` who wait in the audience and may be invited now, in one transaction.

        The circle is asked too: it must be open, of the same owner, and its own rule of today lets them in.
        Repeating it invites nobody twice. Raises NotFound for an unknown audience.
        """

    def histories(
        self, circle: int, users: Sequence[int], at: int, topics: frozenset[str] = frozenset()
    ) -> list[History]:
        """What `may_invite` asks about these people and a circle; who does not exist is left out."""

    def invitations_of(self, user: int) -> list[Invitation]:
        """Oldest first."""

    def invitation(self, invitation_id: str) -> Invitation | None: ...

    def answer_invitation(
        self, invitation_id: str, user: int, reply: Reply, rules: InvitationRules, at: int
    ) -> Answered:
        """Apply `policy.invitations.answer_to`, and join or turn down the circle, in one transaction."""

    def audience_outcomes(self, audience_id: str) -> dict[Arm, Outcome]: ...


CHANGEABLE = ("certificate", "funnel", "sending", "problem", "valid_until")
OPEN_STATES = ("open", "proposed")
Row = Sequence[Any]


def audience_of(row: Row) -> Audience:
    """From the columns of the queries `audience` and `audiences`."""
    audience_id, circle, owner, state, topics, *rest = row
    return Audience(audience_id, circle, owner, AudienceState(state), topics_of(topics), *rest)


def audience_row(audience: Audience) -> dict[str, Any]:
    """Values of the query `put_audience`."""
    row = dict(vars(audience))
    row["state"], row["topics"] = audience.state.value, topics_text(audience.topics)
    return row


def changed_row(audience: Audience, state: AudienceState, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the query `set_audience`. Raises ValueError for something that never changes."""
    if unknown := set(changes) - set(CHANGEABLE):
        raise ValueError(f"an audience does not change its {', '.join(sorted(unknown))}")
    kept = {name: getattr(audience, name) for name in CHANGEABLE}
    return kept | dict(changes) | {"audience_id": audience.audience_id, "state": state.value}


def may_send(audience: Audience, state: str, owner: str | None, at: int) -> bool:
    """Whether anything may be sent at all, as the circle stands now."""
    in_time = audience.state is AudienceState.SENDING and at < audience.valid_until
    return in_time and state in OPEN_STATES and owner == audience.owner


def theme_mark(circle: "Circle") -> str:
    """A short text that changes with a circle's theme and its rule, which people were chosen by."""
    theme = sorted((target.kind, target.target_id, target.weight) for target in circle.theme)
    return hashlib.sha256(json.dumps([theme, circle.eligibility]).encode()).hexdigest()[:16]


def is_chosen_by(audience: Audience, circle: "Circle") -> bool:
    """Whether the circle still has the theme and the rule that its audience was asked for with."""
    return bool(json.loads(audience.asked).get("theme") == theme_mark(circle))


def person_of(row: Row) -> Person:
    user, arm, score, state = row
    return Person(user, Arm(arm), score, state)


def invitation_of(row: Row) -> Invitation:
    invitation_id, audience_id, circle, user, sent_at, answer, answered_at = row
    said = None if answer is None else Reply(answer)
    return Invitation(invitation_id, audience_id, circle, user, sent_at, said, answered_at)


def outcomes_of(rows: Sequence[Row]) -> dict[Arm, Outcome]:
    return {Arm(arm): Outcome(*numbers) for arm, *numbers in rows}


def pasts_of(rows: Sequence[Row]) -> dict[int, list[Past]]:
    """Invitations of each person, from the columns of the query `past_invitations`."""
    of_user: dict[int, list[Past]] = {}
    for user, circle, sent_at, answer, answered_at, topics in rows:
        said = None if answer is None else Reply(answer)
        of_user.setdefault(user, []).append(Past(circle, sent_at, said, answered_at, topics_of(topics)))
    return of_user


def history_of(row: Row, topics: frozenset[str], past: Sequence[Past]) -> History:
    """From the columns of the query `standings`."""
    user, circle, _, verified, adult, city, consents, member, refused, muted, holdout = row
    return History(
        user=user,
        circle=circle,
        topics=topics,
        consents=bool(consents),
        verified=bool(verified),
        adult=bool(adult),
        city=city,
        member=bool(member),
        refused=bool(refused),
        muted=bool(muted),
        holdout=bool(holdout),
        past=past,
    )


def candidates_of(
    waiting: Sequence[Row], standings: Sequence[Row], pasts: Mapping[int, Sequence[Past]]
) -> list[Candidate]:
    """From the queries `waiting_people`, `standings` and `past_invitations`.

    Whoever muted payments since an audience was asked for was chosen by what no longer counts.
    """
    standing_of = {(row[0], row[1]): row for row in standings}
    return [
        Candidate(
            audience_id,
            score,
            members,
            history_of(_muting(standing_of[user, circle], muted), topics_of(topics), pasts.get(user, ())),
        )
        for user, circle, audience_id, topics, score, members, muted in waiting
    ]


def _muting(standing: Row, muted: bool) -> Row:
    """A row of `standings`, whose person counts as one who muted the circle where `muted` says so."""
    *rest, of_circle, holdout = standing
    return (*rest, bool(of_circle or muted), holdout)


def topics_of(text: str) -> frozenset[str]:
    return frozenset(json.loads(text))


def topics_text(topics: frozenset[str]) -> str:
    return json.dumps(sorted(topics), ensure_ascii=False)
