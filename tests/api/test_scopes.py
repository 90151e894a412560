"""Scopes: every route has one, and a narrowed key gets no further."""

import pytest

from api.auth import Role
from api.guard import roles_of, scope_of
from api.scopes import AREAS, SCOPES
from tests.api.test_guard import PLACES, routes


def test_every_route_with_a_key_has_a_known_scope_and_every_area_a_route(service):
    asked = {scope_of(service.app, at) for *_, at in routes(service.app) if roles_of(service.app, at)}
    assert asked <= set(SCOPES)
    assert {scope.partition(":")[0] for scope in asked} == set(AREAS)
    assert scope_of(service.app, "health.healthz") is None


@pytest.mark.parametrize(
    ("method", "rule", "scope"),
    [
        ("GET", "/v1/users/<user_id>", "users:read"),
        ("PUT", "/v1/users/<user_id>/consents/<purpose>", "users:write"),
        ("POST", "/v1/themes:preview", "circles:read"),
        ("POST", "/v1/circles/<string:circle_id>/audiences:preview", "audiences:read"),
        ("POST", "/v1/circle-links/<circle_link_id>/acceptance", "circle-links:write"),
        ("GET", "/v1/users/<user_id>/mutes", "relays:read"),
    ],
)
def test_the_scope_of_a_route_is_its_area_and_what_it_does(service, method, rule, scope):
    (endpoint,) = [at for how, path, at in routes(service.app) if (how, path) == (method, rule)]
    assert scope_of(service.app, endpoint) == scope


def test_a_narrowed_key_does_what_it_may_and_nothing_else(service):
    key = service.context.keys.create("service", scopes=["circles:read"], now=1)
    assert service.ask("GET", "/v1/users/u0/circles", key=key).status_code == 200
    assert service.ask("HEAD", "/v1/users/u0/circles", key=key).status_code == 200
    refused = service.ask("GET", "/v1/users/u0", key=key)
    assert (refused.status_code, refused.json["code"]) == (403, "scope")
    assert refused.json["detail"] == "this asks for the scope users:read; the key has circles:read"


def test_a_scope_opens_nothing_that_the_role_does_not(service):
    for role in Role:
        subject = {"merchant": "c0", "member": "a" * 32}.get(role)
        key = service.context.keys.create(role, subject=subject, scopes=SCOPES, now=1)
        for method, rule, endpoint in routes(service.app):
            roles = roles_of(service.app, endpoint)
            if roles is not None and role not in roles:
                path = rule.replace("string:", "")
                for name, value in PLACES.items():
                    path = path.replace(f"<{name}>", value)
                assert service.ask(method, path, key=key).status_code == 403, (role, rule)


def test_the_contract_names_the_scope_that_is_asked_for(service):
    said = service.ask("GET", "/openapi.json", key=None).json["paths"]
    named = {
        scope
        for path in said.values()
        for deed in path.values()
        for s in deed["security"]
        for scope in s["key"]
    }
    asked = {scope_of(service.app, at) for *_, at in routes(service.app) if roles_of(service.app, at)}
    assert named == asked
    assert said["/v1/themes:preview"]["post"]["security"] == [{"key": ["circles:read"]}]
