"""The part of every store that keeps the life of circles: made, edited, closed, kept apart, reported.

A circle that an owner made or changed has a `revision`, which grows by one with every change; a change names
the revision it was made from, so that of two who change at once only the first one does. Of two who make a
circle of one id, one does. Times are epoch seconds, UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from graph.stores.base import ThemeTarget

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NewCircle:
    """A circle to be made.

    eligibility: JSON of `policy.eligibility`, or None. words: of the theme, as its owner wrote them.
    request: hash of what was asked and by whom; the same request again finds the circle it made.
    """

    circle_id: str
    owner_id: str
    name: str
    description: str | None
    scene: str | None
    theme: "Sequence[ThemeTarget]"
    words: tuple[str, ...]
    eligibility: str | None
    request: str


@dataclass(frozen=True)
class CircleEdit:
    """What changes of a circle; None leaves it as it is."""

    name: str | None = None
    description: str | None = None
    scene: str | None = None
    theme: "Sequence[ThemeTarget] | None" = None
    words: tuple[str, ...] | None = None
    eligibility: str | None = None


@dataclass(frozen=True)
class Life:
    """What the operator may know beside the circle itself.

    edited_at: when its owner last made, changed or closed it; None for one that no owner ever touched here.
    state_before: what it was before it was quarantined. reason: why it was quarantined or closed.
    """

    circle: int
    revision: int
    edited_at: int | None
    state_before: str | None
    reason: str | None


@dataclass(frozen=True)
class Report:
    """A report of a circle by a person. upheld: None while nobody has judged it."""

    event_id: str
    user: int
    circle: int
    at: int
    upheld: bool | None
    judged_at: int | None


class CircleLife(Protocol):
    """Methods of `GraphStore`."""

    def create_circle(self, new: NewCircle, at: int) -> int | None:
        """Make a circle with its theme, open, at revision 1, in one transaction.

        Returns:
            Its index; of the circle there is when this very request made it; None when the id is taken.
        """

    def edit_circle(self, circle: int, edit: CircleEdit, *, revision: int, at: int) -> int | None:
        """Change a circle, its theme in the same transaction.

        Returns:
            The new revision (the old one where nothing differs); None when `revision` is not its revision
            any more.

        Raises:
            NotFound: no circle has this index.
        """

    def close_circle(self, circle: int, reason: str, *, revision: int | None, at: int) -> int | None:
        """Close a circle for good; one that is closed stays as it is. `revision` None: whatever it is.

        Returns:
            As `edit_circle`. Raises NotFound for an unknown circle.
        """

    def quarantine_circle(self, circle: int, reason: str, at: int) -> bool:
        """Keep a circle apart; False for one that is closed or apart already. Raises NotFound."""

    def release_circle(self, circle: int, at: int) -> bool:
        """Give a quarantined circle back the state it had; False for one that is not. Raises NotFound."""

    def circle_lives(self) -> dict[int, Life]:
        """By circle index; circles that only ever were loaded have none."""

    def reports(self) -> list[Report]:
        """Every report of a circle, oldest first."""

    def judge_report(self, event_id: str, upheld: bool, at: int) -> bool:
        """Uphold or reject a report, once.

        Returns:
            What holds: `upheld`, or what somebody decided before.

        Raises:
            NotFound: no report has this id.
        """

    def join_sources(self) -> dict[str, list[int] | list[str | None]]:
        """`user`, `circle`, `at`, `rec_id` of each event in which somebody joined."""

    def num_things(self) -> tuple[int, int]:
        """How many merchants and products were ever given an index; cheap, so that a cache can ask."""
