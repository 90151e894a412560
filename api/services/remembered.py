"""Lists that a worker made last, for people who ask again before anything has changed.

What is kept says nothing by itself: it is given again only where a person, read from the store just then, is
as they were when it was made, the circles are the same, and the week's lots too. So a payment, a mute, a
joining, a consent taken back, a circle put aside and a new version each count at the next answer, as without
it. When anybody is erased, all of it goes: nobody's list outlives them.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.erased import NAME
from api.services.shelf import Shelf
from graph.links.periods import period_of
from graph.policy.consent import permits
from graph.policy.values import Policy
from graph.schema import Purpose
from graph.stores.base import UserState

if TYPE_CHECKING:  # whoever ranks has the context, which holds what is remembered
    from api.services.ranking import Question

MOST_PEOPLE = 4096  # of a worker: 2 KB each for ten circles with their reasons
Mark = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A list but for its name.

    items: its circles, or their JSON in parts that many lists share. content: what the receipt keeps; of a
    list in JSON only what is counted, and `spelt` has all of it.
    """

    items: Sequence[Any]
    has_more: bool
    why_empty: str | None
    content: Mapping[str, Any]
    spelt: bytes | None = None


def mark_of(
    question: "Question", limit: int, state: UserState, sinks: Mapping[int, float], policy: Policy, now: int
) -> Mark | None:
    """All that a list is made from but for the circles of a version, small enough to be compared each time.

    What a person paid and bought is in it by the number of its last change, which also tells whether a
    published list is still theirs. None for a list that is not kept: a later page, one with circles left out.

    Args:
        sinks: see `Person.sinking`.
    """
    if question.exclude or question.after or question.previous is not None:
        return None
    return (
        *(limit, question.scene, question.explain, question.personal, period_of(now)),
        *(state.user.index, state.user.changed, permits(state.consents, Purpose.CIRCLES)),
        *(state.member_of, state.dismissed, state.left, sinks),
        policy,
    )


class Remembered:
    """The lists of one worker; safe to share between threads.

    Args:
        home: where erasures are noted, see `api/erased.py`.
        most: people whose last list is kept.
    """

    def __init__(self, home: Path, most: int = MOST_PEOPLE) -> None:
        self._noted, self._most = os.fspath(home / NAME), most
        self._kept: OrderedDict[str, tuple[Mark, Made]] = OrderedDict()
        self._shelf: Shelf | None = None
        self._erasures = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, user: str, shelf: Shelf, erasures: int, mark: Mark | None) -> Made | None:
        """The list of a pseudonym that was made from the same.

        Args:
            erasures: as it was before the person was looked up.
        """
        with self._lock:
            if shelf is not self._shelf or erasures != self._erasures:
                if erasures >= self._erasures:  # else somebody was erased while this person was looked up
                    self._kept.clear()
                    self._shelf, self._erasures = shelf, erasures
                return None
            kept = self._kept.get(user)
            if kept is None or kept[0] != mark:
                return None
            self._kept.move_to_end(user)
            return kept[1]

    def keep(self, user: str, shelf: Shelf, erasures: int, mark: Mark | None, made: Made) -> None:
        """Keep a list in place of an earlier one of this person; not where `find` had it made of something
        that is not so any more."""
        with self._lock:
            if mark is None or shelf is not self._shelf or erasures != self._erasures:
                return
            self._kept[user] = (mark, made)
            self._kept.move_to_end(user)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def forget(self, user: str) -> None:
        """Of somebody whom the store does not know any more."""
        with self._lock:
            self._kept.pop(user, None)

    def erasures(self) -> int:
        """Bytes of the note of erasures, which only grows; 0 where nobody was erased."""
        try:
            return os.stat(self._noted).st_size
        except FileNotFoundError:
            return 0
