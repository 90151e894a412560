"""The contract is OpenAPI 3.1, whole, and true; every answer that other tests get is held to it as well."""

import re

import jsonschema_rs
import orjson
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api import contract, problems
from api.auth import Role
from api.guard import roles_of
from api.schemas import audiences, between, general, merchants, own_circles, themes
from tests.api.contracts import schemas_of, validator

MODULES = (audiences, between, general, merchants, own_circles, themes)


@pytest.fixture
def said(service):
    return contract.of(service.app)


def operations(said):
    return {f"{method} {path}": operation for method, path, operation in contract.operations(said)}


def test_it_is_valid_openapi(said):
    assert said["openapi"].startswith("3.1")
    assert [str(error)[:300] for error in OpenAPIV31SpecValidator(said).iter_errors()] == []


def test_every_operation_is_described_and_has_a_name_of_its_own(said):
    found = operations(said)
    for place, operation in found.items():
        assert operation["summary"], place
        assert operation["description"], place
    assert len({operation["operationId"] for operation in found.values()}) == len(found)


def test_no_two_types_have_one_name():
    names = [
        one.__name__
        for module in MODULES
        for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == module.__name__
    ]
    assert sorted(names) == sorted(set(names))


def test_who_may_ask_is_said_as_it_is_guarded(service, said):
    for rule in service.app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if path in said["paths"]:
                roles = roles_of(service.app, rule.endpoint)
                operation = said["paths"][path][method.lower()]
                assert operation.get("x-roles", []) == sorted(roles or []), (method, path)
                assert bool(operation["security"]) is (roles is not None)
                assert set(operation.get("x-roles", [])) <= set(Role)


def test_every_operation_has_an_example_of_its_request_and_answer(said):
    missing = [place for place in operations(said) if place not in contract.examples()]
    assert missing == [], "add these to tests/api/record_examples.py and run it"
    for place, operation in operations(said).items():
        if "requestBody" in operation:
            assert "request" in contract.examples()[place], place
    unknown = [place for place in contract.examples() if place not in operations(said)]
    assert unknown == [], "run tests/api/record_examples.py again"


def test_examples_have_the_form_that_the_contract_gives(service, said):
    wrong = []
    for place, operation in operations(said).items():
        example = contract.examples().get(place, {})
        parts = [("response", operation["responses"].get(str(example.get("status")), {}))]
        parts += [("request", operation["requestBody"])] if "requestBody" in operation else []
        for name, part in parts:
            if "application/json" not in part["content"]:
                continue  # lines, or text for another program
            schema = part["content"]["application/json"]["schema"]
            errors = validator(schemas_of(service.app), orjson.dumps(schema)).iter_errors(example[name])
            wrong += [f"{place} {name}: {error.message}" for error in errors]
    assert wrong == []


def test_examples_of_problems_have_the_form_of_problems(service, said):
    schema = jsonschema_rs.Draft202012Validator(said["components"]["schemas"]["Problem"])
    for code, example in said["components"]["examples"].items():
        schema.validate(example["value"])
        assert example["value"]["type"] == f"/problems/{code}"


def test_every_refusal_says_its_codes_and_when_to_come_back(said):
    for place, operation in operations(said).items():
        if not place.partition(" ")[2].startswith("/v1"):
            continue
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert answer["x-codes"], (place, status)
            if status in ("429", "503"):
                assert "Retry-After" in answer["headers"], (place, status)
        assert {"401", "403", "422", "500", "503"} <= operation["responses"].keys(), place


def test_a_route_of_the_contract_that_needs_a_key_refuses_to_answer_without_one(service, said):
    for place, operation in operations(said).items():
        method, _, path = place.partition(" ")
        if operation["security"]:
            answer = service.ask(method, re.sub(r"{\w+}", "x", path), key=None)
            assert (answer.status_code, answer.json["type"]) == (401, problems.address("key_required")), place
