"""The first three steps of an answer: look up the person, then retrieve -> filter -> rank.

`api/services/circles.py` puts the result into words and keeps the receipt.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from api.context import Context
from api.services.people import UNKNOWN
from api.services.shelf import Shelf
from api.versions import Served
from embeddings.profile import Profile
from embeddings.scorer import best
from graph.errors import IncompatibleVersion, NotFound
from graph.policy.consent import permits
from graph.policy.eligibility import may_recommend
from graph.schema import Purpose
from graph.stores.base import Circle, GraphStore, UserState

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Question:
    """What was asked; `user` is a pseudonym, `limit` None for the policy's default."""

    user: str
    limit: int | None = None
    scene: str | None = None
    exclude: Sequence[str] = ()
    explain: bool = True
    personal: bool = True


@dataclass(frozen=True)
class Person:
    """What is known of whom the answer is for, at one moment.

    state: None while the store is down. profile: None when the list may not be personal, or nothing is known;
    `reason` says why. is_fresh: the published list was made from what is known now.
    """

    state: UserState | None
    profile: Profile | None
    reason: str | None
    is_fresh: bool

    @property
    def seen(self) -> frozenset[int]:
        """Circles that must not come back."""
        state = self.state
        return frozenset() if state is None else state.member_of | state.dismissed | state.left


@dataclass(frozen=True)
class Source:
    """Candidates from one place, best first."""

    name: str
    rows: Rows
    scores: Scores


@dataclass(frozen=True)
class Picked:
    """A circle of the answer."""

    row: int
    circle: Circle
    score: float


def look_up(context: Context, served: Served, store: GraphStore, question: Question) -> Person:
    """The person as the store knows them now.

    Raises:
        NotFound: the user is unknown. IncompatibleVersion: the version is of another store.
    """
    if served.version.manifest["store_id"] != context.store.identity():
        raise IncompatibleVersion(
            f"version {served.version.name} was trained on another store; run `circles train`"
        )
    state = store.user_state(question.user)
    if state is None:
        raise NotFound(UNKNOWN)
    if not permits(state.consents, Purpose.CIRCLES):
        return Person(state, None, "consent_missing", False)
    if not question.personal:
        return Person(state, None, "non_profiling", False)
    profile = Profile.of(served.version, paid=state.paid, bought=state.bought, member_of=state.member_of)
    if not any(len(touched.rows) for touched in profile.touched.values()):
        return Person(state, None, "nothing_known", False)
    return Person(state, profile, None, state.user.changed <= served.version.manifest["store_seq"])


def filter_(served: Served, shelf: Shelf, person: Person, question: Question) -> Bool:
    """Which rows may be in the answer: bool (num_circles,)."""
    allowed = shelf.recommendable.copy()
    if question.scene is not None:
        allowed &= shelf.in_scene(question.scene)
    if person.seen:
        rows = served.version.rows("circles", np.fromiter(person.seen, dtype=np.int64))
        allowed[rows[rows >= 0]] = False
    excluded = [served.version.circles.find(circle_id) for circle_id in question.exclude]
    allowed[[row for row in excluded if row >= 0]] = False
    return allowed


def retrieve(
    served: Served, person: Person, question: Question, allowed: Bool, limit: int
) -> Iterator[Source]:
    """Candidates, one source after the other, each made only when the ones before did not suffice."""
    if person.is_fresh and question.personal:
        found = served.scorer.precomputed(question.user)
        if found is not None:
            yield Source("precomputed", *found)
    if person.profile is not None:
        yield Source("live", *served.scorer.top(person.profile, limit, allowed))
        return
    members = np.log1p(served.version.model.num_members).astype(np.float32)
    rows, _ = best(members, limit, allowed)
    # A place in the list, not a count: how many members a small circle has is nobody's business.
    yield Source("popular", rows, (1 / (1 + np.arange(len(rows)))).astype(np.float32))


def rank(sources: Sequence[Source], shelf: Shelf, person: Person, allowed: Bool, limit: int) -> list[Picked]:
    """The best allowed candidates of the last source that was asked; a final check before they leave."""
    state, last = person.state, sources[-1]
    seen = (state.member_of, state.dismissed, state.left) if state else (frozenset(),) * 3
    picked: list[Picked] = []
    for row, score in zip(last.rows.tolist(), last.scores.tolist(), strict=True):
        circle = shelf.circles[row]
        if not allowed[row] or circle is None:
            continue
        if may_recommend(circle.index, circle.state, member_of=seen[0], dismissed=seen[1], left=seen[2]):
            picked.append(Picked(row, circle, score))
        if len(picked) == limit:
            break
    return picked


def needed(sources: Iterator[Source], allowed: Bool, enough: int) -> Iterator[Source]:
    """Sources until one has enough allowed candidates; the last one may have fewer."""
    for source in sources:
        yield source
        if np.count_nonzero(allowed[source.rows]) >= enough:
            return
