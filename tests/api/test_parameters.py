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
