"""The alarm over the circles of a store: what it is given, what the operator sees, what it may do."""

import time
from dataclasses import replace

from api.schemas.own_circles import OwnCirclesOut
from api.services import alarms
from graph.policy.invitations import InvitationRules
from graph.stores.invitations import Arm, Audience, AudienceState, Person


def join(service, users, circle, *, rec_id=None):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    events = [
        {"event_id": f"{circle}-{u}", "kind": "join", "user_id": u, "circle_id": circle, "at": now}
        | ({"rec_id": rec_id} if rec_id else {})
        for u in users
    ]
    assert service.ask("POST", "/v1/events", events).json["accepted"] == len(events)


def report(service, users, circle):
    events = [
        {"event_id": f"r-{u}", "kind": "report", "user_id": u, "circle_id": circle} for u in users
    ]  # fmt: skip
    assert service.ask("POST", "/v1/events", events).json["accepted"] == len(events)


def listed(service):
    answer = service.ask("GET", "/v1/circles?alarm=true", key="operator")
    assert answer.status_code == 200
    OwnCirclesOut.model_validate(answer.json)
    return {item["circle_id"]: item["alarm"] for item in answer.json["items"]}


CLIMBERS = [f"u{i}" for i in range(1, 25, 2)]  # all of them members of `climbers`, none of `drinkers`


def test_many_from_one_circle_are_seen_and_with_reports_it_is_high(service):
    assert listed(service) == {}
    join(service, CLIMBERS, "drinkers")
    assert listed(service) == {"drinkers": {"level": "watch", "reasons": ["newcomers"]}}
    report(service, ["u0", "u2", "u4"], "drinkers")
    assert listed(service) == {"drinkers": {"level": "high", "reasons": ["newcomers", "reports"]}}


def test_a_rejected_report_does_not_count(service):
    report(service, ["u0", "u2", "u4"], "drinkers")
    assert listed(service) == {"drinkers": {"level": "watch", "reasons": ["reports"]}}
    item = service.ask("GET", "/v1/reports", key="operator").json["items"][0]
    service.ask("POST", f"/v1/reports/{item['report_id']}:reject", key="operator")
    assert listed(service) == {}


def test_many_who_join_by_one_answer_are_seen(service):
    join(service, [f"u{i}" for i in range(60, 70)], "newcomers", rec_id="rec_1")
    assert listed(service) == {"newcomers": {"level": "watch", "reasons": ["newcomers"]}}


def test_many_who_join_by_themselves_are_no_raid(service):
    for i in range(60, 80):
        join(service, [f"u{i}"], "newcomers", rec_id=f"rec_{i}")
    assert listed(service) == {}


def test_many_whom_the_circle_invited_are_no_raid(service):
    store, now = service.context.store.get(), int(time.time())
    circle = store.circle("drinkers").index
    users = store.indices("User", service.context.pseudonyms.of_many(CLIMBERS)).tolist()
    store.upsert("User", {"id": store.ids("User", users), "adult": [True] * len(users)})
    audience = Audience(
        "aud",
        circle,
        "c0",
        AudienceState.RUNNING,
        frozenset(),
        "{}",
        None,
        None,
        None,
        None,
        now,
        now + 9_999,
    )
    assert store.create_audience(audience)
    store.fill_audience("aud", [Person(user, Arm.INVITED, 0.5, "waiting") for user in users])
    store.set_audience("aud", AudienceState.SENDING, after=[AudienceState.READY])
    sent = store.send_invitations("aud", users, InvitationRules(quiet_from=0, quiet_to=0), now)
    assert sent.sent == len(users)
    join(service, CLIMBERS, "drinkers")
    assert listed(service) == {}


def test_alarms_are_for_the_operator(service):
    assert service.ask("GET", "/v1/circles?alarm=true", key="merchant").status_code == 403


def test_the_alarm_keeps_apart_only_where_the_policy_says_so(service):
    join(service, CLIMBERS, "drinkers")
    report(service, ["u0", "u2", "u4"], "drinkers")
    context, now = service.context, int(time.time())
    assert alarms.act(context, now=now) == 0
    lifecycle = replace(context.policy.lifecycle, auto_quarantine=True)
    strict = replace(context, policy=replace(context.policy, lifecycle=lifecycle))
    assert alarms.act(strict, now=now) == 1
    assert context.store.get().circle("drinkers").state == "quarantined"
    assert (alarms.act(strict, now=now), listed(service)) == (0, {})
