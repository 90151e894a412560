"""Raids on circles: how soon the take-over alarm sees one, and how often it is wrong.

Simulated towns, a look every six hours. Ordinary newcomers come one by one, each from the circles that people
of the town are in; a campaign brings many at once, from everywhere; a relay brings many from one other circle
to a circle with a lively owner. Raiders come from one circle, some within an hour and some over two days.
"""

import numpy as np
import pytest

from graph.policy.alarm import DAY_S, AlarmRules, CircleActivity, Level, Newcomer, alarm

RULES, STEP, END = AlarmRules(), DAY_S // 4, 150 * DAY_S
START = 60 * DAY_S  # the first look; before it there is a past
CIRCLES, TOWN = 40, 50  # simulated circles; other circles in the town
POPULARITY = np.minimum(0.4, 0.8 / np.arange(1, TOWN + 1))
USUAL = {f"circle:{i}": share for i, share in enumerate(POPULARITY.tolist())}


def from_town(rng, times):
    """Ordinary people: each is in every other circle of the town by its popularity."""
    within = rng.random((len(times), TOWN)) < POPULARITY
    return [
        Newcomer(int(at), frozenset(f"circle:{i}" for i in np.flatnonzero(row).tolist()))
        for at, row in zip(times, within, strict=True)
    ]


def growth(rng, per_day):
    return from_town(rng, rng.uniform(0, END, rng.poisson(per_day * END / DAY_S)))


def looked_at(newcomers, at, *, owner_seen_at=None, reported=()):
    """The level at one moment; an owner of whom nothing is said acts all the time."""
    past = at - (RULES.window_days + RULES.past_days) * DAY_S
    activity = CircleActivity(
        newcomers=[n for n in newcomers if past < n.at <= at],
        usual_share=USUAL,
        owner_seen_at=at if owner_seen_at is None else owner_seen_at,
        reported_at=[moment for moment in reported if moment <= at],
    )
    return alarm(activity, at, RULES).level


def highest(newcomers, **more):
    return max(looked_at(newcomers, at, **more) for at in range(START, END, STEP))


def town(seed):
    """Circles of 200 to 2,000 members with up to six newcomers a day."""
    rng = np.random.default_rng(seed)
    for _ in range(CIRCLES):
        yield rng, int(rng.integers(200, 2_000)), float(rng.uniform(0.05, 6))


def test_ordinary_growth_raises_no_alarm():
    levels = [highest(growth(rng, pace), owner_seen_at=0) for rng, _, pace in town(1)]
    assert levels == [Level.NONE] * CIRCLES  # 14,400 looks, of owners who are away


def test_a_popular_campaign_raises_no_alarm():
    levels = []
    for rng, _, pace in town(2):
        days = rng.uniform(70, 80) + rng.exponential(1.5, size=int(rng.integers(50, 400)))
        levels.append(highest(growth(rng, pace) + from_town(rng, days * DAY_S), owner_seen_at=0))
    assert levels == [Level.NONE] * CIRCLES


def test_a_relay_from_one_circle_to_another_is_no_more_than_worth_a_look():
    for rng, _, pace in town(3):
        sent = [Newcomer(int(at), frozenset({"circle:40"})) for at in rng.uniform(70, 72, 60) * DAY_S]
        assert highest(growth(rng, pace) + sent) <= Level.WATCH


def share_when_caught(rng, members, pace, why):
    """Part of the members who are raiders when the alarm is at its highest level."""
    others, start = growth(rng, pace), 90 * DAY_S
    times = np.sort(start + rng.uniform(0, rng.uniform(1, 48) * 3_600, 60)).astype(int).tolist()
    raiders = [Newcomer(at, frozenset({"circle:47"})) for at in times]
    more = {"reported": times[2:5]} if why == "reports" else {"owner_seen_at": 0}
    seen = next(  # a look whenever somebody joins: a timer of some minutes
        number
        for number, at in enumerate(times, start=1)
        if looked_at(others + raiders[:number], at, **more) is Level.HIGH
    )
    return seen / (members + seen + sum(n.at <= times[seen - 1] for n in others))


@pytest.mark.parametrize("why", ["owner", "reports"])
def test_a_raid_is_caught_before_one_in_twenty_members_is_a_raider(why):
    shares = [share_when_caught(rng, members, pace, why) for rng, members, pace in town(4)]
    assert max(shares) < 0.05
    assert np.median(shares) < 0.02
