"""What is asked in a query is taken as it was meant, or refused."""

import pytest


@pytest.mark.parametrize("path", ["/v1/users/u1/circles", "/v1/users/u1/links"])
def test_a_parameter_that_is_given_twice_is_refused_and_not_quietly_the_first(service, path):
    answer = service.ask("GET", f"{path}?limit=3&limit=7")
    assert (answer.status_code, answer.json["code"]) == (422, "validation")
    assert answer.json["errors"] == [{"field": "limit", "value": "'3' and '7'", "expected": "one value"}]
    assert service.ask("GET", f"{path}?limit=3").status_code == 200


def test_a_list_may_be_repeated(service):
    shown = service.circles("u1", "exclude=climbers&exclude=newcomers")
    assert shown
    assert {"climbers", "newcomers"}.isdisjoint(shown)


def test_a_number_of_another_spelling_is_named_and_refused(service):
    answer = service.ask("GET", "/v1/users/u1/circles?limit=1_0")
    assert answer.status_code == 422
    assert answer.json["detail"] == "limit is '1_0'; expected a whole number, in digits"


@pytest.mark.parametrize("query", ["", "?"])
def test_a_path_is_checked_where_there_is_no_query_too(service, query):
    answer = service.ask("GET", f"/v1/users/{'u' * 300}/circles{query}")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "user_id")


def test_without_a_query_everything_is_as_if_its_defaults_were_given(service):
    defaults = "explain=true&mode=personal"
    asked = [service.ask("GET", f"/v1/users/u1/circles?{query}").json["items"] for query in ("", defaults)]
    assert asked[0] == asked[1]
