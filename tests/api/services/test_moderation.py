"""What the operator does about circles: quarantine, release, reports."""

import pytest

from api.schemas.own_circles import OwnCircleOut, ReportOut, ReportsOut


def report(service, number, user, circle="climbers", at="2026-09-20T09:30:00Z"):
    event = {"event_id": f"{user}-{number}", "kind": "report", "user_id": user, "circle_id": circle, "at": at}
    assert service.ask("POST", "/v1/events", [event]).json["accepted"] == 1


def reports(service, query=""):
    answer = service.ask("GET", f"/v1/reports?{query}", key="operator")
    ReportsOut.model_validate(answer.json)
    return answer.json


def quarantine(service, method="PUT", circle="climbers", reason="a raid"):
    body = {"reason": reason} if method == "PUT" else None
    return service.ask(method, f"/v1/circles/{circle}/quarantine", body, key="operator")


def test_a_quarantined_circle_is_gone_at_once_and_comes_back_as_it_was(service):
    assert "newcomers" in service.circles("u61")
    found = [quarantine(service, circle="newcomers") for _ in range(2)]
    assert [answer.json["state"] for answer in found] == ["quarantined", "quarantined"]
    OwnCircleOut.model_validate(found[0].json)
    assert "newcomers" not in service.circles("u61")
    assert quarantine(service, "DELETE", "newcomers").json["state"] == "proposed"
    assert quarantine(service, "DELETE", "newcomers").json["state"] == "proposed"
    assert "newcomers" in service.circles("u61")


def test_only_the_operator_keeps_circles_apart(service):
    for key in ("merchant", "service", "member", "scientist"):
        answer = service.ask("PUT", "/v1/circles/drinkers/quarantine", {"reason": "x"}, key=key)
        assert answer.status_code == 403
    assert quarantine(service, circle="nothing").status_code == 404
    assert quarantine(service, reason="").status_code == 422


def test_an_owner_who_edits_does_not_end_a_quarantine(service):
    quarantine(service, circle="drinkers")
    tag = service.ask("GET", "/v1/circles/drinkers", key="merchant").headers["ETag"]
    headers = {"If-Match": tag}
    answer = service.ask("PATCH", "/v1/circles/drinkers", {"name": "New"}, key="merchant", headers=headers)
    assert (answer.status_code, answer.json["state"]) == (200, "quarantined")
    assert answer.json["owner"]["reason"] == "a raid"


def test_reports_say_which_circle_and_how_many_and_never_who_or_when_exactly(service):
    for number, user in enumerate(("u1", "u1", "u3")):
        report(service, number, user)
    report(service, 9, "u0", "drinkers")
    found = reports(service)
    assert found["total"] == 4
    assert [(item["circle_id"], item["people"]) for item in found["items"]] == [("climbers", 2)] * 3 + [
        ("drinkers", 1)
    ]
    text = str(found)
    assert not any(event_id in text for event_id in ("u1-0", "u1-1", "u3-2", "u0-9"))
    assert not any(service.context.pseudonyms.of(user) in text for user in ("u0", "u1", "u3"))
    assert "09:30" not in text


def test_a_report_is_judged_once_and_the_same_way_again(service):
    report(service, 0, "u1")
    (item,) = reports(service)["items"]
    path = f"/v1/reports/{item['report_id']}"
    upheld = [service.ask("POST", f"{path}:uphold", key="operator") for _ in range(2)]
    assert [answer.json["state"] for answer in upheld] == ["upheld", "upheld"]
    ReportOut.model_validate(upheld[0].json)
    late = service.ask("POST", f"{path}:reject", key="operator")
    assert (late.status_code, late.json["code"]) == (409, "already_judged")
    assert reports(service)["items"] == []
    assert reports(service, "state=upheld")["total"] == 1


@pytest.mark.parametrize("verb", ["uphold", "reject"])
def test_an_unknown_report_is_not_found_and_nobody_else_judges(service, verb):
    assert service.ask("POST", f"/v1/reports/none:{verb}", key="operator").status_code == 404
    assert service.ask("POST", f"/v1/reports/none:{verb}", key="merchant").status_code == 403


def test_the_report_of_somebody_who_was_forgotten_is_gone(service):
    report(service, 0, "u1")
    store = service.context.store.get()
    store.forget(int(store.indices("User", [service.context.pseudonyms.of("u1")])[0]))
    assert reports(service)["total"] == 0
