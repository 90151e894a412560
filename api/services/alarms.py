"""The take-over alarm over all circles: what happened to each, and what the operator should look at.

The rule is `graph/policy/alarm.py`; here is what it is given. A newcomer comes from each circle they were in
already, and from the answer (`rec_id`) that they joined by; one whom the circle invited, from nowhere else.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.audit import Action, record
from api.context import Context
from api.services.own_circles import summary
from graph.policy.alarm import DAY_S, Alarm, AlarmRules, CircleActivity, Level, Newcomer, alarm
from graph.schema import CircleState
from graph.stores.base import GraphStore
from graph.stores.circle_life import Life

WATCHED = frozenset({CircleState.OPEN, CircleState.PROPOSED})
TOWNSPEOPLE = 20  # how many members the people of the town stand for: a new circle has none of its own
BY_ALARM = "kept apart by the take-over alarm"


@dataclass(frozen=True)
class _Stay:
    """One time that somebody was a member. joined_at -1: unknown, long ago. left_at -1: still is."""

    circle: int
    joined_at: int
    left_at: int


def alarms(context: Context, *, now: int) -> list[dict[str, Any]]:
    """Circles with an alarm, the most serious first, with `level` and `reasons`; never who."""
    store = context.store.get()
    found = judged(store, context.policy.alarm, now)
    circles = {circle.index: circle for circle in store.circles()}
    order = sorted(found, key=lambda index: (-found[index].level, index))
    return [
        summary(context, circles[index], now) | {"alarm": shown(found[index])}
        for index in order
        if circles[index].state in WATCHED
    ]


def act(context: Context, *, now: int) -> int:
    """Keep apart what has the highest alarm, where the policy says so; returns how many circles."""
    if not context.policy.lifecycle.auto_quarantine:
        return 0
    store = context.store.get()
    highest = [i for i, a in judged(store, context.policy.alarm, now).items() if a.level is Level.HIGH]
    for circle_id in store.ids("Circle", highest):
        record(context, Action.CIRCLE_QUARANTINED, object=circle_id)
    return sum(store.quarantine_circle(index, BY_ALARM, now) for index in highest)


def judged(store: GraphStore, rules: AlarmRules, now: int) -> dict[int, Alarm]:
    """Circle index -> its alarm, for those that have one."""
    reported, lives = _reported(store, now), store.circle_lives()
    stays = _stays(store)
    joins: dict[int, list[tuple[int, int]]] = defaultdict(list)  # circle -> (user, at)
    for user, mine in stays.items():
        for stay in mine:
            if now - (rules.window_days + rules.past_days) * DAY_S < stay.joined_at <= now:
                joins[stay.circle].append((user, stay.joined_at))
    answers = _answers(store)
    out = {}
    for circle in joins.keys() | reported.keys():
        begin = now - rules.window_days * DAY_S
        is_busy = sum(at > begin for _, at in joins[circle]) >= rules.min_newcomers
        asked = _invited(store, circle, joins[circle]) if is_busy else set()
        activity = CircleActivity(
            newcomers=[
                Newcomer(at) if user in asked else _newcomer(user, circle, at, stays[user], answers)
                for user, at in sorted(joins[circle])
            ],
            usual_share=_usual(circle, begin, stays) if is_busy else {},
            owner_seen_at=_owner_seen(store, circle, lives.get(circle)),
            reported_at=reported.get(circle, ()),
        )
        judgement = alarm(activity, now, rules)
        if judgement.level is not Level.NONE:
            out[circle] = judgement
    return out


def shown(found: Alarm) -> dict[str, Any]:
    """An alarm as the operator sees it."""
    return {"level": found.level.name.lower(), "reasons": list(found.reasons)}


def _invited(store: GraphStore, circle: int, joins: Sequence[tuple[int, int]]) -> set[int]:
    """Those whom the circle itself invited: its owner is their source."""
    return {user for user, _ in joins if any(i.circle == circle for i in store.invitations_of(user))}


def _owner_seen(store: GraphStore, circle: int, life: Life | None) -> int | None:
    """When the owner last changed the circle or asked for an audience; None where nobody knows."""
    acts = [audience.created_at for audience in store.audiences(circle)]
    if life is not None and life.edited_at is not None:
        acts.append(life.edited_at)
    return max(acts, default=None)


def _stays(store: GraphStore) -> dict[int, list[_Stay]]:
    table = store.memberships()
    out: dict[int, list[_Stay]] = defaultdict(list)
    columns = (table[name].tolist() for name in ("user", "circle", "joined_at", "left_at"))
    for user, circle, joined_at, left_at in zip(*columns, strict=True):
        out[user].append(_Stay(circle, joined_at, left_at))
    return out


def _answers(store: GraphStore) -> dict[tuple[int, int], str]:
    """(user, circle) -> the answer they joined by; the last one."""
    table = store.join_sources()
    columns = (table[name] for name in ("user", "circle", "rec_id"))
    rows: Any = zip(*columns, strict=True)
    return {(user, circle): rec_id for user, circle, rec_id in rows if rec_id is not None}


def _newcomer(
    user: int, circle: int, at: int, mine: Sequence[_Stay], answers: Mapping[tuple[int, int], str]
) -> Newcomer:
    sources = {f"circle:{other}" for other in _others(circle, at, mine)}
    if rec_id := answers.get((user, circle)):
        sources.add(f"answer:{rec_id}")
    return Newcomer(at, frozenset(sources))


def _others(circle: int, at: int, mine: Sequence[_Stay]) -> set[int]:
    """Other circles that somebody was in at a moment."""
    return {s.circle for s in mine if s.circle != circle and s.joined_at < at and not 0 <= s.left_at <= at}


def _usual(circle: int, begin: int, stays: Mapping[int, Sequence[_Stay]]) -> dict[str, float]:
    """What part of the members before the window, and of everybody beside them, was in another circle."""
    members, town = Counter[str](), Counter[str]()
    num_members = num_town = 0
    for mine in stays.values():
        found = [f"circle:{other}" for other in _others(circle, begin, mine)]
        if any(s.circle == circle and s.joined_at <= begin and not 0 <= s.left_at <= begin for s in mine):
            num_members += 1
            members.update(found)
        if found:
            num_town += 1
            town.update(found)
    return {
        source: (members[source] + TOWNSPEOPLE * number / num_town) / (num_members + TOWNSPEOPLE)
        for source, number in town.items()
    }


def _reported(store: GraphStore, now: int) -> dict[int, list[int]]:
    """Circle -> when each person first reported it; what was rejected does not count."""
    first: dict[tuple[int, int], int] = {}
    for report in store.reports():
        if report.upheld is not False and report.at <= now:
            first.setdefault((report.circle, report.user), report.at)
    out: dict[int, list[int]] = defaultdict(list)
    for (circle, _), at in first.items():
        out[circle].append(at)
    return out
