"""Accounts and consents over HTTP."""

from api.schemas.general import ConsentOut, UserOut


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
