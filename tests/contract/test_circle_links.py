"""Links between circles, messages passed on over them, and who wants none: on every store alike."""

import threading
from contextlib import suppress

import pytest

from graph.errors import GateRefused, InputError, KeyReused, NotFound, RateExceeded, WrongState
from graph.policy.circle_links import WEEK_S, LinkState, Relay, Terms

COFFEE = Terms(("coffee", "tea"), 2)
NOW = 10 * WEEK_S
PROPOSED, OPEN, CLOSED = LinkState


@pytest.fixture
def owned(town):
    """Circle i is run by merchant i; users 0..3 grant `circles`, and 0 and 1 are members of c1."""
    town.upsert("Circle", {"id": ["c0", "c1", "c2"], "owner_id": ["m0", "m1", "m2"]})
    grant(town, [0, 1, 2, 3], True, at=1)
    for user in (0, 1):
        town.join(user, 1, 5)
    return town


def grant(store, users, granted, *, at):
    number = len(users)
    row = {"user": users, "purpose": ["circles"] * number, "granted": [granted] * number, "at": [at] * number}
    store.set_consents(row)


def propose(store, owner=0, *, link_id="l0", terms=COFFEE, source=0, target=1, at=NOW):
    return store.propose_circle_link(link_id, source, target, terms, owner=owner, at=at)


@pytest.fixture
def linked(owned):
    """c0 passes messages on to the members of c1."""
    propose(owned)
    owned.accept_circle_link("l0", owner=1, at=NOW)
    return owned


def relay(store, ref="msg-1", *, owner=0, topic="tea", link_id="l0", at=NOW):
    return store.add_relay(Relay(f"r-{ref}", link_id, topic, ref, at), owner=owner)


def received(store, user, since=0):
    return [found.message_ref for found, _ in store.relays_for(user, since, 100)]


def test_a_link_opens_only_when_both_owners_accept(owned):
    assert propose(owned).state is PROPOSED
    assert owned.accept_circle_link("l0", owner=0, at=NOW).state is PROPOSED
    now = owned.accept_circle_link("l0", owner=1, at=NOW + 5)
    assert (now.state, now.link.opened_at) == (OPEN, NOW + 5)
    assert owned.circle_link("l0") == now
    assert owned.circle_links() == owned.circle_links([1]) == [now]
    assert owned.circle_links([2]) == []


@pytest.mark.parametrize("owner", [0, 1, None])
def test_either_owner_or_the_operator_closes_it_for_good(linked, owner):
    now = linked.withdraw_circle_link("l0", owner=owner, at=NOW + 9)
    assert (now.state, now.link.closed_at) == (CLOSED, NOW + 9)
    assert linked.withdraw_circle_link("l0", owner=owner, at=NOW + 10) == now
    with pytest.raises(InputError, match="closed"):
        linked.accept_circle_link("l0", owner=1, at=NOW)
    assert propose(linked, link_id="l1").state is PROPOSED


def test_a_stranger_proposes_accepts_and_withdraws_nothing(owned):
    with pytest.raises(NotFound):
        propose(owned, owner=2)
    propose(owned)
    for act in (owned.accept_circle_link, owned.withdraw_circle_link):
        with pytest.raises(NotFound):
            act("l0", owner=2, at=NOW)
        with pytest.raises(NotFound):
            act("absent", owner=0, at=NOW)
    with pytest.raises(NotFound):
        propose(owned, source=0, target=77, link_id="l9")
    with pytest.raises(InputError):
        propose(owned, source=0, target=0, link_id="l9")


def test_repeating_changes_nothing(owned):
    first, seq = propose(owned), owned.seq()
    assert propose(owned, link_id="other") == first
    assert owned.seq() == seq
    opened = owned.accept_circle_link("l0", owner=1, at=NOW)
    assert owned.accept_circle_link("l0", owner=1, at=NOW + 7) == opened


def test_two_owners_who_propose_the_same_open_it_and_other_terms_are_a_conflict(owned):
    propose(owned, 0)
    with pytest.raises(WrongState, match="other terms"):
        propose(owned, 1, link_id="l1", terms=Terms(("coffee",), 7))
    now = propose(owned, 1, link_id="l1")
    assert (now.state, now.link.link_id) == (OPEN, "l0")


def test_two_owners_racing_make_one_open_link(owned):
    threads = [
        threading.Thread(target=propose, args=(owned, owner), kwargs={"link_id": f"l{owner}"})
        for owner in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (now,) = owned.circle_links()
    assert now.state is OPEN


def test_the_word_of_a_former_owner_does_not_bind_the_next(linked):
    linked.upsert("Circle", {"id": ["c1"], "owner_id": ["m2"]})
    assert linked.circle_link("l0").state is PROPOSED
    with pytest.raises(GateRefused):
        relay(linked)
    with pytest.raises(NotFound):
        linked.accept_circle_link("l0", owner=1, at=NOW)
    assert linked.accept_circle_link("l0", owner=2, at=NOW).state is OPEN


def test_who_runs_both_circles_opens_at_once(owned):
    owned.upsert("Circle", {"id": ["c1"], "owner_id": ["m0"]})
    assert propose(owned).state is OPEN


def test_a_message_reaches_the_members_of_the_target(linked):
    assert relay(linked) is True
    assert relay(linked, at=NOW + 3) is False
    assert [received(linked, user) for user in range(4)] == [["msg-1"], ["msg-1"], [], []]
    link = linked.circle_link("l0").link
    assert linked.relays_for(0, 0, 10) == [(Relay("r-msg-1", "l0", "tea", "msg-1", NOW), link)]
    assert received(linked, 0, since=NOW + 1) == []
    assert [found.message_ref for found in linked.relays_of("l0")] == ["msg-1"]


def test_one_key_is_one_message(linked):
    relay(linked)
    with pytest.raises(KeyReused):
        linked.add_relay(Relay("r-msg-1", "l0", "tea", "msg-2", NOW), owner=0)


def test_only_the_owner_of_the_source_sends_and_only_what_was_agreed(linked):
    with pytest.raises(NotFound):
        relay(linked, owner=1)
    with pytest.raises(NotFound):
        relay(linked, link_id="absent")
    with pytest.raises(InputError, match="coffee, tea"):
        relay(linked, topic="cake")
    assert linked.relays_of("l0") == []


def test_the_rate_is_of_seven_days_and_survives_a_new_link(linked):
    relay(linked, "1", at=NOW)
    relay(linked, "2", at=NOW + 10)
    with pytest.raises(RateExceeded) as refused:
        relay(linked, "3", at=NOW + 20)
    assert refused.value.retry_after_s == WEEK_S - 20
    linked.withdraw_circle_link("l0", owner=0, at=NOW + 30)
    propose(linked, link_id="l1")
    propose(linked, 1, link_id="l1")
    with pytest.raises(RateExceeded):
        relay(linked, "3", link_id="l1", at=NOW + WEEK_S - 1)
    assert relay(linked, "3", link_id="l1", at=NOW + WEEK_S) is True


def left(store):
    store.leave(0, 1, NOW)


def muted_target(store):
    store.mute_circle(0, 1, NOW)


def muted_source(store):
    store.mute_circle(0, 0, NOW)


def muted_owner(store):
    store.mute_owner(0, 0, NOW)


def withdrew_consent(store):
    grant(store, [0], False, at=NOW)


def link_closed(store):
    store.withdraw_circle_link("l0", owner=1, at=NOW)


def quarantined(store):
    store.set_circle_state(0, "quarantined", NOW)


def target_closed(store):
    store.set_circle_state(1, "closed", NOW)


def forgotten(store):
    store.forget(0)


@pytest.mark.parametrize(
    "happen",
    [
        left, muted_target, muted_source, muted_owner, withdrew_consent, link_closed, quarantined,
        target_closed, forgotten,
    ],
)  # fmt: skip
def test_whatever_happened_a_moment_ago_nothing_more_arrives(linked, happen):
    relay(linked)
    happen(linked)
    assert received(linked, 0) == []


def test_mutes_are_kept_once_and_taken_back(linked):
    assert (linked.mute_circle(0, 1, 5), linked.mute_circle(0, 1, 6)) == (True, False)
    assert (linked.mute_owner(0, 2, 5), linked.mute_owner(0, 2, 6)) == (True, False)
    mutes = linked.mutes_of(0)
    assert (mutes.circles, mutes.owners) == ({1}, {2})
    assert (linked.unmute_circle(0, 1, 7), linked.unmute_circle(0, 1, 8)) == (True, False)
    assert (linked.unmute_owner(0, 2, 7), linked.unmute_owner(0, 2, 8)) == (True, False)
    assert linked.mutes_of(0) == linked.mutes_of(99)
    for mute in (linked.mute_circle, linked.mute_owner):
        with pytest.raises(NotFound):
            mute(0, 99, 5)


def test_no_more_than_the_rate_passes_when_all_send_at_once(linked):
    sent = []

    def send(number):
        with suppress(RateExceeded):
            sent.append(relay(linked, str(number)))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent == [True, True]
    assert len(linked.relays_of("l0")) == 2


def test_members_of_some_circles_past_and_present(linked):
    linked.leave(0, 1, 9)
    linked.join(2, 2, 7)
    found = linked.memberships_in([1, 2])
    assert list(zip(*(values.tolist() for values in found.values()), strict=True)) == [
        (0, 1, 5, 9), (1, 1, 5, -1), (2, 2, 7, -1),
    ]  # fmt: skip
    assert len(linked.memberships_in([])["user"]) == 0


def test_all_of_it_is_exported_counted_and_well(linked):
    relay(linked)
    linked.mute_circle(0, 1, 5)
    linked.mute_owner(0, 2, 6)
    tables = dict(linked.export())
    assert tables["circle_links"]["topics"] == ['["coffee", "tea"]']
    assert tables["circle_links"]["target_accepted_by"] == [1]
    assert (tables["relays"]["message_ref"], tables["relays"]["at"]) == (["msg-1"], [NOW])
    assert tables["circle_mutes"] == {"user": [0], "circle": [1], "at": [5]}
    assert tables["owner_mutes"] == {"user": [0], "merchant": [2], "at": [6]}
    counted = linked.stats()
    assert [counted[name] for name in ("LINKED", "relays", "MUTED", "MUTED_OWNER")] == [1, 1, 1, 1]
    assert linked.check() == []
