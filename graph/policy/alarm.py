"""The take-over alarm of a circle: sudden newcomers from one source, an owner who is away, reports rising.

Pure functions of what happened and of `now`. A source is whatever several newcomers have in common: the
circle they came from, or the answer that sent them. One source alone is worth a look, since a relay between
two circles that agreed looks the same; with an owner who is away or with reports it is the highest level.

Newcomers of a source are many when so many would hardly come at the rate of the weeks before (Poisson tail),
when they are most of all newcomers, and when they are a larger part of them than is usual.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

DAY_S = 86_400
LEAST_SHARE = 0.01  # of a source that nobody shares so far: a first few prove little


class Level(IntEnum):
    """How serious: nothing, worth a look, act."""

    NONE = 0
    WATCH = 1
    HIGH = 2


@dataclass(frozen=True)
class AlarmRules:
    """Values of `policy.toml`, section alarm.

    window_days: what counts as sudden. past_days: the days before it, that say what is usual.
    min_newcomers: of one source, below which nothing is sudden. source_share: of all newcomers.
    chance: how seldom so many may come, or so many reports be made, at the usual rate.
    min_reports: people who reported within the window, below which reports do not rise.
    owner_quiet_days: without an act of the owner, after which it counts as away.
    """

    window_days: int = 3
    past_days: int = 56
    min_newcomers: int = 8
    source_share: float = 0.5
    chance: float = 1e-6
    min_reports: int = 3
    owner_quiet_days: int = 60


@dataclass(frozen=True)
class Newcomer:
    """Somebody who joined. sources: what may have sent them, such as `circle:17`; none for a direct join."""

    at: int
    sources: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CircleActivity:
    """What is known of one circle.

    newcomers: joins since the past began. usual_share: source -> part of the people one would expect here who
    share it, such as members of a circle that everybody is in; absent ones as good as nobody.
    owner_seen_at: its last act, None where nobody knows. reported_at: when each person who reported did so
    first; rejected reports are not among them.
    """

    newcomers: Sequence[Newcomer]
    usual_share: Mapping[str, float]
    owner_seen_at: int | None
    reported_at: Sequence[int]


@dataclass(frozen=True)
class Alarm:
    """What to look at. reasons: `newcomers`, `owner`, `reports`, in this order."""

    level: Level
    reasons: tuple[str, ...]


def alarm(activity: CircleActivity, now: int, rules: AlarmRules) -> Alarm:
    """Judge a circle.

    Args:
        activity: nothing in it lies after `now`.

    Returns:
        HIGH for newcomers from one source together with an owner who is away or with rising reports; WATCH
        for either alone; NONE otherwise. An owner who is away is no reason by itself.
    """
    newcomers = sudden_source(activity, now, rules) is not None
    reports = _rising(activity.reported_at, now, rules)
    seen = activity.owner_seen_at
    away = seen is not None and now - seen > rules.owner_quiet_days * DAY_S
    found = (("newcomers", newcomers), ("owner", away and (newcomers or reports)), ("reports", reports))
    reasons = tuple(name for name, holds in found if holds)
    if newcomers and (away or reports):
        return Alarm(Level.HIGH, reasons)
    return Alarm(Level.WATCH if newcomers or reports else Level.NONE, reasons)


def sudden_source(activity: CircleActivity, now: int, rules: AlarmRules) -> str | None:
    """The source that suddenly sends newcomers, the one that sends the most; None for none."""
    begin = now - rules.window_days * DAY_S
    recent = Counter(s for n in activity.newcomers if n.at > begin for s in n.sources)
    past = Counter(s for n in activity.newcomers if n.at <= begin for s in n.sources)
    total = sum(n.at > begin for n in activity.newcomers)
    for source, number in sorted(recent.items(), key=lambda item: (-item[1], item[0])):
        if number < rules.min_newcomers or number < rules.source_share * total:
            return None
        if _unusual(number, past[source], rules) and _uncommon(source, number, total, activity, rules):
            return source
    return None


def _uncommon(source: str, number: int, total: int, activity: CircleActivity, rules: AlarmRules) -> bool:
    """Whether so many of all newcomers would hardly share a source that the members share as they do.

    Half of a circle that is in the largest circle of the town says nothing about who comes from there.
    """
    usual = min(max(activity.usual_share.get(source, 0.0), LEAST_SHARE), 1 - LEAST_SHARE)
    return _binomial_tail(number, total, usual) < rules.chance


def _unusual(number: int, past: int, rules: AlarmRules) -> bool:
    """Whether this number would hardly come in a window at the rate of the past; one more is assumed."""
    expected = (past + 1) * rules.window_days / rules.past_days
    return poisson_tail(number, expected) < rules.chance


def _rising(reported_at: Sequence[int], now: int, rules: AlarmRules) -> bool:
    begin = now - rules.window_days * DAY_S
    recent = sum(at > begin for at in reported_at)
    past = sum(begin - rules.past_days * DAY_S < at <= begin for at in reported_at)
    return recent >= rules.min_reports and _unusual_reports(recent, past, rules)


def _unusual_reports(recent: int, past: int, rules: AlarmRules) -> bool:
    expected = (past + 1) * rules.window_days / rules.past_days
    return poisson_tail(recent, expected) < math.sqrt(rules.chance)  # people report seldom: less is telling


def poisson_tail(number: int, expected: float) -> float:
    """The chance of at least `number` where `expected` come on average."""
    if number <= 0:
        return 1.0
    term = math.exp(-expected + number * math.log(expected) - math.lgamma(number + 1))
    total, at = 0.0, number
    while term > total * 1e-12 or at < expected:
        total += term
        at += 1
        term *= expected / at
    return min(1.0, total)


def _binomial_tail(number: int, total: int, share: float) -> float:
    """The chance that at least `number` of `total` share what a `share` of all do."""
    logs = (
        math.lgamma(total + 1) - math.lgamma(i + 1) - math.lgamma(total - i + 1)
        + i * math.log(share) + (total - i) * math.log1p(-share)
        for i in range(number, total + 1)
    )  # fmt: skip
    return min(1.0, sum(math.exp(value) for value in logs))
