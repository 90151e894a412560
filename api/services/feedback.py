"""What lists do to what people join: concentration, origins of joinings, what other lists would earn."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from api.services.moments import written
from api.services.propensities import Propensities
from api.services.shown import REWARDS, Log, Seen, read_log
from embeddings.feedback.concentration import coverage, gini
from embeddings.feedback.offpolicy import Float64, Showings, estimate, rates_of
from embeddings.registry import Version
from graph.origins import Feedback, origins_of
from graph.policy.disclosure import release_count
from graph.policy.eligibility import RECOMMENDABLE
from graph.policy.feedback import Counting, Origin
from graph.policy.values import Policy
from graph.schema import Purpose
from graph.stores.base import Circle, GraphStore

Judged = tuple[float, int]  # weight of a showing, and the circle that the judged policy would show there
Judge = Callable[[Seen], Judged | None]  # None: this policy has nothing to say of the showing


def report(
    store: GraphStore,
    propensities: Propensities,
    policy: Policy,
    *,
    since: int,
    now: int,
    versions: Sequence[Version] = (),
) -> dict[str, Any]:
    """Report on all showings since a moment, of people who grant `circles`.

    Args:
        versions: published versions whose own lists are judged on what was shown.

    Returns:
        `refused` instead of figures where fewer people than the smallest group saw anything.
    """
    people = set(store.consents(Purpose.CIRCLES.value).tolist())
    log = read_log(store, propensities, people, policy.feedback, since=since, until=now)
    about: dict[str, Any] = {"since": written(since), "until": written(now)}
    if len({seen.user for seen in log.seen}) < policy.min_group_size:
        why = f"fewer than {policy.min_group_size} people who agreed saw anything; nothing is told of them"
        return about | {"refused": why}
    circles = {circle.index: circle for circle in store.circles() if circle.state in RECOMMENDABLE}
    return {
        **about,
        **_concentration(log, circles, policy),
        **_joinings(store, people, policy, since, now),
        "estimates": _estimates(store, log, circles, policy, versions),
    }


def _concentration(log: Log, circles: Mapping[int, Circle], policy: Policy) -> dict[str, Any]:
    counts = Counter(seen.circle for seen in log.seen)
    shown = np.array([counts[index] for index in circles], dtype=np.int64)
    small = sum(counts[index] for index in _small(circles, policy))
    return {
        "showings": len(log.seen),
        "people": len({seen.user for seen in log.seen}),
        "unknown_lists": log.unknown,
        "circles": len(circles),
        "coverage": round(coverage(shown), 4),
        "gini": round(gini(shown), 4),
        "share_explored": round(sum(bool(s.entry["exploration"]) for s in log.seen) / len(log.seen), 4),
        "share_of_small_circles": round(small / len(log.seen), 4),
    }


def _small(circles: Mapping[int, Circle], policy: Policy) -> list[int]:
    most = policy.feedback.small_members
    return [index for index, circle in circles.items() if circle.num_members < most]


def _joinings(store: GraphStore, people: set[int], policy: Policy, since: int, now: int) -> dict[str, Any]:
    """Joinings in the time looked at, by origin; hidden while fewer than the smallest group."""
    columns = store.memberships()
    rows = zip(*(columns[name].tolist() for name in ("user", "circle", "joined_at")), strict=True)
    recent = [row for row in rows if row[0] in people and since <= row[2] <= now]
    joinings = release_count(len(recent), policy.disclosure)
    if joinings.hidden:
        return {"joinings": joinings.out(), "share_induced": None}
    found = origins_of(store, recent, Feedback(Counting.ALL, policy.feedback))
    share = sum(joined.origin is Origin.INDUCED for joined in found) / len(found)
    return {"joinings": joinings.out(), "share_induced": round(share, 2)}


# -- what other lists would earn ----------------------------------------------------------------------


def _estimates(
    store: GraphStore, log: Log, circles: Mapping[int, Circle], policy: Policy, versions: Sequence[Version]
) -> list[dict[str, Any]]:
    index_of = {circle.circle_id: index for index, circle in circles.items()}
    judges: dict[str, tuple[Sequence[Seen], Judge]] = {
        "as served": (log.seen, lambda seen: (1.0, seen.circle)),
        "places that are drawn: as served": (log.open, lambda seen: (1.0, seen.circle)),
        "places that are drawn: the ranking": (log.open, lambda seen: _ranking(seen, index_of)),
        "places that are drawn: the lot": (log.open, lambda seen: (_lot(seen), -1)),
    }
    for version in versions:
        listed = _Listed(store, version, index_of)
        judges[f"places that are drawn: {version.name}"] = (log.open, listed.judge)
    return [
        {"lists": name, "reward": reward} | _estimate(seen, judge, reward, log, circles, policy)
        for name, (seen, judge) in judges.items()
        for reward in REWARDS
    ]


def _estimate(
    seen: Sequence[Seen], judge: Judge, reward: str, log: Log, circles: Mapping[int, Circle], policy: Policy
) -> dict[str, Any]:
    rates = _rates(log, reward, max(circles, default=0) + 1)
    judged = [(showing, judgement) for showing in seen if (judgement := judge(showing)) is not None]
    at_random = _at_random(rates, circles, policy)
    showings = Showings(
        people=np.array([showing.user for showing, _ in judged], dtype=np.int64),
        rewards=np.array([reward in showing.rewards for showing, _ in judged], dtype=np.float64),
        weights=np.array([weight for _, (weight, _) in judged], dtype=np.float64),
        predicted=np.array([rates[showing.circle] for showing, _ in judged], dtype=np.float64),
        expected=np.array([rates[pick] if pick >= 0 else at_random for _, (_, pick) in judged], np.float64),
    )
    rules = policy.feedback
    found = estimate(
        showings,
        largest_weight=_largest(rules.largest_weight, judged),
        min_effective_size=rules.min_effective_size,
    )
    return asdict(found)


def _largest(largest: float, judged: Sequence[tuple[Seen, Judged]]) -> float:
    """Weights are cut at so many times their mean."""
    mean = float(np.mean([weight for _, (weight, _) in judged])) if judged else 1.0
    return largest * max(mean, 1e-12)


def _rates(log: Log, reward: str, num_circles: int) -> Float64:
    num = max([num_circles, *(seen.circle + 1 for seen in log.seen)])
    earned = np.array([reward in seen.rewards for seen in log.seen], dtype=np.float64)
    return rates_of(np.array([seen.circle for seen in log.seen], dtype=np.int64), earned, num)


def _at_random(rates: Float64, circles: Mapping[int, Circle], policy: Policy) -> float:
    """What a circle that is drawn by lot is foretold to earn."""
    every, small = list(circles), _small(circles, policy)
    share = policy.feedback.small_share if small else 0.0
    floor = share * float(rates[small].mean()) if small else 0.0
    return floor + (1.0 - share) * float(rates[every].mean()) if every else 0.0


def _ranking(seen: Seen, index_of: Mapping[str, int]) -> Judged | None:
    """What the ranking alone would have shown at this place."""
    instead = seen.entry.get("instead_of")
    if instead is None:
        return 1.0 / seen.propensity, seen.circle
    return None if instead not in index_of else (0.0, index_of[instead])


def _lot(seen: Seen) -> float:
    """Probability under the lot alone over that under lot and ranking; see `policy.exploration.explore`."""
    place = seen.content["exploration"]
    chance = float(place["chance"]) if seen.entry["position"] == place["from"] else 1.0
    by_ranking = 0.0 if "instead_of" in seen.entry else 1.0 - chance
    return max(0.0, seen.propensity - by_ranking) / (chance * seen.propensity)


class _Listed:
    """What the lists of a published version would have shown; only where nothing was asked to be left out."""

    def __init__(self, store: GraphStore, version: Version, index_of: Mapping[str, int]) -> None:
        self._store, self._version, self._index_of = store, version, index_of
        self._ids = list(version.circles)
        self._lists: dict[int, list[str]] = {}

    def judge(self, seen: Seen) -> Judged | None:
        asked = seen.content["asked"]
        if asked["scene"] is not None or asked["exclude"]:
            return None
        above = {item["circle_id"] for item in seen.content["items"][: seen.entry["position"] - 1]}
        pick = next((circle for circle in self._list_of(seen.user) if circle not in above), None)
        if pick is None or pick not in self._index_of:
            return None
        return (1.0 / seen.propensity if pick == seen.entry["circle_id"] else 0.0), self._index_of[pick]

    def _list_of(self, user: int) -> list[str]:
        if user not in self._lists:
            found = self._version.list_of(self._store.ids("User", [user])[0])
            self._lists[user] = [] if found is None else [self._ids[row] for row in found[0].tolist()]
        return self._lists[user]
