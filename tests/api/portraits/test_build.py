"""The weekly build: who is due, what is paid, what a crash leaves; on a town of 200 people, without noise."""

import os
from types import SimpleNamespace

import pytest

import api.portraits.market as market
import api.portraits.noise as noise
import api.portraits.publish as publishing
from api.portraits.build import build
from api.portraits.house import House
from api.services.disclosed import noisy_counts
from graph.errors import InputError, StoreConflict
from graph.home import Home
from graph.policy.lattice import week_of
from graph.portraits.census import WEEK_S
from graph.portraits.weeks import PortraitWeek, PortraitWeeks, weeks
from graph.stores.open import open_store
from tests.logs import log_of, rows

DAY_S = 86_400
MONDAY = 2_900 * WEEK_S + 4 * DAY_S  # in July 2025: the window ends here
WEEK, NEXT, SIXTH = (week_of(MONDAY + weeks * WEEK_S - 1).name for weeks in (0, 1, 6))
CAFE, GYM, BANK, BAKER = range(4)
NUM_PEOPLE = 200


def payments(weeks_later=0, people=range(NUM_PEOPLE)):
    """150 people buy the baker's bread at the cafe, all 200 are at the gym, the last 50 in the bank too."""
    at = MONDAY + weeks_later * WEEK_S
    cafe = [{"user": u, "merchant": CAFE, "product": 0, "paid_at": at - 1 - u} for u in people if u < 150]
    gym = [{"user": u, "merchant": GYM, "paid_at": at - 2 * DAY_S - u} for u in people]
    bank = [{"user": u, "merchant": BANK, "scene": 2, "paid_at": at - 9} for u in people if u >= 150]
    return rows(*cafe, *gym, *bank)


@pytest.fixture
def house(tmp_path, policy):
    """A loaded home; everybody has agreed."""
    made = make_house(tmp_path, policy)
    yield made
    made.store.close()


def make_house(folder, policy):
    home, store = Home(folder / "home").make(), open_store(f"sqlite:///{folder / 'circles.db'}")
    users = store.upsert("User", {"id": [f"u{i}" for i in range(NUM_PEOPLE)], "adult": [True] * NUM_PEOPLE})
    agree(store, users.tolist(), True, at=1)
    kinds = ["store", "store", "institution", "brand"]
    store.upsert(
        "Merchant",
        {
            "id": ["cafe", "gym", "bank", "baker"],
            "kind": kinds,
            "category": ["coffee shop", None, "bank", None],
        },
    )
    store.upsert("Product", {"id": ["bread"], "category": ["BREAD"], "merchant_id": ["baker"]})
    store.set_meta("terms", "public")  # nobody has to know the category of bread
    log_of(home.log, payments())
    return House(home, store, policy, b"k" * 32, 0, threads=1)


def agree(store, users, granted, at):
    number = len(users)
    store.set_consents(
        {"user": users, "purpose": ["portraits"] * number, "granted": [granted] * number, "at": [at] * number}
    )


@pytest.fixture(autouse=True)
def silent(monkeypatch):
    """No noise; how often it was added."""
    added = []

    def exact(counts, epsilon, most_of_one):
        added.append(len(counts))
        return list(counts), epsilon

    monkeypatch.setattr(noise, "noisy_counts", exact)
    monkeypatch.setattr(market, "noisy_counts", lambda counts, epsilon, most: (list(counts), epsilon))
    return added


def told(house):
    week = PortraitWeeks(house.home.portraits).current()
    assert week is not None
    return {merchant: week.body(merchant) for merchant in week.merchants()}


def spent(house, merchant, period="2025-Q3 portraits"):
    return round(house.store.release_costs(period).get(merchant, 0.0), 6)


def test_merchants_with_enough_fans_get_a_portrait(house):
    built = build(house, now=MONDAY)
    assert (built.week, built.made, built.carried, built.too_small) == (WEEK, 3, 0, 0)
    found = told(house)
    assert {m: body.people for m, body in found.items()} == {"baker": 150, "cafe": 150, "gym": 200}
    body = found["cafe"]
    assert (body.end, body.end - body.start, body.made_at) == (MONDAY, 13 * WEEK_S, MONDAY)
    assert body.counts["goods"].sum(axis=0).tolist() == [150, 0]  # bread, and none


def test_the_past_goes_from_week_to_week_and_a_period_is_added_when_it_closes(house):
    """A period ends with MONDAY, and so the next one four weeks later."""
    log_of(house.home.log, *(payments(weeks_later=weeks) for weeks in range(-6, 5)))
    build(house, now=MONDAY)
    first = past_of_all(house)
    assert [period.people for period in first.periods[-3:]] == [0, 150, 150]
    build(house, now=MONDAY + 3 * WEEK_S)
    assert past_of_all(house) == first
    build(house, now=MONDAY + 4 * WEEK_S)
    later = past_of_all(house)
    assert later.periods[:-1] == first.periods[1:]
    assert later.periods[-1].number == first.periods[-1].number + 1


def past_of_all(house):
    return PortraitWeeks(house.home.portraits).current().history()


def test_a_merchant_pays_a_portrait_or_the_question_whether_it_has_enough_fans(house):
    agree(house.store, list(range(100)), False, at=2)
    assert build(house, now=MONDAY).too_small == 3
    assert weeks(house.home.portraits) == [WEEK]
    assert (told(house), spent(house, "cafe"), spent(house, "bank")) == ({}, 0.08, 0.0)
    agree(house.store, list(range(100)), True, at=3)
    again = build(house, now=MONDAY + 1)
    assert (again.changed, again.made, again.too_small) == (False, 0, 3)  # asked again in six weeks


def test_a_second_build_of_the_week_changes_nothing(house):
    build(house, now=MONDAY)
    (path,) = house.home.portraits.glob("*.sqlite")
    before = path.read_bytes()
    built = build(house, now=MONDAY + 5)
    assert (built.changed, built.made, built.carried) == (False, 0, 3)
    assert path.read_bytes() == before
    assert (spent(house, "cafe"), len(house.store.releases("cafe"))) == (0.5, 1)


def test_a_portrait_is_carried_over_until_it_is_due(house):
    build(house, now=MONDAY)
    first = told(house)["cafe"].dumped()
    log_of(house.home.log, payments(), payments(weeks_later=1))
    built = build(house, now=MONDAY + WEEK_S)
    assert (built.week, built.made, built.carried, built.changed) == (NEXT, 0, 3, True)
    assert told(house)["cafe"].dumped() == first
    log_of(house.home.log, payments(weeks_later=6))
    assert build(house, now=MONDAY + 6 * WEEK_S).made == 3
    assert told(house)["cafe"].week == SIXTH
    assert spent(house, "cafe") == 1.0


def test_an_old_portrait_stays_where_the_budget_is_spent(house):
    build(house, now=MONDAY)
    house.store.keep_release("cafe", "2025-Q3 portraits", "another", 0.5, 1.0, "{}")
    log_of(house.home.log, payments(weeks_later=6))
    built = build(house, now=MONDAY + 6 * WEEK_S)
    assert (built.made, built.carried, built.unpaid) == (2, 1, 1)
    assert {m: body.week for m, body in told(house).items()} == {
        "baker": SIXTH, "cafe": WEEK, "gym": SIXTH,
    }  # fmt: skip


def test_the_budget_of_portraits_is_apart_from_that_of_other_questions(house):
    house.store.keep_release("cafe", "2025-Q3", "many questions", 6.5, 6.5, "{}")
    assert build(house, now=MONDAY).made == 3
    assert spent(house, "cafe") == 0.5


def test_who_withdrew_is_not_counted_in_the_next_portrait(house):
    build(house, now=MONDAY)
    log_of(house.home.log, payments(weeks_later=6))
    agree(house.store, list(range(20)), False, at=2)
    build(house, now=MONDAY + 6 * WEEK_S)
    assert told(house)["cafe"].people == 130


def test_a_merchant_that_lost_its_fans_loses_its_portrait(house):
    build(house, now=MONDAY)
    log_of(house.home.log, payments(weeks_later=6, people=range(100, 200)))
    agree(house.store, list(range(100)), False, at=2)
    assert build(house, now=MONDAY + 6 * WEEK_S).too_small == 3
    assert told(house) == {}


class Died(Exception):
    pass


def die(*_args, **_kwargs):
    raise Died


@pytest.mark.parametrize("at", ["_pay", "write_week"])
def test_a_build_that_died_is_finished_with_the_same_noise_and_one_price(house, monkeypatch, silent, at):
    with monkeypatch.context() as patch:
        patch.setattr(publishing, at, die)
        with pytest.raises(Died):
            build(house, now=MONDAY)
    assert weeks(house.home.portraits) == []  # nobody has seen anything
    staged = PortraitWeek.open(house.staged / f"{WEEK}.sqlite")
    made = {body.merchant_id: body.dumped() for body in staged.bodies()}
    silent.clear()
    built = build(house, now=MONDAY + 2 * WEEK_S)
    assert (built.made, built.changed, silent) == (3, True, [])
    assert {m: body.dumped() for m, body in told(house).items()} == made
    assert (spent(house, "cafe"), len(house.store.releases())) == (0.5, 3)


def test_a_build_that_died_while_counting_is_begun_anew_and_has_cost_nothing(house, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(noise, "noisy_counts", die)
        with pytest.raises(Died):
            build(house, now=MONDAY)
    assert house.store.releases() == []
    assert build(house, now=MONDAY).made == 3


def test_a_crash_after_publishing_is_harmless(house, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "shutil", SimpleNamespace(rmtree=die))
        with pytest.raises(Died):
            build(house, now=MONDAY)
    before = {m: body.dumped() for m, body in told(house).items()}
    assert build(house, now=MONDAY).made == 3
    assert {m: body.dumped() for m, body in told(house).items()} == before
    assert spent(house, "cafe") == 0.5


def test_a_file_that_was_lost_is_made_anew_and_paid_for_again(house):
    build(house, now=MONDAY)
    os.remove(house.home.portraits / f"{WEEK}.sqlite")
    assert build(house, now=MONDAY).made == 3
    assert spent(house, "cafe") == 1.0
    os.remove(house.home.portraits / f"{WEEK}.sqlite")
    built = build(house, now=MONDAY)
    assert (built.made, built.unpaid) == (0, 3)


@pytest.mark.parametrize("kept", [0, 100, 12_288])
def test_a_damaged_file_is_set_aside_and_made_anew(house, kept):
    build(house, now=MONDAY)
    path = house.home.portraits / f"{WEEK}.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:kept] + b"\0" * (len(whole) - kept))
    assert (build(house, now=MONDAY + 1).made, spent(house, "cafe")) == (3, 1.0)
    assert sorted(told(house)) == ["baker", "cafe", "gym"]
    assert path.with_suffix(".damaged").is_file()


def test_where_the_newest_file_is_damaged_the_one_before_is_carried_over(house):
    build(house, now=MONDAY)
    log_of(house.home.log, payments(), payments(weeks_later=1))
    build(house, now=MONDAY + WEEK_S)
    (house.home.portraits / f"{NEXT}.sqlite").write_bytes(b"")
    again = build(house, now=MONDAY + WEEK_S)
    assert (again.week, again.made, again.carried, spent(house, "cafe")) == (NEXT, 0, 3, 0.5)


def test_without_a_whole_week_there_are_no_portraits(house):
    with pytest.raises(InputError, match="no week is over in which 100 adults"):
        build(house, now=MONDAY - 1)


def test_data_that_were_taken_away_change_nothing(house):
    build(house, now=MONDAY)
    log_of(house.home.log, payments(weeks_later=-3))
    built = build(house, now=MONDAY)
    assert (built.week, built.carried, built.changed) == (WEEK, 3, False)


def test_two_builds_at_once_are_refused(house):
    with house.home.lock("portraits"), pytest.raises(StoreConflict, match="another portraits"):
        build(house, now=MONDAY)


def test_counts_are_kept_with_noise(house, monkeypatch):
    monkeypatch.setattr(noise, "noisy_counts", noisy_counts)
    monkeypatch.setattr(noise, "enough_people", lambda rules, scale: -1_000)  # whatever the noise
    build(house, now=MONDAY)
    kept = told(house)["gym"].counts["hours"]  # 168 cells, 166 of them empty
    assert (kept > 0).sum() > 10
    assert (kept < 0).sum() > 10
