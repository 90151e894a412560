"""What a store keeps of showings and of what followed them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Showing:
    """How often a circle was shown to a person since they last answered it; `last_at` is the newest time."""

    times: int
    last_at: int


class FeedbackStore(Protocol):
    """The part of `GraphStore` about exposures and outcomes; events come in by `add_event`.

    Consent is not looked at here: who reads these columns leaves out people who do not grant `circles`.
    """

    def exposures(self) -> dict[str, Sequence[Any]]:
        """`user`, `circle`, `position`, `rec_id`, `at`: showings that the app reported, by `at` and event id.

        Only those of a circle. position and rec_id are None where the app did not say.
        """

    def outcomes(self) -> dict[str, Sequence[Any]]:
        """What people did, by `at` and event id: `user`, `circle`, `kind`, `rec_id`, `at`.

        kind: click, join, leave, dismiss or report. Joinings that came by other doors are not events.
        """

    def events_of(self, user: int, rec_id: str) -> dict[str, Sequence[Any]]:
        """What the app reported of one list of one person, by `at` and event id.

        `circle`, `kind`, `position`, `at`; only events of a circle.
        """

    def accepted_invitations(self) -> dict[str, Int64]:
        """`user`, `circle`, `at`: joinings that were the acceptance of an invitation."""

    def showings(self) -> dict[str, Int64]:
        """`user`, `circle`, `times`, `last_at`: what counts as shown without an answer."""
