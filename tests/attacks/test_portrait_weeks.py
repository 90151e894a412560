"""Attacks on portraits over time: asking again, a consent withdrawn, a person erased, files lost."""

import shutil
from itertools import pairwise

import pytest

from api.portraits import make, noise, publish
from api.portraits.build import build
from api.services.erasure import forget
from embeddings.registry import Registry
from tests.attacks.portrait_town import (
    LOADED_AT,
    TARGET,
    WEEK_S,
    Tape,
    copy_of,
    index_of,
    pseudonym,
    published,
    world,
)

FIRST = LOADED_AT - 6 * WEEK_S  # when the first portraits are made; the next ones are due when all is loaded
PERIOD = "2026-Q3 portraits"


@pytest.fixture(autouse=True)
def enough_people(monkeypatch):
    """Every week and every merchant has enough, whatever the noise: that is not what is attacked here."""
    monkeypatch.setattr(make, "is_enough", lambda people, before, policy: True)
    monkeypatch.setattr(noise, "enough_people", lambda rules, scale: -1_000)


def told(house):
    """What the newest week tells but for its own name and the moment it was made."""
    _, tables = published(house)
    return {name: rows for name, rows in tables.items() if name != "about"}


# -- asking again -------------------------------------------------------------------------------------


def test_a_build_that_is_repeated_draws_nothing_anew(house):
    build(house, now=LOADED_AT)
    before, spent = published(house), house.store.release_costs(PERIOD)
    for moment in (LOADED_AT, LOADED_AT + 60, LOADED_AT + 3 * 86_400):
        assert not build(house, now=moment).changed
    assert (published(house), house.store.release_costs(PERIOD)) == (before, spent)


def test_whoever_loses_the_files_gets_new_noise_as_long_as_it_is_paid_for(house):
    seen = set()
    for _ in range(4):
        build(house, now=LOADED_AT)
        seen |= {body for merchant, body, _ in told(house)["portraits"] if merchant == "c0"}
        shutil.rmtree(house.home.portraits)
    assert 1 <= len(seen) <= 2
    assert max(house.store.release_costs(PERIOD).values()) <= house.policy.portraits.quarterly_budget


def test_a_build_that_is_killed_again_and_again_draws_once(house, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    staged = []
    with monkeypatch.context() as patched:
        patched.setattr(publish, "write_week", killed)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                build(house, now=LOADED_AT)
            staged.append({body.merchant_id: body.dumped() for body in house.waiting().bodies()})
    build(house, now=LOADED_AT)
    shown = {merchant: body for merchant, body, _ in told(house)["portraits"]}
    assert staged == [shown] * 3
    assert max(house.store.release_costs(PERIOD).values()) == pytest.approx(0.5)


# -- a consent withdrawn, a person erased -------------------------------------------------------------


def withdraw(house, user, at):
    row = {"user": [index_of(house.store, user)], "purpose": ["portraits"], "granted": [False], "at": [at]}
    house.store.set_consents(row)


def erase(house, user, at):
    forget(house.home, house.store, Registry(house.home.versions), pseudonym(user), clock=lambda: at)


@pytest.mark.parametrize("leave", [withdraw, erase])
def test_whoever_leaves_changes_nothing_until_all_is_counted_anew(house, town_home, tmp_path, leave):
    other = copy_of(town_home, tmp_path / "other", house.policy)
    without = fans_counted(other, without=index_of(house.store, TARGET))
    build(house, now=FIRST)
    before = told(house)
    leave(house, TARGET, FIRST + 60)
    for week in (0, 1, 5):
        build(house, now=FIRST + week * WEEK_S + 3_600)
        assert told(house) == before
    assert fans_counted(house) == without
    assert not set(before["portraits"]) & set(told(house)["portraits"])


def fans_counted(house, *, without=None):
    """Build, when the second portraits are due: exact fans by merchant and standing."""
    tape = Tape()
    with world(tape, without=without):
        build(house, now=FIRST + 6 * WEEK_S)
    return [block.counts["standing"].tolist() for block in tape.blocks]


def test_no_file_of_portraits_names_a_person(house):
    build(house, now=FIRST)
    name = pseudonym(TARGET)
    for path in house.home.portraits.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert name.encode() not in content
        assert bytes.fromhex(name) not in content


def history(town_home, folder, policy, tape, leaves_before):
    """All that is published in three weeks, six apart at most, by somebody who leaves before one of them."""
    house, found = copy_of(town_home, folder, policy), []
    for number, week in enumerate((0, 3, 6)):
        gone = index_of(house.store, TARGET) if number >= leaves_before else None
        with world(tape, without=gone):
            build(house, now=FIRST + week * WEEK_S)
        found.append(published(house))
    house.store.close()
    return found


def test_weeks_with_a_person_with_one_who_left_and_without_are_alike_but_for_the_noise(
    town_home, tmp_path, policy
):
    stayed, left, never = Tape(), Tape(), Tape()
    seen = [history(town_home, tmp_path / "stayed", policy, stayed, 9)]
    for tape, leaves_before in ((left, 1), (never, 0)):
        tape.played = stayed.written
        seen.append(history(town_home, tmp_path / str(leaves_before), policy, tape, leaves_before))
    assert seen[0] == seen[1] == seen[2]
    tapes = [tape.written for tape in (stayed, left, never)]
    for one, other in pairwise(tapes):
        assert any(a.exact != b.exact for a, b in zip(one, other, strict=True))
        for a, b in zip(one, other, strict=True):
            assert (abs(a.rows() - b.rows()).sum(axis=1) <= a.most_of_one).all()
    paid = sum(call.epsilon for call in stayed.written if call.merchants)
    assert paid <= policy.portraits.quarterly_budget + 1e-9
