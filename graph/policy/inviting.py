"""One sending decided: who of an audience is invited now, who waits, and who never will be.

Pure; both stores call it inside the transaction that sends, with what is known at that moment.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graph.policy.allotment import Demand, allot
from graph.policy.eligibility import Eligibility
from graph.policy.invitations import FINAL, History, InvitationRules, Reason, may_invite, room_of


@dataclass(frozen=True)
class Candidate:
    """A person who waits in an audience that is being sent, and what is known of them and its circle.

    fit: score in the audience. members: of the circle.
    """

    audience_id: str
    fit: float
    members: int
    history: History


@dataclass(frozen=True)
class Decision:
    """What becomes of the people of one audience: user indices, and how many were kept back for what."""

    invited: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    skipped: Counter[Reason] = field(default_factory=Counter)


def decide(
    audience_id: str,
    candidates: Sequence[Candidate],
    rules: InvitationRules,
    at: int,
    door: Eligibility | None = None,
) -> Decision:
    """Decide for the people of one audience.

    Args:
        candidates: of this audience, and of the other ones that wait for the same people.
        door: rule of this audience's circle.
    """
    own = [candidate for candidate in candidates if candidate.audience_id == audience_id]
    why = {c.history.user: may_invite(c.history, rules, at, door) for c in own}
    others = [c for c in candidates if c.audience_id != audience_id and not may_invite(c.history, rules, at)]
    open_ = [c for c in own if why[c.history.user] is None]
    met = allot([_demand(c) for c in (*open_, *others)], _rooms(open_, rules, at), rules)
    decision = Decision()
    for candidate in sorted(own, key=lambda c: (-c.fit, c.history.user)):
        user, circle = candidate.history.user, candidate.history.circle
        reason = why[user] or (None if (user, circle) in met else Reason.DEMAND)
        if reason is None:
            decision.invited.append(user)
            continue
        decision.skipped[reason] += 1
        if reason in FINAL:
            decision.ended.append(user)
    return decision


def invitation_id_of(audience_id: str, user_id: str) -> str:
    """The one id of a person's invitation from an audience, so that sending twice is sending once.

    Neither id can be told from it, and nobody outside knows both.
    """
    return "inv_" + hashlib.sha256(f"{audience_id}\n{user_id}".encode()).hexdigest()[:32]


def _demand(candidate: Candidate) -> Demand:
    history = candidate.history
    return Demand(history.user, history.circle, candidate.fit, candidate.members)


def _rooms(candidates: Sequence[Candidate], rules: InvitationRules, at: int) -> Mapping[int, int]:
    return {c.history.user: room_of(c.history.past, rules, at) for c in candidates}
