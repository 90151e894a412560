"""The first three steps of an answer: look up the person, then retrieve -> filter -> rank.

`api/services/circles.py` puts the result into words and keeps the receipt.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from api.context import Context
from api.services.allowed import Allowed
from api.services.people import UNKNOWN
from api.services.shelf import Shelf
from api.versions import Served
from embeddings.lists import Entry
from embeddings.profile import Profile
from embeddings.scorer import best
from graph.errors import IncompatibleVersion, NotFound
from graph.policy.consent import permits
from graph.policy.eligibility import may_recommend
from graph.policy.feedback import FeedbackRules, sinking, sunk
from graph.schema import Purpose
from graph.stores.base import Circle, GraphStore, UserState


@dataclass(frozen=True)
class Question:
    """What was asked; `user` is a pseudonym, `limit` None for the policy's default.

    after: circles that earlier pages of the same list showed. previous: `rec_id` of the page before this one.
    """

    user: str
    limit: int | None = None
    scene: str | None = None
    exclude: Sequence[str] = ()
    explain: bool = True
    personal: bool = True
    after: Sequence[str] = ()
    previous: str | None = None


@dataclass(frozen=True)
class Person:
    """What is known of whom the answer is for, at one moment.

    state: None while the store is down. profile: None when the list may not be personal, or nothing is known;
    `reason` says why. is_fresh: the published list was made from what is known now.
    sinking: row -> how many times further down a circle belongs that was shown without an answer; above 1.
    """

    state: UserState | None
    profile: Profile | None
    reason: str | None
    is_fresh: bool
    sinking: Mapping[int, float] = field(default_factory=dict)

    @property
    def explores(self) -> bool:
        """Whether what is shown may be drawn by lot: the person agreed, and the store knows of it."""
        return self.state is not None and self.reason in (None, "nothing_known")

    @property
    def seen(self) -> frozenset[int]:
        """Circles that must not come back; none in a list that must not depend on who asks."""
        state = self.state
        if state is None or self.reason == "non_profiling":
            return frozenset()
        return state.member_of | state.dismissed | state.left


class Source(NamedTuple):
    """Candidates from one place, best first. entry: the published list, where it is one."""

    name: str
    rows: Sequence[int]
    scores: Sequence[float]
    entry: Entry | None = None


class Picked(NamedTuple):
    """A circle of the answer.

    source: where it came from. propensity: the probability with which it is shown at its place, given those
    above it. explored: drawn by lot. instead_of: the circle that the ranking would have shown there, where
    that is another one.
    """

    row: int
    circle: Circle
    score: float
    source: str
    propensity: float = 1.0
    explored: bool = False
    instead_of: str | None = None


def look_up(context: Context, served: Served, store: GraphStore, question: Question, now: int) -> Person:
    """The person as the store knows them now. Raises as `state_of`."""
    return known(context, served, question, state_of(context, served, store, question.user), now)


def state_of(context: Context, served: Served, store: GraphStore, user: str) -> UserState:
    """What the store knows of a pseudonym now.

    Raises:
        NotFound: the user is unknown. IncompatibleVersion: the version is of another store.
    """
    check_store(context, served)
    state = store.user_state(user)
    if state is None:
        raise NotFound(UNKNOWN)
    return state


def known(context: Context, served: Served, question: Question, state: UserState, now: int) -> Person:
    """What may be used of it for an answer."""
    if not question.personal:
        return Person(state, None, "non_profiling", False)
    if not permits(state.consents, Purpose.CIRCLES):
        return Person(state, None, "consent_missing", False)
    profile = Profile.of(served.version, paid=state.paid, bought=state.bought, member_of=state.member_of)
    sinks = sinking_of(state, served, context.policy.feedback, now)
    if profile.is_empty:
        return Person(state, None, "nothing_known", False, sinks)
    is_fresh = state.user.changed <= served.version.manifest["store_seq"]
    return Person(state, profile, None, is_fresh, sinks)


def check_store(context: Context, served: Served) -> None:
    """Raises IncompatibleVersion for a version that is of another store."""
    if served.version.manifest["store_id"] != context.store.identity():
        raise IncompatibleVersion(
            f"version {served.version.name} was trained on another store; run `circles train`"
        )


def sinking_of(state: UserState, served: Served, rules: FeedbackRules, now: int) -> dict[int, float]:
    """Rows of the circles that were shown too often without an answer."""
    if not state.showings:
        return {}
    rows = served.version.rows("circles", np.fromiter(state.showings, dtype=np.int64)).tolist()
    factors = [sinking(seen.times, seen.last_at, now=now, rules=rules) for seen in state.showings.values()]
    return {row: factor for row, factor in zip(rows, factors, strict=True) if row >= 0 and factor > 1.0}


def filter_(served: Served, shelf: Shelf, person: Person, question: Question) -> Allowed:
    """Which rows may be in the answer."""
    version = served.version
    without = [version.circle_row(index) for index in person.seen]
    without += [version.circles.find(circle_id) for circle_id in (*question.exclude, *question.after)]
    return Allowed(shelf.shown(question.scene), without)


def retrieve(
    served: Served, person: Person, question: Question, allowed: Allowed, limit: int
) -> Iterator[Source]:
    """Candidates, one source after the other, each made only when the ones before did not suffice.

    As many more as circles sink: whatever rises in their place is among them.
    """
    limit += len(person.sinking)
    if person.is_fresh and question.personal:
        found = served.version.lists.entry(question.user)
        if found is not None:
            yield Source("precomputed", *found.listed, found)
    if person.profile is not None:
        rows, scores = served.scorer.top(person.profile, limit, allowed.rows)
        yield Source("live", rows.tolist(), scores.tolist())
        return
    members = np.log1p(served.version.model.num_members).astype(np.float32)
    rows, _ = best(members, limit, allowed.rows)
    # A place in the list, not a count: how many members a small circle has is nobody's business.
    first = 1 + len(question.after)
    yield Source("popular", rows.tolist(), (1 / (first + np.arange(len(rows)))).astype(np.float32).tolist())


def rank(
    sources: Sequence[Source], shelf: Shelf, person: Person, allowed: Allowed, limit: int
) -> list[Picked]:
    """The best allowed candidates of the last source that was asked; a final check before they leave.

    What was shown again and again without an answer is further down, see `policy.feedback.sunk`.
    """
    last, seen = sources[-1], person.seen
    picked: list[Picked] = []
    for row, score in zip(last.rows, last.scores, strict=True):
        circle = shelf.circles[row] if row in allowed else None
        if circle is not None and may_recommend(circle.index, circle.state, seen):
            picked.append(Picked(row, circle, score, last.name))
            if len(picked) == limit + len(person.sinking):
                break
    if person.sinking:
        picked = [picked[i] for i in sunk([person.sinking.get(pick.row, 1.0) for pick in picked])]
    return picked[:limit]


def needed(sources: Iterator[Source], allowed: Allowed, enough: int) -> Iterator[Source]:
    """Sources until one has enough allowed candidates; the last one may have fewer."""
    for source in sources:
        yield source
        if allowed.has(source.rows, enough):
            return
