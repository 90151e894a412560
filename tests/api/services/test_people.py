"""Accounts and consents over HTTP."""

from api.schemas.general import ConsentOut, ConsentsOut, UserOut
from graph.schema import Purpose


def test_an_account_is_made_and_completed(service):
    made = service.ask("PUT", "/v1/users/nina", {"adult": True}).json
    UserOut.model_validate(made)
    assert (made["user_id"], made["adult"], made["verified"], made["city"]) == ("nina", True, False, None)
    service.ask("PUT", "/v1/users/nina", {"city": "成都", "verified": True})
    found = service.ask("GET", "/v1/users/nina").json
    assert (found["adult"], found["verified"], found["city"]) == (True, True, "成都")
    assert set(found["consents"].values()) == {False}


def test_the_same_put_twice_is_the_same_account(service):
    one, two = (service.ask("PUT", "/v1/users/nina", {"adult": True}).json for _ in range(2))
    assert one == two


def test_each_purpose_is_granted_on_its_own(service):
    answer = service.ask("PUT", "/v1/users/nina/consents/links", {"granted": True}).json
    ConsentOut.model_validate(answer)
    consents = service.ask("GET", "/v1/users/nina").json["consents"]
    assert consents == {"circles": False, "links": True, "portraits": False}


def test_the_account_id_is_not_kept_anywhere(service, settings):
    service.ask("PUT", "/v1/users/marked-account-id", {"adult": True})
    service.ask("PUT", "/v1/users/marked-account-id/consents/circles", {"granted": True})
    service.ask("GET", "/v1/users/marked-account-id/circles")
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    assert all(b"marked-account-id" not in path.read_bytes() for path in files)


def test_of_two_changes_of_one_account_as_it_was_seen_one_is_refused(service):
    first = service.ask("PUT", "/v1/users/nina", {"adult": True})
    seen = {"If-Match": first.headers["ETag"]}
    assert service.ask("GET", "/v1/users/nina").headers["ETag"] == first.headers["ETag"]
    assert service.ask("PUT", "/v1/users/nina", {"city": "Oslo"}, headers=seen).status_code == 200
    stale = service.ask("PUT", "/v1/users/nina", {"city": "Rome"}, headers=seen)
    assert (stale.status_code, stale.json["code"]) == (412, "precondition_failed")
    assert service.ask("GET", "/v1/users/nina").json["city"] == "Oslo"
    assert service.ask("PUT", "/v1/users/unseen", {"city": "Rome"}, headers=seen).status_code == 412
    assert service.ask("GET", "/v1/users/unseen").status_code == 404
    assert service.ask("PUT", "/v1/users/nina", {"city": "Rome"}).status_code == 200


def test_a_grant_may_be_tied_to_what_was_seen_and_a_withdrawal_always_holds(service):
    path = "/v1/users/nina/consents/links"
    seen = {"If-Match": service.ask("PUT", "/v1/users/nina", {"adult": True}).headers["ETag"]}
    assert service.ask("PUT", path, {"granted": True}, headers=seen).status_code == 200
    assert service.ask("PUT", path, {"granted": False}, headers=seen).status_code == 200
    service.ask("PUT", "/v1/users/nina", {"city": "Oslo"})
    assert service.ask("PUT", path, {"granted": True}, headers=seen).status_code == 412
    assert service.ask("GET", "/v1/users/nina").json["consents"]["links"] is False


def test_the_history_of_consents_says_when_and_by_which_door(service):
    said = service.ask("GET", "/v1/users/u0/consents").json
    ConsentsOut.model_validate(said)
    assumed = [{"granted": True, "at": None, "door": "assumed"}]
    assert {item["purpose"]: item["history"] for item in said["items"]} == dict.fromkeys(Purpose, assumed)
    withdrawn = {"granted": False}
    assert service.ask("PUT", "/v1/users/u0/consents/links", withdrawn, key="member").status_code == 200
    links = service.ask("GET", "/v1/users/u0/consents", key="member").json["items"][1]
    assert (links["purpose"], links["granted"]) == ("links", False)
    assert [one["door"] for one in links["history"]] == ["assumed", "member"]


def test_all_purposes_are_off_where_nothing_was_said(service):
    service.ask("PUT", "/v1/users/nina", {"adult": True})
    items = service.ask("GET", "/v1/users/nina/consents").json["items"]
    assert [(item["granted"], item["history"]) for item in items] == [(False, [])] * 3
    assert service.ask("GET", "/v1/users/absent/consents").status_code == 404
    assert service.ask("GET", "/v1/users/nina/consents", key="member").status_code == 404
