"""Audiences over HTTP: whose they are, what may be asked, what is told of them, and members' invitations."""

from dataclasses import replace

import pytest

from api.services import audience_results, audiences, sending
from graph.policy.audiences import checked_wish
from graph.policy.eligibility import Eligibility, written_eligibility
from graph.policy.invitations import DAY_S, Reply
from graph.stores.base import ThemeTarget
from graph.stores.circle_life import CircleEdit, NewCircle
from graph.stores.invitations import Arm, AudienceState, Person
from tests.fans import ended, invitations

READY = AudienceState.READY
WISH = {"target_fit": 0.7}


def made(service, circle="ropes", owner="k0", people=range(600, 750), *, key=None, holdout=()):
    """An audience of these people, as the job leaves it; its promise is another matter."""
    context = service.context
    wish = checked_wish(context.policy.audiences, target_fit=0.7)
    asked = audiences.ask(context, owner, circle, wish, now=context.now(), key=key)
    store = context.store.get()
    users = store.indices("User", context.pseudonyms.of_many([f"u{i}" for i in people])).tolist()
    arms = [Arm.HOLDOUT if i in holdout else Arm.INVITED for i in people]
    listed = [Person(user, arm, 0.5, "waiting") for user, arm in zip(users, arms, strict=True)]
    assert store.fill_audience(asked.audience_id, listed) is not None
    return asked.audience_id


def send(service, audience, owner="k0", **body):
    path = f"/v1/audiences/{audience}/invitations"
    return service.ask("POST", path, {"message_ref": "spring"} | body, key=owner)


@pytest.mark.parametrize("owner", ["c0", "service"])
def test_another_merchants_circle_and_audience_are_not_there(town_service, owner):
    audience = made(town_service)
    ask, headers = town_service.ask, {"X-Request-Id": "one"}
    for method, path, body in (
        ("POST", "/v1/circles/{}/audiences:preview", WISH),
        ("POST", "/v1/circles/{}/audiences", WISH),
    ):
        theirs, none = (ask(method, path.format(c), body, key=owner, headers=headers) for c in ("ropes", "x"))
        assert (theirs.status_code, theirs.data) == (404 if owner == "c0" else 403, none.data)
    for method, path, body in (
        ("GET", "/v1/audiences/{}", None),
        ("DELETE", "/v1/audiences/{}", None),
        ("GET", "/v1/audiences/{}/results", None),
        ("POST", "/v1/audiences/{}/invitations", {"message_ref": "m"}),
    ):
        theirs, none = (
            ask(method, path.format(a), body, key=owner, headers=headers) for a in (audience, "x")
        )
        assert (theirs.status_code, theirs.data) == (404 if owner == "c0" else 403, none.data)


def test_an_audience_goes_with_its_circle_to_another_owner(town_service):
    audience, store = made(town_service), town_service.context.store.get()
    store.upsert("Circle", {"id": ["ropes"], "owner_id": ["c1"]})
    for owner in ("k0", "c1"):
        assert town_service.ask("GET", f"/v1/audiences/{audience}", key=owner).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"target_fit": 1.5},
        {"holdout": 0.9},
        {"max_size": 10**9},
        {"max_size": 99},
        {"sex": "f"},
        {"valid_days": 0},
    ],
)
def test_what_may_not_be_asked_is_refused(town_service, wrong):
    refused = town_service.ask("POST", "/v1/circles/ropes/audiences", WISH | wrong, key="k0")
    assert refused.status_code == 422
    assert town_service.context.store.get().audiences() == []


def test_an_audience_whose_job_died_is_chosen_when_it_is_looked_at(town_service):
    context = town_service.context
    wish = checked_wish(context.policy.audiences, target_fit=0.7)
    asked = audiences.ask(context, "k0", "ropes", wish, now=context.now())
    context.jobs.add("audience", {"audience": asked.audience_id}, owner=None, now=context.now() - 60)
    assert ended(town_service, asked.audience_id, "k0")["state"] == "ready"
    assert len(context.jobs.unfinished()) <= 1


def test_the_same_key_asks_once_and_for_one_thing(town_service):
    context = town_service.context
    wish = checked_wish(context.policy.audiences, target_fit=0.7)
    one, two = (audiences.ask(context, "k0", "ropes", wish, now=n, key="k") for n in (100, 200))
    assert one == two
    path, headers = "/v1/circles/ropes/audiences", {"Idempotency-Key": "k"}
    other = town_service.ask("POST", path, {"target_fit": 0.6}, key="k0", headers=headers)
    assert (other.status_code, other.json["code"]) == (422, "key_reused")
    assert audiences.ask(context, "c0", "coffee", wish, now=100, key="k") != one


def test_asking_too_often_is_refused_with_the_moment_it_may_go_on(town_service):
    context, now = town_service.context, town_service.context.now()
    most = context.policy.audiences.asks_per_week
    for number in range(most):
        wish = checked_wish(context.policy.audiences, target_fit=0.5 + number / 100)
        audiences.ask(context, "k0", "ropes", wish, now=now - number, preview=True)
    refused = town_service.ask("POST", "/v1/circles/ropes/audiences", WISH, key="k0")
    assert (refused.status_code, refused.json["code"]) == (429, "rate_exceeded")


def test_a_circle_without_theme_or_closed_is_refused(town_service):
    store = town_service.context.store.get()
    store.set_circle_state(store.circle("ropes").index, "closed", 1)
    store.set_themes({store.circle("tea").index: []})
    for circle, owner in (("ropes", "k0"), ("tea", "t0")):
        refused = town_service.ask("POST", f"/v1/circles/{circle}/audiences", WISH, key=owner)
        assert refused.status_code == 422


def test_not_even_a_pilot_goes_to_a_circle_behind_the_wall(town_service):
    store = town_service.context.store.get()
    store.set_themes({store.circle("tea").index: [ThemeTarget("category", "pharmacy")]})
    for wish in (WISH, WISH | {"pilot": True}):
        assert town_service.ask("POST", "/v1/circles/tea/audiences", wish, key="t0").status_code == 422
    assert store.audiences() == []


def test_nobody_invited_is_kept_back_and_nobody_kept_back_is_invited(town_service):
    audience = made(town_service, holdout=range(600, 640))
    assert send(town_service, audience).json["invited"] == {"v": 110}
    assert invitations(town_service, 610) == []
    assert [one["circle_id"] for one in invitations(town_service, 700)] == ["ropes"]


def test_a_few_who_were_left_out_cannot_be_computed(town_service):
    store = town_service.context.store.get()
    audience = made(town_service)
    user = store.indices("User", town_service.context.pseudonyms.of_many(["u700"])).tolist()
    store.set_consents({"user": user, "purpose": ["portraits"], "granted": [False], "at": [2**31]})
    sent = send(town_service, audience).json
    assert (sent["invited"], sent["state"]) == ({"hidden": "complement"}, "sending")


def test_a_later_moment_is_kept_until_it_is_due(town_service):
    audience, context = made(town_service), town_service.context
    at = "2199-01-01T00:00:00Z"
    planned = send(town_service, audience, send_at=at).json
    assert (planned["state"], planned["not_before"]) == ("ready", at)
    assert sending.send_due(context, now=context.now()) == []
    soon = send(town_service, audience, send_at="2020-01-01T00:00:00Z").json
    assert soon["state"] == "sent"


def test_an_audience_that_is_over_does_not_keep_others_from_sending(town_service):
    context, store = town_service.context, town_service.context.store.get()
    planned = made(town_service), made(town_service, "coffee", "c0", range(150))
    due = context.now() + DAY_S
    for audience in planned:
        sending.send(context, store.audience(audience), "spring", now=context.now(), send_at=due)
    store.set_circle_state(store.circle("ropes").index, "quarantined", 1)
    (sent,) = sending.send_due(context, now=due)
    assert (sent["audience_id"], sent["state"]) == (planned[1], "sent")


def test_in_the_quiet_hours_nothing_is_sent_and_the_answer_says_when(town_service):
    context = town_service.context
    hour = context.now() // 3600 % 24
    rules = replace(context.policy.invitations, quiet_from=hour, quiet_to=(hour + 2) % 24, utc_offset_hours=0)
    policy = replace(context.policy, invitations=rules)
    audience = context.store.get().audience(made(town_service))
    told = sending.send(replace(context, policy=policy), audience, "spring", now=context.now())
    assert (told["state"], told["invited"]) == ("sending", {"hidden": "minimum"})
    assert told["not_before"] is not None
    (later,) = sending.send_due(context, now=context.now())
    assert later["state"] == "sent"


def test_another_message_for_the_same_people_is_refused(town_service):
    audience = made(town_service)
    send(town_service, audience)
    assert send(town_service, audience, message_ref="other").status_code == 422


def test_a_closed_circle_or_audience_sends_nothing_more(town_service):
    one, two, store = made(town_service), made(town_service), town_service.context.store.get()
    assert town_service.ask("DELETE", f"/v1/audiences/{one}", key="k0").json["state"] == "closed"
    assert send(town_service, one).status_code == 422
    store.set_circle_state(store.circle("ropes").index, "quarantined", 1)
    refused = send(town_service, two)
    assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
    assert "Retry-After" not in refused.headers  # it would be in vain
    assert invitations(town_service, 700) == []


@pytest.mark.parametrize("change", ["theme", "rule", "name"])
def test_a_circle_given_another_theme_or_rule_sends_nothing_to_those_chosen_before(town_service, change):
    audience, store = made(town_service), town_service.context.store.get()
    edits = {
        "theme": CircleEdit(theme=[ThemeTarget("category", "coffee shop")]),
        "rule": CircleEdit(eligibility=written_eligibility(Eligibility(min_theme_payments=50))),
        "name": CircleEdit(name="Climbers"),
    }
    ropes = store.circle("ropes")
    store.edit_circle(ropes.index, edits[change], revision=ropes.revision, at=1)
    assert send(town_service, audience).status_code == (200 if change == "name" else 409)
    assert bool(invitations(town_service, 700)) is (change == "name")


def test_results_need_a_sending_and_cost_budget_once_a_week(town_service):
    audience, context = made(town_service, holdout=range(600, 640)), town_service.context
    path = f"/v1/audiences/{audience}/results"
    assert town_service.ask("GET", path, key="k0").status_code == 409
    send(town_service, audience)
    first = town_service.ask("GET", path, key="k0").json
    assert first["joined"] == {"hidden": "minimum"}
    assert first["lift"]["low"] <= 0.1 <= first["lift"]["high"] + 0.1
    town_service.ask("GET", path, key="k0")
    assert len(context.store.get().releases("k0")) == 1
    found, now = context.store.get().audience(audience), context.now()
    later = audience_results.results(context, found, now=now + 60)
    assert later["week"] != first["week"] or later["as_of"] == first["as_of"]  # it is of when it was counted
    for week in range(1, 20):  # the quarter's budget ends
        told = audience_results.results(context, found, now=now - now % (90 * DAY_S) + week)
    assert "lift" in told


def test_a_member_answers_their_own_invitation_only(town_service):
    send(town_service, made(town_service))
    subjects = {n: town_service.context.pseudonyms.of(f"u{n}") for n in (700, 701)}
    keys = {n: town_service.new_key("member", subject) for n, subject in subjects.items()}
    (one,) = town_service.ask("GET", "/v1/users/u700/invitations", key=keys[700]).json["items"]
    path = f"/v1/invitations/{one['invitation_id']}/responses"
    body, headers = {"response": "accept"}, {"X-Request-Id": "one"}
    theirs = town_service.ask("POST", path, body, key=keys[701], headers=headers)
    none = town_service.ask("POST", "/v1/invitations/inv_x/responses", body, key=keys[701], headers=headers)
    assert (theirs.status_code, theirs.data) == (404, none.data)
    mine = town_service.ask("POST", path, body, key=keys[700])
    assert (mine.json["state"], mine.json["circle_id"]) == ("accepted", "ropes")
    assert town_service.ask("POST", path, body, key=keys[700]).json == mine.json
    assert town_service.ask("GET", "/v1/users/u701/invitations", key=keys[700]).status_code == 404


def test_whoever_withdraws_consent_sees_no_invitation_but_may_decline(town_service):
    send(town_service, made(town_service))
    (one,) = invitations(town_service, 700)
    town_service.ask("PUT", "/v1/users/u700/consents/portraits", {"granted": False})
    assert invitations(town_service, 700) == []
    path = f"/v1/invitations/{one['invitation_id']}/responses"
    assert town_service.ask("POST", path, {"response": "accept"}).status_code == 404
    assert town_service.ask("POST", path, {"response": "decline"}).json["state"] == "declined"


def test_making_refused_circles_again_invites_nobody_who_refused_two(town_service):
    context, store = town_service.context, town_service.context.store.get()
    (user,) = store.indices("User", context.pseudonyms.of_many(["u700"])).tolist()
    theme = [ThemeTarget("product", "rope")]  # of no category or scene that a refusal could speak against
    for number in range(3):
        again, at = f"again{number}", context.now() + number * 8 * DAY_S  # another week each
        store.create_circle(NewCircle(again, "k0", again, None, None, theme, (), None, again), at=number)
        sending.send(context, store.audience(made(town_service, again)), again, now=at)
        sent = store.invitations_of(user)
        store.answer_invitation(sent[-1].invitation_id, user, Reply.DECLINE, context.policy.invitations, at)
        store.close_circle(store.circle(again).index, "again", revision=None, at=number)
    assert len(sent) == 2


def test_an_invitation_of_a_closed_circle_is_gone(town_service):
    send(town_service, made(town_service))
    (one,) = invitations(town_service, 700)
    store = town_service.context.store.get()
    store.set_circle_state(store.circle("ropes").index, "closed", 1)
    assert invitations(town_service, 700) == []
    path = f"/v1/invitations/{one['invitation_id']}/responses"
    assert town_service.ask("POST", path, {"response": "accept"}).status_code == 404


@pytest.mark.parametrize(
    ("size", "asked", "said"),
    [
        (99, {"preview": True, "pilot": False}, True),
        (100, {"preview": True, "pilot": False}, False),
        (50, {"preview": True, "pilot": True}, False),
        (99, {"preview": False, "pilot": False}, False),  # its problem says so
    ],
)
def test_a_preview_says_when_its_audience_would_be_refused(size, asked, said):
    kept = {"size": size, "certificate": None, "strongest": {"target": 0.5}, "nearly_everybody": False}
    note = audiences.note_of(kept, asked, 100)
    assert ("no such audience is made" in note.get("note", "")) is said
    assert (note.get("note_code") == "too_small") is said
