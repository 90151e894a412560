"""Attacks on what passes between circles: reaching those who left, sending too much, learning from flows."""

import contextlib
import itertools
import threading
import time
from collections import Counter

import pytest

from api.context import Context
from graph.errors import CirclesError, GateRefused, RateExceeded
from graph.policy.circle_links import Relay, Terms
from graph.policy.months import after, bounds, newest_ended
from tests.crowds import add_crowd

MONTH = newest_ended(int(time.time()))
FIRST, LATER = bounds(MONTH)[0] + 1_000, bounds(MONTH)[0] + 90_000
TERMS = Terms(("tea",), 5)


@pytest.fixture
def house(link_house):
    """Circles a and b of owners ma and mb with an open link from a to b; nobody is in them yet."""
    house = link_house({(0, 1): 0.7}, num_people=2)
    house.store.upsert("Circle", {"id": ["a", "b"], "owner_id": ["ma", "mb"], "state": ["open", "open"]})
    house.store.propose_circle_link("l", 0, 1, TERMS, owner=0, at=1)
    house.store.accept_circle_link("l", owner=1, at=2)
    return house


def send(house, number, *, link_id="l", at=None):
    now = house.context.now() if at is None else at
    return house.store.add_relay(Relay(f"r{number}", link_id, "tea", f"m{number}", now), owner=0)


def received(house, person):
    return [found.message_ref for found, _ in house.store.relays_for(person, 0, 100)]


def leave(house, person):
    house.store.leave(person, 1, house.context.now())


def mute(house, person):
    house.store.mute_circle(person, 1, house.context.now())


def mute_source(house, person):
    house.store.mute_circle(person, 0, house.context.now())


def block_owner(house, person):
    house.store.mute_owner(person, 0, house.context.now())


def withdraw_consent(house, person):
    row = {"user": [person], "purpose": ["circles"], "granted": [False], "at": [house.context.now()]}
    house.store.set_consents(row)


def close(house, person):
    house.store.withdraw_circle_link("l", owner=1, at=house.context.now())


@pytest.mark.parametrize("end", [leave, mute, mute_source, block_owner, withdraw_consent, close])
def test_no_request_that_begins_afterwards_receives_anything(house, end):
    person = add_crowd(house.context, "p", 1, {"b": 5})[0]
    send(house, 0)
    house.key("service")
    done, late, seen = threading.Event(), [], []

    def watch():
        while True:
            begins_after = done.is_set()
            items = house.ask("GET", "/v1/users/p0/relays", "service").json["items"]
            (late if begins_after else seen).append(len(items))
            if begins_after:
                return

    watchers = [threading.Thread(target=watch) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    while not seen:
        time.sleep(0.01)
    end(house, person)
    done.set()
    for watcher in watchers:
        watcher.join()
    assert seen[0] == 1
    assert late == [0] * 3


def test_a_message_sent_while_somebody_leaves_never_arrives_after_they_left(house):
    person = add_crowd(house.context, "p", 1, {"b": 5})[0]
    for number in range(4):
        sender = threading.Thread(target=send, args=(house, number))
        sender.start()
        house.store.leave(person, 1, house.context.now())
        assert received(house, person) == []
        sender.join()
        assert received(house, person) == []
        house.store.join(person, 1, house.context.now())


def test_the_rate_holds_when_everybody_sends_at_once(house):
    told = Counter()

    def push(number):
        try:
            told[send(house, number)] += 1
        except RateExceeded:
            told["refused"] += 1

    threads = [threading.Thread(target=push, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {True: 5, "refused": 15}


def test_no_seven_days_carry_more_than_the_rate_whatever_the_order(house):
    moments = sorted([10_000_000 + day * 40_000 + step for day in range(40) for step in (0, 1, 2)])
    sent = []
    for number, at in enumerate(moments):
        try:
            send(house, number, at=at)
            sent.append(at)
        except RateExceeded:
            continue
    busiest = max(sum(start <= at < start + 7 * 86_400 for at in sent) for start in sent)
    assert busiest == 5


def test_a_new_link_between_the_same_circles_does_not_begin_to_count_anew(house):
    for number in range(5):
        send(house, number)
    house.store.withdraw_circle_link("l", owner=0, at=5)
    house.store.propose_circle_link("l2", 0, 1, TERMS, owner=0, at=6)
    house.store.accept_circle_link("l2", owner=1, at=7)
    with pytest.raises(RateExceeded):
        send(house, 9, link_id="l2")


def test_a_link_that_one_owner_alone_wants_carries_nothing(house):
    person = add_crowd(house.context, "p", 1, {"a": 5})[0]
    house.store.propose_circle_link("back", 1, 0, TERMS, owner=0, at=3)  # they would like to hear from b
    for _ in range(3):
        house.store.accept_circle_link("back", owner=0, at=4)
    with pytest.raises(GateRefused):
        house.store.add_relay(Relay("r", "back", "tea", "m", 5), owner=1)
    assert received(house, person) == []


def test_withdrawing_races_accepting_and_the_link_never_carries_after_a_withdrawal(house):
    for number in range(6):
        link = f"race{number}"
        house.store.withdraw_circle_link("l" if number == 0 else f"race{number - 1}", owner=None, at=5)
        house.store.propose_circle_link(link, 0, 1, TERMS, owner=0, at=6)

        def accept(link=link):
            with contextlib.suppress(CirclesError):
                house.store.accept_circle_link(link, owner=1, at=7)

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        house.store.withdraw_circle_link(link, owner=0, at=8)
        assert not house.store.circle_link(link).carries
        acceptor.join()
        assert not house.store.circle_link(link).carries


# -- learning about one person from flows ----------------------------------------------------------------


def flow(context: Context, circle, window, owner):
    from api.services.flows import flows

    now = context.now()
    return flows(context, owner, circle, direction="in", window=window, now=now)["items"][0]["people"]


def test_two_windows_cannot_be_subtracted(house):
    """Every second belongs to one month, so no two answers differ by less than all of it."""
    months = [after(MONTH, -back) for back in range(11, -1, -1)]
    edges = [bounds(month) for month in months]
    assert all(one[1] == two[0] for one, two in itertools.pairwise(edges))
    add_crowd(house.context, "p", 60, {"a": FIRST, "b": LATER})
    for odd in (MONTH[:4], f"{MONTH}-15", f"{MONTH}/{MONTH}", f"{MONTH},{MONTH}"):
        with pytest.raises(CirclesError):
            flow(house.context, "b", odd, "mb")


@pytest.mark.parametrize("owner", ["mb", None])
def test_one_more_person_cannot_be_told_from_an_answer(house, owner):
    """The owner's answer is kept; the operator's hides the rest that one person would stand out in."""
    add_crowd(house.context, "p", 60, {"a": FIRST, "b": LATER})
    before = flow(house.context, "b", MONTH, owner)
    add_crowd(house.context, "target", 1, {"b": LATER})
    assert flow(house.context, "b", MONTH, owner) == before
    if owner is None:
        assert before == {"hidden": "complement"}


def test_somebody_who_withdraws_or_leaves_does_not_move_what_an_owner_was_told(house):
    people = add_crowd(house.context, "p", 60, {"a": FIRST, "b": LATER})
    before = flow(house.context, "b", MONTH, "mb")
    row = {"user": people[:30], "purpose": ["portraits"] * 30, "granted": [False] * 30, "at": [9] * 30}
    house.store.set_consents(row)
    house.store.forget(people[40])
    assert flow(house.context, "b", MONTH, "mb") == before


def test_answers_of_owners_name_nobody(house):
    add_crowd(house.context, "p", 60, {"a": FIRST, "b": LATER})
    key = house.context.keys.create("merchant", subject="mb", now=int(time.time()))
    accounts = [f"p{i}" for i in range(60)]
    secret = [*accounts, *house.context.pseudonyms.of_many(accounts)]
    client = house.app.test_client()
    for path in ("circle-links", "circles/b/flows", "circles/b/health"):
        text = client.get(f"/v1/{path}", headers={"Authorization": f"Bearer {key}"}).text
        assert not [name for name in secret if f'"{name}"' in text]
