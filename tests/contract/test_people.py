"""What people decide: circles, consents, links, blocks, events, and being forgotten."""

import pytest

from graph.edges import PAID
from graph.errors import InputError, NotFound
from graph.log import empty_rows
from graph.policy.payment_mutes import Mutable


def changed(store):
    return [store.user(f"u{i}").changed for i in range(4)]


def table(columns):
    return list(zip(*(values.tolist() for values in columns.values()), strict=True))


def consent(store, user, purpose, granted, at):
    return store.set_consents({"user": [user], "purpose": [purpose], "granted": [granted], "at": [at]})


# -- circles ------------------------------------------------------------------------------------------


def test_joining_twice_is_joining_once(town):
    assert town.join(0, 1, 10) is True
    assert town.join(0, 1, 11) is False
    assert table(town.memberships()) == [(0, 1, 10, -1)]
    assert town.circle_members(1).tolist() == [0]


def test_leaving_ends_the_membership_and_is_remembered(town):
    town.join(0, 1, 10)
    assert town.leave(0, 1, 20) is True
    assert town.leave(0, 1, 21) is False
    assert table(town.memberships()) == [(0, 1, 10, 20)]
    state = town.user_state("u0")
    assert (state.member_of, state.left) == (frozenset(), frozenset({1}))


def test_leaving_a_circle_one_is_not_in_changes_nothing(town):
    assert town.leave(0, 1, 20) is False
    assert table(town.memberships()) == []


@pytest.mark.parametrize("again_at", [20, 30])
def test_joining_again_after_leaving_keeps_both_times(town, again_at):
    town.join(0, 1, 10)
    town.leave(0, 1, 20)
    assert town.join(0, 1, again_at) is True
    assert table(town.memberships()) == [(0, 1, 10, 20), (0, 1, again_at, -1)]
    state = town.user_state("u0")
    assert (state.member_of, state.left) == (frozenset({1}), frozenset())


def test_joining_again_in_the_same_second_continues_the_membership(town):
    town.join(0, 1, 10)
    town.leave(0, 1, 10)
    assert town.join(0, 1, 10) is True
    assert table(town.memberships()) == [(0, 1, 10, -1)]


def test_decisions_hold_in_the_order_they_arrive_whatever_their_clock_says(town):
    town.join(0, 1, 100)
    assert town.leave(0, 1, 90) is True  # a leave is never lost because a clock is slow
    assert table(town.memberships()) == [(0, 1, 100, 100)]
    assert town.circle_members(1).tolist() == []


def test_dismissing_is_recorded_once_and_does_not_leave(town):
    town.join(0, 1, 10)
    assert town.dismiss(0, 1, 11) is True
    assert town.dismiss(0, 1, 12) is False
    assert table(town.dismissals()) == [(0, 1, 11)]
    state = town.user_state("u0")
    assert (state.member_of, state.dismissed) == (frozenset({1}), frozenset({1}))


@pytest.mark.parametrize("decision", ["join", "dismiss"])
def test_decisions_about_what_does_not_exist_are_not_found(town, decision):
    for user, circle in ((99, 0), (0, 99)):
        with pytest.raises(NotFound):
            getattr(town, decision)(user, circle, 10)


def test_memberships_of_a_file_are_added_once(town):
    columns = {"user": [0, 1, 1], "circle": [0, 0, 2], "joined_at": [5, None, 7], "left_at": [None, None, 9]}
    assert town.add_memberships(columns) == 3
    assert town.add_memberships(columns) == 0
    assert table(town.memberships()) == [(0, 0, 5, -1), (1, 0, -1, -1), (1, 2, 7, 9)]
    assert town.circle_members(0).tolist() == [0, 1]


def test_a_later_file_ends_a_membership_and_an_earlier_one_does_not_reopen_it(town):
    open_, ended = ({"user": [0], "circle": [0], "joined_at": [5], "left_at": [left]} for left in (None, 8))
    town.add_memberships(open_)
    assert town.add_memberships(ended) == 1
    assert town.add_memberships(open_) == 0
    assert table(town.memberships()) == [(0, 0, 5, 8)]


# -- events -------------------------------------------------------------------------------------------


def test_an_event_is_applied_exactly_once(town):
    assert town.add_event("e1", "join", 0, 1, "rec-1", 10) is True
    town.leave(0, 1, 20)
    assert town.add_event("e1", "join", 0, 1, "rec-1", 10) is False
    assert town.circle_members(1).tolist() == []


def test_every_kind_of_event_is_kept_and_decisions_apply(town):
    for number, kind in enumerate(("exposure", "click", "join", "dismiss", "report", "leave")):
        assert town.add_event(f"e{number}", kind, 0, 1, None, 10 + number) is True
    state = town.user_state("u0")
    assert (state.member_of, state.left, state.dismissed) == (frozenset(), {1}, {1})
    assert [change.kind for change in town.changes(0, 100)][-4:] == ["join", "dismiss", "report", "leave"]


def test_an_event_without_a_circle_can_be_an_exposure_but_not_a_join(town):
    assert town.add_event("e1", "exposure", 0, None, "rec-1", 10) is True
    with pytest.raises(InputError, match="circle"):
        town.add_event("e2", "join", 0, None, None, 10)
    with pytest.raises(InputError, match="applause"):
        town.add_event("e3", "applause", 0, 1, None, 10)


def test_an_event_that_cannot_be_applied_is_not_kept(town):
    with pytest.raises(NotFound):
        town.add_event("e1", "join", 0, 99, None, 10)
    assert town.add_event("e1", "join", 0, 1, None, 10) is True


# -- consents -----------------------------------------------------------------------------------------


def test_every_decision_is_kept_with_its_door(town):
    said = {"user": [0] * 3, "purpose": ["links"] * 3, "granted": [True, False, True], "at": [5, 7, 7]}
    town.set_consents(said | {"door": ["file", "member", "service"]})
    assert [tuple(vars(one).values()) for one in town.consent_history(0)] == [
        ("links", True, 5, "file"),
        ("links", True, 7, "service"),
    ]
    assert town.consent_history(99) == []
    with pytest.raises(InputError, match="door"):
        town.set_consents(said | {"door": ["window"] * 3})


def test_nobody_consents_until_they_say_so(town):
    assert town.consents("circles").tolist() == []
    assert town.user_state("u0").consents == frozenset()


def test_each_purpose_stands_alone(town):
    consent(town, 0, "circles", True, 10)
    consent(town, 1, "links", True, 10)
    assert (town.consents("circles").tolist(), town.consents("links").tolist()) == ([0], [1])
    assert town.user_state("u0").consents == {"circles"}


def test_the_newest_decision_wins_whatever_arrives_last(town):
    assert consent(town, 0, "links", False, 20) == 1
    assert consent(town, 0, "links", True, 10) == 1
    assert town.consents("links").tolist() == []
    consent(town, 0, "links", True, 30)
    assert town.consents("links").tolist() == [0]


def test_of_two_decisions_in_one_second_the_last_to_arrive_wins(town):
    consent(town, 0, "links", True, 10)
    consent(town, 0, "links", False, 10)
    assert town.consents("links").tolist() == []


def test_repeating_a_consent_changes_nothing_and_history_is_kept(town):
    columns = {"user": [0, 0], "purpose": ["links", "links"], "granted": [True, False], "at": [10, 20]}
    assert town.set_consents(columns) == 2
    assert town.set_consents(columns) == 0
    exported = dict(town.export())["consents"]
    assert exported == {"user": [0, 0], "purpose": ["links"] * 2, "granted": [1, 0], "at": [10, 20],
                            "door": [None] * 2}  # fmt: skip


def test_an_unknown_purpose_is_refused(town):
    with pytest.raises(InputError, match="advertising"):
        consent(town, 0, "advertising", True, 10)
    with pytest.raises(InputError, match="advertising"):
        town.consents("advertising")


# -- other people -------------------------------------------------------------------------------------


def test_a_link_is_stored_once_a_pair_with_its_earliest_known_date(town):
    assert town.add_links({"user": [2, 0], "other": [0, 1], "since": [None, 9]}) == 2
    assert town.add_links({"user": [0, 0], "other": [2, 1], "since": [5, 12]}) == 1
    assert table(town.links()) == [(0, 1, 9), (0, 2, 5)]


def test_nobody_is_linked_to_or_blocks_themself(town):
    with pytest.raises(InputError):
        town.add_links({"user": [1], "other": [1], "since": [None]})
    with pytest.raises(InputError):
        town.block(1, 1, 10)


def test_a_block_hides_both_sides_from_each_other(town):
    for user in range(3):
        consent(town, user, "links", True, 10)
    assert town.visible(0, [1, 2, 3, 99, 1], "links").tolist() == [True, True, False, False, True]
    assert town.block(0, 1, 20) is True
    assert town.block(0, 1, 21) is False
    assert town.visible(0, [1, 2], "links").tolist() == [False, True]
    assert town.visible(1, [0, 2], "links").tolist() == [False, True]


def test_unblocking_shows_again_unless_the_other_side_blocks_too(town):
    for user in (0, 1):
        consent(town, user, "links", True, 10)
    town.block(0, 1, 20)
    town.block(1, 0, 20)
    assert town.unblock(0, 1, 30) is True
    assert town.unblock(0, 1, 30) is False
    assert town.visible(0, [1], "links").tolist() == [False]
    town.unblock(1, 0, 40)
    assert town.visible(0, [1], "links").tolist() == [True]


def test_withdrawn_consent_hides_at_once(town):
    consent(town, 1, "links", True, 10)
    consent(town, 1, "links", False, 20)
    assert town.visible(0, [1], "links").tolist() == [False]


# -- changes ------------------------------------------------------------------------------------------


def test_every_decision_gets_a_growing_number_and_marks_those_it_touches(town):
    start = town.seq()
    town.join(0, 1, 10)
    town.block(1, 2, 11)
    consent(town, 3, "links", True, 12)
    feed = town.changes(start, 10)
    assert [(c.kind, c.user_index, c.circle_index, c.at) for c in feed] == [
        ("join", 0, 1, 10),
        ("block", 1, None, 11),
        ("consent", 3, None, 12),
    ]
    assert [c.seq for c in feed] == [start + 1, start + 2, start + 3]
    assert changed(town) == [start + 1, start + 2, start + 2, start + 3]


def test_the_feed_can_be_read_in_pieces(town):
    for circle in range(3):
        town.join(0, circle, 10)
    whole = town.changes(0, 100)
    assert town.changes(0, 2) + town.changes(whole[1].seq, 100) == whole
    assert town.changes(town.seq(), 100) == []


# -- one answer, and erasure --------------------------------------------------------------------------


def test_the_state_of_a_user_is_all_that_an_answer_needs(town, pack):
    paid = (1, 1, 1, 0, 2, 150, 150)
    town.set_edges("paid", pack("paid", {1: [paid]}))
    consent(town, 1, "circles", True, 10)
    town.join(1, 0, 10)
    town.join(1, 2, 10)
    town.leave(1, 2, 20)
    town.dismiss(1, 1, 30)
    state = town.user_state("u1")
    assert (state.user.index, state.consents) == (1, {"circles"})
    assert state.circles_seq in (None, town.circles_seq())
    assert (state.paid.tolist(), state.paid.dtype, state.bought.tolist()) == ([paid], PAID, [])
    assert (state.member_of, state.dismissed, state.left) == ({0}, {1}, {2})
    assert town.user_state("nobody") is None


def busy_life(town, pack):
    """User 1 does everything that a user can do, with the others."""
    town.set_edges("paid", pack("paid", {0: [(1, 1, 1, 0, 2, 150, 150)], 1: [(1, 1, 1, 0, 2, 150, 150)]}))
    town.set_edges("bought", pack("bought", {1: [(1, 1, 1, 150)]}))
    for user in (0, 1):
        consent(town, user, "links", True, 10)
        town.join(user, 0, 10)
    town.dismiss(1, 1, 11)
    town.block(1, 2, 12)
    town.block(3, 1, 12)
    town.add_links({"user": [1], "other": [0], "since": [5]})
    town.show_suggestions(1, [0, 3], 2)
    town.show_suggestions(3, [1], 2)
    town.mute_circle(1, 2, 12)
    town.mute_owner(1, 2, 12)
    town.mute_payments(1, Mutable.SCENES, "finance", 12, empty_rows())
    town.set_edges("bought", pack("bought", {1: [(1, 1, 1, 150)]}))
    town.add_event("event-of-1", "report", 1, 0, "rec-of-1", 13)
    one = {"payment": [9], "user": [1], "merchant": [0], "product": [None], "quantity": [None], "band": [0]}
    town.add_payments(one | {"scene": [0], "paid_at": [5], "refund": [False], "walled": [False]}, at=14)


def test_forgetting_removes_every_row_of_a_user_and_no_other(town, pack):
    busy_life(town, pack)
    gone = town.forget(1)
    assert gone["users"] == 1
    assert all(gone[name] > 0 for name in ("paid", "bought", "memberships", "dismissals", "blocks", "links"))
    assert all(gone[name] > 0 for name in ("consents", "events", "inbox", "changes", "suggestions"))
    assert all(gone[name] > 0 for name in ("circle_mutes", "owner_mutes", "payment_mutes"))
    for name, columns in town.export():
        people = columns.get("user", []) + columns.get("other", [])
        assert 1 not in people, name
    assert town.nodes("User")["id"] == ["u0", "u2", "u3"]
    assert (town.circle_members(0).tolist(), town.edges("paid").users.tolist()) == ([0], [0])
    assert town.check() == []


def test_forgetting_twice_is_forgetting_once(town, pack):
    busy_life(town, pack)
    town.forget(1)
    seq = town.seq()
    assert sum(town.forget(1).values()) == 0
    assert town.seq() == seq


def test_those_who_were_tied_to_a_forgotten_user_count_as_changed(town, pack):
    busy_life(town, pack)
    town.forget(1)
    assert [town.user(f"u{i}").changed == town.seq() for i in (0, 2, 3)] == [True, True, True]
    newest = town.changes(town.seq() - 1, 1)[0]
    assert (newest.kind, newest.user_index) == ("forget", None)


def test_an_index_is_never_given_again(town):
    town.forget(3)
    assert town.intern("User", ["u3", "u4"]).tolist() == [4, 5]
    with pytest.raises(NotFound):
        town.ids("User", [3])
    with pytest.raises(NotFound):
        town.join(3, 0, 10)
