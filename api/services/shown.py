"""Showings beside the receipts of their lists and beside what followed them."""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.services.propensities import Propensities
from graph.policy.feedback import DAY_S, FeedbackRules
from graph.stores.base import GraphStore

REWARDS = {"click": ("click", "join"), "join": ("join",)}  # whoever joins has clicked


@dataclass(frozen=True)
class Seen:
    """One circle that one person saw in one list, once; indices of the store.

    entry, content: what the receipt keeps of the circle and of the list. rewards: of REWARDS, what followed.
    """

    user: int
    circle: int
    at: int
    entry: Mapping[str, Any]
    content: Mapping[str, Any]
    rewards: frozenset[str]

    @property
    def propensity(self) -> float:
        return float(self.entry["propensity"])


@dataclass(frozen=True)
class Log:
    """What was seen since a moment. unknown: showings whose list is not known (any more)."""

    seen: Sequence[Seen]
    unknown: int

    @property
    def open(self) -> list[Seen]:
        """Those at places where more than one circle was possible."""
        return [seen for seen in self.seen if seen.propensity < 1.0]


def read_log(
    store: GraphStore,
    propensities: Propensities,
    people: Collection[int],
    rules: FeedbackRules,
    *,
    since: int,
    until: int,
) -> Log:
    """Showings of these people in [since, until], the first of each circle in each list."""
    followed = _Followed(store.outcomes(), rules)
    found: dict[tuple[str, int], Seen] = {}
    unknown = 0
    columns = store.exposures()
    rows = zip(*(columns[name] for name in ("user", "circle", "rec_id", "at")), strict=True)
    for user, circle, rec_id, at in rows:
        if not since <= at <= until or user not in people or (rec_id, circle) in found:
            continue
        entry = propensities.entry(rec_id, circle) if rec_id is not None else None
        if entry is None or "propensity" not in entry:
            unknown += 1
            continue
        content = propensities.content(rec_id)
        found[rec_id, circle] = Seen(user, circle, at, entry, content, followed.by(user, circle, at))
    return Log(list(found.values()), unknown)


class _Followed:
    """When whom which circle got an answer from, by kind."""

    def __init__(self, outcomes: Mapping[str, Sequence[Any]], rules: FeedbackRules) -> None:
        self._window_s = rules.induced_days * DAY_S
        self._at: dict[tuple[int, int, str], list[int]] = {}
        columns = (outcomes[name] for name in ("user", "circle", "kind", "at"))
        for user, circle, kind, at in zip(*columns, strict=True):
            self._at.setdefault((user, circle, kind), []).append(at)

    def by(self, user: int, circle: int, at: int) -> frozenset[str]:
        return frozenset(
            reward
            for reward, kinds in REWARDS.items()
            if any(self._soon(self._at.get((user, circle, kind), []), at) for kind in kinds)
        )

    def _soon(self, times: list[int], at: int) -> bool:
        place = bisect_left(times, at)  # the store gives them by time
        return place < len(times) and times[place] <= at + self._window_s
