"""May two strangers meet, and what an answer of one of them does.

Pure functions of what is known of the two at one moment. Both stores apply them inside the transaction that
writes, so that a consent withdrawn, or a block made, a moment before is honoured.

What one person is told never tells why: declined, blocked, not consented and unknown are all "no state".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What somebody can say to a suggestion; all but `accept` are for good."""

    ACCEPT = "accept"
    DECLINE = "decline"
    BLOCK = "block"
    REPORT = "report"


class State(StrEnum):
    """How a suggestion stands for the person it was made to."""

    SUGGESTED = "suggested"
    ACCEPTED = "accepted"
    CONNECTED = "connected"
    DECLINED = "declined"
    BLOCKED = "blocked"
    REPORTED = "reported"


# A later answer holds only when it is stronger: a slow second device never undoes a block.
_STRENGTH = {None: 0, Answer.ACCEPT: 0, Answer.DECLINE: 1, Answer.BLOCK: 2, Answer.REPORT: 3}
_TOLD = {Answer.DECLINE: State.DECLINED, Answer.BLOCK: State.BLOCKED, Answer.REPORT: State.REPORTED}


@dataclass(frozen=True)
class Said:
    """The newest answer of one of the two; None where there is none."""

    answer: Answer | None = None
    at: int | None = None

    def accepts(self, since: int) -> bool:
        """Whether it is an acceptance that still counts: it was given at `since` or later."""
        return self.answer is Answer.ACCEPT and self.at is not None and self.at >= since

    @property
    def refuses(self) -> bool:
        return _STRENGTH[self.answer] > 0


@dataclass(frozen=True)
class Meeting:
    """What is known of a person and another one, at one moment.

    known: the other one exists. consents, adults: of both. blocked: either blocked the other. shunned: the
        other one blocked this one.
    mine, theirs: what each answered. linked: they accepted each other.
    """

    known: bool
    consents: bool
    adults: bool
    blocked: bool
    shunned: bool
    mine: Said
    theirs: Said
    linked: bool


NOBODY = Meeting(False, False, False, False, False, Said(), Said(), False)


@dataclass(frozen=True)
class Effect:
    """What an answer does.

    told: what its giver is told; None: the same as for somebody who does not exist.
    keep: the answer is written down. link, unlink, block: what becomes of the pair.
    """

    told: State | None
    keep: bool = False
    link: bool = False
    unlink: bool = False
    block: bool = False


def may_meet(meeting: Meeting) -> bool:
    """Whether either may still learn that the other exists."""
    allowed = meeting.known and meeting.consents and meeting.adults and not meeting.blocked
    return allowed and not meeting.mine.refuses and not meeting.theirs.refuses


def state_of(meeting: Meeting, since: int) -> State | None:
    """How a suggestion stands for `mine`; None when it does not, for whatever reason."""
    if not may_meet(meeting):
        return None
    if meeting.linked:
        return State.CONNECTED
    return State.ACCEPTED if meeting.mine.accepts(since) else State.SUGGESTED


def respond(meeting: Meeting, answer: Answer, since: int) -> Effect:
    """What the answer of `mine` does.

    A refusal is kept whatever the other side did meanwhile, also where its giver is told nothing: nobody
    escapes a report by withdrawing their consent first. Giving the same answer again changes nothing, and is
    told the same: what a refusal is told depends on the other side alone, never on its having been kept.

    Args:
        since: epoch seconds from which on an acceptance counts.
    """
    if not meeting.known:
        return Effect(None)
    if answer is Answer.ACCEPT:
        return _accept(meeting, since)
    mine = meeting.mine
    is_stronger = _STRENGTH[answer] > _STRENGTH[mine.answer]
    is_open = meeting.consents and meeting.adults and not meeting.shunned and not meeting.theirs.refuses
    is_told = is_open and _STRENGTH[answer] >= _STRENGTH[mine.answer]
    return Effect(
        told=_TOLD[answer] if is_told else None,
        keep=is_stronger,
        unlink=meeting.linked,
        block=answer in (Answer.BLOCK, Answer.REPORT),
    )


def _accept(meeting: Meeting, since: int) -> Effect:
    if not may_meet(meeting):
        return Effect(None)
    connected = meeting.linked or meeting.theirs.accepts(since)
    return Effect(
        told=State.CONNECTED if connected else State.ACCEPTED,
        keep=not meeting.mine.accepts(since),
        link=connected and not meeting.linked,
    )


def change_of(answer: Answer, effect: Effect) -> str:
    """The kind of entry that an answer leaves in the change feed."""
    if effect.link or effect.unlink:
        return "links"
    return answer.value if answer in (Answer.BLOCK, Answer.REPORT) else "answer"


def said(answer: str | None, at: int | None) -> Said:
    """A stored answer."""
    return Said(None if answer is None else Answer(answer), at)


ANSWERS: Sequence[Answer] = tuple(Answer)  # order is part of the columns of `suggestions`: append only
