"""Audiences and invitations: who is invited, once, and what their answer does."""

import threading
from dataclasses import replace

import pytest

from graph.errors import NotFound, RateExceeded
from graph.policy.eligibility import Eligibility, written_eligibility
from graph.policy.invitations import DAY_S, Answered, InvitationRules, Reason, Reply
from graph.policy.payment_mutes import Mutable
from graph.stores.circle_life import CircleEdit
from graph.stores.invitations import Arm, Audience, AudienceState, Outcome, Person
from tests.logs import rows

RULES = InvitationRules(quiet_from=0, quiet_to=0)
NOW = 1_790_000_000
SENDING, RUNNING, READY = AudienceState.SENDING, AudienceState.RUNNING, AudienceState.READY


@pytest.fixture
def square(town):
    """A town of four adults who agreed to be in audiences, and three circles."""
    town.upsert("User", {"id": [f"u{i}" for i in range(4)], "adult": [True] * 4})
    consent(town, [0, 1, 2, 3], True, at=1)
    return town


def consent(store, users, granted, at):
    n = len(users)
    store.set_consents(
        {"user": users, "purpose": ["portraits"] * n, "granted": [granted] * n, "at": [at] * n}
    )


def audience(circle, number=0, **changes):
    made = Audience(
        f"aud-{circle}-{number}", circle, None, RUNNING, frozenset({"tea"}), "{}", None, None, None, None,
        NOW, NOW + 30 * DAY_S,
    )  # fmt: skip
    return replace(made, **changes)


def made(store, circle, users, number=0, holdout=(), scores=None, **changes):
    """An audience that is being sent."""
    one = audience(circle, number, **changes)
    assert store.create_audience(one)
    arms = {user: Arm.HOLDOUT if user in holdout else Arm.INVITED for user in users}
    people = [Person(u, arms[u], (scores or {}).get(u, 0.5), "waiting") for u in users]
    store.fill_audience(one.audience_id, people)
    store.set_audience(one.audience_id, SENDING, after=[READY])
    return one.audience_id


def send(store, audience_id, users=(0, 1, 2, 3), at=NOW):
    return store.send_invitations(audience_id, list(users), RULES, at)


def invited(store, user):
    return [invitation.circle for invitation in store.invitations_of(user)]


def test_an_audience_is_kept_once_and_changes_from_the_right_state_only(square):
    one = audience(0)
    assert square.create_audience(one) is True
    assert square.create_audience(one) is False
    assert square.audience(one.audience_id) == one
    assert square.set_audience(one.audience_id, AudienceState.SENT, after=[SENDING]) is None
    failed = square.set_audience(one.audience_id, AudienceState.FAILED, after=[RUNNING], problem="no")
    assert (failed.state, failed.problem, failed.revision) == (AudienceState.FAILED, "no", 1)
    assert square.fill_audience(one.audience_id, [Person(0, Arm.INVITED, 1.0, "waiting")]) is None
    assert square.audience_people(one.audience_id) == []
    assert square.audience("nothing") is None


def test_an_audience_of_no_circle_is_refused(square):
    with pytest.raises(NotFound):
        square.create_audience(audience(99))


def test_owners_who_ask_at_once_get_no_more_than_they_may(square):
    told = []

    def ask(number):
        try:
            told.append(square.create_audience(audience(number % 2, number, owner="m"), most=3))
        except RateExceeded as error:
            told.append(error.retry_after_s)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [True] * 3 + [7 * DAY_S] * 5
    assert square.create_audience(square.audiences()[0], most=3) is False
    assert square.create_audience(audience(0, 8, owner="m", created_at=NOW + 7 * DAY_S), most=3)
    assert square.create_audience(audience(0, 9), most=3)


def test_audiences_of_a_circle_come_oldest_first(square):
    square.create_audience(audience(1, 1, created_at=NOW + 1))
    square.create_audience(audience(1, 2))
    square.create_audience(audience(2, 3, topics=frozenset()))
    assert [one.audience_id for one in square.audiences(1)] == ["aud-1-2", "aud-1-1"]
    assert len(square.audiences()) == 3


def test_an_owner_is_told_when_it_asked(square):
    square.create_audience(audience(1, 1, owner="m", created_at=NOW + 1))
    square.create_audience(audience(2, 2, owner="m"))
    square.create_audience(audience(2, 3, owner="other"))
    square.create_audience(audience(2, 4))
    assert sorted(square.asked_at("m")) == [NOW, NOW + 1]
    assert (square.asked_at(None), square.asked_at("nobody")) == ([NOW], [])


def test_people_are_listed_best_first_without_those_who_are_gone(square):
    made(square, 0, [0, 1, 99, 2], scores={0: 0.1, 1: 0.9, 2: 0.5}, holdout=[2])
    people = square.audience_people("aud-0-0")
    assert [(p.user, p.arm, p.state) for p in people] == [
        (1, Arm.INVITED, "waiting"), (2, Arm.HOLDOUT, "waiting"), (0, Arm.INVITED, "waiting"),
    ]  # fmt: skip


def test_sending_twice_invites_once(square):
    one = made(square, 0, [0, 1, 2], holdout=[2])
    seq = square.seq()
    assert send(square, one).sent == 2
    assert send(square, one).sent == 0
    assert [invited(square, user) for user in range(4)] == [[0], [0], [], []]
    assert [(c.kind, c.circle_index) for c in square.changes(seq, 9)] == [("invite", 0)]
    assert square.check() == []
    assert {p.user: p.state for p in square.audience_people(one)} == {0: "sent", 1: "sent", 2: "waiting"}


def no_consent(store):
    consent(store, [1], False, at=2)


def a_minor(store):
    store.upsert("User", {"id": ["u1"], "adult": [False]})


def a_member(store):
    store.join(1, 0, 5)


def who_left(store):
    store.join(1, 0, 5)
    store.leave(1, 0, 6)


def who_dismissed(store):
    store.dismiss(1, 0, 5)


def who_reported(store):
    store.add_event("e", "report", 1, 0, None, 5)


def who_muted(store):
    store.mute_circle(1, 0, 5)


def who_muted_the_owner(store):
    store.upsert("Circle", {"id": ["c0"], "owner_id": ["m0"]})
    store.mute_owner(1, 0, 5)


def who_muted_payments(store):
    store.mute_payments(1, Mutable.MERCHANTS, "0", NOW, rows({}, user=1))


def kept_back(store):
    made(store, 0, [1], number=7, holdout=[1])


@pytest.mark.parametrize(
    ("happen", "reason"),
    [
        (no_consent, Reason.CONSENT),
        (a_minor, Reason.ELIGIBILITY),
        (a_member, Reason.MEMBER),
        (who_left, Reason.REFUSED),
        (who_dismissed, Reason.REFUSED),
        (who_reported, Reason.REFUSED),
        (who_muted, Reason.MUTED),
        (who_muted_payments, Reason.MUTED),
        (kept_back, Reason.HOLDOUT),
    ],
)
def test_whatever_happened_before_the_sending_is_honoured(square, happen, reason):
    one = made(square, 0, [0, 1])
    happen(square)
    sent = send(square, one)
    assert (sent.sent, sent.skipped) == (1, {reason: 1})
    assert invited(square, 1) == []
    (history,) = square.histories(0, [1, 99], NOW)
    assert history.user == 1


def test_a_mute_from_before_an_audience_was_asked_for_keeps_nobody_from_it(square):
    square.mute_payments(1, Mutable.MERCHANTS, "0", NOW - 1, rows({}, user=1))
    assert send(square, made(square, 0, [1])).sent == 1


def test_whoever_muted_the_owner_is_not_invited_to_its_circles(square):
    who_muted_the_owner(square)
    assert send(square, made(square, 0, [1], owner="m0")).skipped == {Reason.MUTED: 1}


def test_the_circles_rule_of_today_is_asked_at_the_sending(square):
    square.upsert("User", {"id": ["u0", "u1"], "city": ["Hangzhou", "Ningbo"]})
    one = made(square, 0, [0, 1])
    rule = written_eligibility(Eligibility(cities=("Ningbo",)))
    square.edit_circle(0, CircleEdit(eligibility=rule), revision=0, at=NOW)
    sent = send(square, one)
    assert (sent.sent, sent.skipped) == (1, {Reason.ELIGIBILITY: 1})
    assert invited(square, 1) == [0]


def test_two_a_week_over_all_merchants_and_the_rest_wait(square):
    audiences = [made(square, circle, [0]) for circle in range(3)]
    assert [send(square, one).sent for one in audiences[:2]] == [1, 1]
    assert send(square, audiences[2]).skipped == {Reason.BUDGET: 1}
    assert send(square, audiences[2], at=NOW + 7 * DAY_S).sent == 1


def test_when_more_want_somebody_the_best_fitting_get_them(square):
    audiences = [made(square, c, [0], scores={0: fit}) for c, fit in enumerate((0.1, 0.9, 0.5))]
    assert send(square, audiences[0]).skipped == {Reason.DEMAND: 1}
    assert [send(square, one).sent for one in audiences[1:]] == [1, 1]


def test_outside_the_open_hours_nothing_is_sent(square):
    one, midnight = made(square, 0, [0]), NOW // DAY_S * DAY_S - 8 * 3600
    sent = square.send_invitations(one, [0], InvitationRules(), midnight + 3600)
    assert (sent.sent, sent.not_before) == (0, midnight + 9 * 3600)
    assert invited(square, 0) == []


def closed(store, one):
    store.set_circle_state(0, "closed", 5)


def quarantined(store, one):
    store.set_circle_state(0, "quarantined", 5)


def withdrawn(store, one):
    store.set_audience(one, AudienceState.CLOSED, after=[SENDING])


def another_owner(store, one):
    store.upsert("Circle", {"id": ["c0"], "owner_id": ["m1"]})


@pytest.mark.parametrize("happen", [closed, quarantined, withdrawn, another_owner])
def test_what_is_over_is_not_sent(square, happen):
    one = made(square, 0, [0])
    happen(square, one)
    assert (send(square, one).is_over, invited(square, 0)) == (True, [])


def test_an_audience_whose_time_is_over_is_not_sent(square):
    one = made(square, 0, [0])
    assert send(square, one, at=NOW + 30 * DAY_S).is_over
    with pytest.raises(NotFound):
        send(square, "nothing")


def test_accepting_joins_and_declining_is_for_good(square):
    one = made(square, 0, [0, 1])
    send(square, one)
    (first,), (second,) = square.invitations_of(0), square.invitations_of(1)
    at = NOW + 60
    accepted = square.answer_invitation(first.invitation_id, 0, Reply.ACCEPT, RULES, at)
    assert accepted == Answered(Reply.ACCEPT, keep=True)
    assert square.circle_members(0).tolist() == [0]
    square.answer_invitation(second.invitation_id, 1, Reply.DECLINE, RULES, at)
    assert square.user_state("u1").dismissed == {0}
    assert square.answer_invitation(second.invitation_id, 1, Reply.ACCEPT, RULES, at) == Answered(None)
    assert square.invitation(second.invitation_id).answer is Reply.DECLINE
    assert square.audience_outcomes(one) == {Arm.INVITED: Outcome(2, 2, 0, 1, 1)}
    later = made(square, 0, [1], number=9)
    assert send(square, later, at=NOW + 20 * DAY_S).skipped == {Reason.REFUSED: 1}


def test_somebody_elses_invitation_is_none(square):
    send(square, made(square, 0, [0]))
    (one,) = square.invitations_of(0)
    assert square.answer_invitation(one.invitation_id, 1, Reply.ACCEPT, RULES, NOW) == Answered(None)
    assert square.invitation("nothing") is None
    assert square.circle_members(0).tolist() == []


def test_joining_by_themselves_counts_for_those_kept_back(square):
    one = made(square, 0, [0, 1, 2], holdout=[1, 2])
    square.join(2, 0, NOW - 10)  # before anybody was invited
    send(square, one)
    square.join(1, 0, NOW + 10)
    assert square.audience_outcomes(one)[Arm.HOLDOUT] == Outcome(2, 0, 2, 0, 1)


def test_many_who_send_at_once_keep_the_budget(square):
    audiences = [made(square, c, [0, 1, 2, 3], number=n, scores={0: c}) for c in range(3) for n in range(2)]
    threads = [threading.Thread(target=lambda one=one: send(square, one)) for one in audiences]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(invited(square, user)) <= 2 for user in range(4))
    assert all(len(set(invited(square, user))) == len(invited(square, user)) for user in range(4))


def test_forgetting_removes_somebody_from_audiences_and_invitations(square):
    one = made(square, 0, [0, 1])
    send(square, one, users=[0])
    gone = square.forget(0)
    assert (gone["audience_people"], gone["invitations"]) == (1, 1)
    assert square.invitations_of(0) == []
    assert [person.user for person in square.audience_people(one)] == [1]
    assert square.check() == []


def test_exports_tell_all_of_it(square):
    one = made(square, 0, [0, 1], holdout=[1])
    send(square, one)
    tables = dict(square.export())
    assert tables["audiences"]["audience_id"] == [one]
    assert tables["audience_people"]["arm"] == ["invited", "holdout"]
    assert (tables["invitations"]["user"], tables["invitations"]["answer"]) == ([0], [None])
    assert {n: square.stats()[n] for n in ("Audience", "HOLDS", "INVITED")} == {
        "Audience": 1, "HOLDS": 2, "INVITED": 1,
    }  # fmt: skip


def test_joinings_by_invitation_are_known_and_refusals_are_not_among_them(square):
    send(square, made(square, 0, [0, 1]))
    for user, reply in ((0, Reply.ACCEPT), (1, Reply.DECLINE)):
        (invitation,) = square.invitations_of(user)
        square.answer_invitation(invitation.invitation_id, user, reply, RULES, NOW + 5)
    found = {name: values.tolist() for name, values in square.accepted_invitations().items()}
    assert found == {"user": [0], "circle": [0], "at": [NOW + 5]}
    assert square.memberships()["joined_at"].tolist() == [NOW + 5]
