"""Attacks on what is told of everybody's past: a period that is told twice is told with less noise."""

from dataclasses import replace

import pytest

from api.portraits import make, publish
from api.portraits.build import build
from graph.portraits.history import PAST, History
from graph.portraits.periods import bounds_of
from tests.attacks.portrait_town import LOADED_AT, TARGET, WEEK_S, Tape, index_of, published, world

FIRST = LOADED_AT - 6 * WEEK_S


@pytest.fixture(autouse=True)
def enough_people(monkeypatch):
    """Every week has enough: which one is the last is not what is attacked here."""
    monkeypatch.setattr(make, "is_enough", lambda people, before, policy: True)


def past_of(house):
    return History.read(dict(published(house)[1]["about"])["history"]).periods


def seen_over(house, monkeypatch, weeks, *, relabelled=False):
    """Number of a period -> all that was ever told of it, in builds week by week, each twice."""
    seen, market = {}, make._market

    def renamed(house, town, counter, earlier, at, now):
        """Another market each time: the first category is gone, and the name of the last is new."""
        found = market(house, town, counter, None, at, now)
        names = (*found.labels.categories[1:], f"ZZ {at.end}")
        return replace(found, labels=replace(found.labels, categories=names))

    if relabelled:
        monkeypatch.setattr(make, "_market", renamed)
    for week in weeks:
        for later in (0, 3_600):
            build(house, now=FIRST + week * WEEK_S + later)
            for period in past_of(house):
                seen.setdefault(period.number, set()).add(period)
    return seen


@pytest.mark.parametrize("relabelled", [False, True])
def test_a_period_is_told_once_whatever_is_built_later(house, monkeypatch, relabelled):
    seen = seen_over(house, monkeypatch, (0, 1, 2, 4, 6), relabelled=relabelled)
    assert len(seen) > PAST
    assert {number: len(told) for number, told in seen.items()} == dict.fromkeys(seen, 1)
    names = {name for told in seen.values() for period in told for name in period.categories}
    assert len([name for name in names if name.startswith("ZZ")]) == (2 if relabelled else 0)


@pytest.mark.parametrize("step", ["_pay", "write_week"])
def test_a_build_that_is_killed_tells_the_past_that_it_had_drawn(house, monkeypatch, step):
    def killed(*_):
        raise KeyboardInterrupt

    staged = []
    with monkeypatch.context() as patched:
        patched.setattr(publish, step, killed)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                build(house, now=FIRST)
            staged.append(house.waiting().history().periods)
    build(house, now=FIRST + WEEK_S)
    assert staged[0] == staged[1] == past_of(house)[-PAST:]


def test_whoever_leaves_stays_in_what_was_told_and_is_in_nothing_that_is_told_later(house):
    tape, later = Tape(), Tape()
    with world(tape):
        build(house, now=FIRST)
    before = past_of(house)
    with world(later, without=index_of(house.store, TARGET)):
        build(house, now=FIRST + 4 * WEEK_S)
    after = past_of(house)
    assert after[:-1] == before[1:]
    assert after[-1].number == before[-1].number + 1
    start, end = bounds_of(after[-1].number)
    assert FIRST - 4 * WEEK_S < start < end <= FIRST + 4 * WEEK_S


def test_all_that_is_told_of_the_past_has_noise(house):
    tape = Tape()
    with world(tape):
        build(house, now=LOADED_AT)
    told = [period.buyers for period in past_of(house)]
    drawn = [call for call in tape.written if call.told[: len(told[0])] in told]
    assert len(drawn) == PAST
    assert all(call.told != call.exact for call in drawn)
