"""How much each membership counts in training, from what the store knows of showings and joinings.

A membership is known by who joined what and when. The list it answers is the one that its join event names,
else the newest one that showed the circle to the person before they joined.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.policy.feedback import Counting, FeedbackRules, Origin, origin_of, weights_of
from graph.stores.base import GraphStore

Pair = tuple[int, int]  # user and circle, indices of the store
Propensity = Callable[
    [str, int], float | None
]  # rec_id, circle -> how likely the list showed it at its place
Float32 = npt.NDArray[np.float32]


def unknown(rec_id: str, circle: int) -> None:
    """No propensity is known: the lists are not at hand."""


@dataclass(frozen=True)
class Feedback:
    """What training counts, and what it needs to know for it.

    propensity_of: of a circle in a list, None when it is not known any more.
    """

    counting: Counting
    rules: FeedbackRules
    propensity_of: Propensity = unknown


@dataclass(frozen=True)
class Joined:
    """Where one membership came from; rec_id: of the list it answers, if any."""

    origin: Origin
    rec_id: str | None


def counted(store: GraphStore, members: Mapping[str, Any], feedback: Feedback) -> Float32:
    """Weights of memberships: float32, shape of the columns; see `policy.feedback.weights_of`.

    Args:
        members: `user`, `circle` (indices of the store) and `joined_at`, -1 unknown.
    """
    users, circles, joined_at = (members[name].tolist() for name in ("user", "circle", "joined_at"))
    found = origins_of(store, list(zip(users, circles, joined_at, strict=True)), feedback)
    propensities = [
        feedback.propensity_of(joined.rec_id, circle) if joined.rec_id is not None else None
        for joined, circle in zip(found, circles, strict=True)
    ]
    weights = weights_of([joined.origin for joined in found], propensities, feedback.counting, feedback.rules)
    return np.array(weights, dtype=np.float32)


def origins_of(
    store: GraphStore, joinings: Sequence[tuple[int, int, int]], feedback: Feedback
) -> list[Joined]:
    """Where each joining (user, circle, joined_at) came from; one of unknown time is organic."""
    named = _lists_named(store.outcomes())
    shown = _showings(store.exposures())
    accepted = store.accepted_invitations()
    invited = set(zip(*(accepted[name].tolist() for name in ("user", "circle", "at")), strict=True))
    return [
        _origin(
            joining[2], named.get(joining), shown.get(joining[:2], ()), joining in invited, feedback.rules
        )
        for joining in joinings
    ]


def _origin(
    joined_at: int,
    rec_id: str | None,
    shown: Sequence[tuple[int, str | None]],
    invited: bool,
    rules: FeedbackRules,
) -> Joined:
    earlier = [showing for showing in shown if showing[0] <= joined_at]
    exposed_at, shown_in = max(earlier, key=lambda showing: showing[0], default=(None, None))
    origin = origin_of(
        rec_id=rec_id, exposed_at=exposed_at, invited=invited, joined_at=joined_at, rules=rules
    )
    return Joined(origin, (rec_id or shown_in) if origin is Origin.INDUCED else None)


def _lists_named(outcomes: Mapping[str, Sequence[Any]]) -> dict[tuple[int, int, int], str]:
    """(user, circle, joined_at) -> the list that the join event names."""
    columns = (outcomes[name] for name in ("user", "circle", "at", "kind", "rec_id"))
    return {
        (user, circle, at): rec_id
        for user, circle, at, kind, rec_id in zip(*columns, strict=True)
        if kind == "join" and rec_id is not None
    }


def _showings(exposures: Mapping[str, Sequence[Any]]) -> dict[Pair, list[tuple[int, str | None]]]:
    """(user, circle) -> when it was shown and in which list."""
    out: dict[Pair, list[tuple[int, str | None]]] = {}
    columns = (exposures[name] for name in ("user", "circle", "at", "rec_id"))
    for user, circle, at, rec_id in zip(*columns, strict=True):
        out.setdefault((user, circle), []).append((at, rec_id))
    return out
