"""Keys, roles and headers of every request."""

import re

import pytest

from api.auth import Role
from api.guard import roles_of
from graph.settings import PROJECT

PLACES = {"user_id": "u0", "circle_id": "drinkers", "purpose": "circles", "job_id": "j", "rec_id": "r"}


def routes(app):
    """(method, rule, endpoint) of everything that answers."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, rule.rule, rule.endpoint


def named(roles):
    return "no key" if roles is None else ", ".join(role for role in Role if role in roles)


def needs_session(app, endpoint):
    return getattr(app.view_functions[endpoint], "signed_in", False)


def test_every_route_says_whom_it_lets_in(service):
    silent = [rule for _, rule, at in routes(service.app) if roles_of(service.app, at) == frozenset()]
    assert silent == []


def test_the_table_of_routes_in_the_readme_is_true(service):
    text = (PROJECT / "api" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (GET|PUT|POST|PATCH|DELETE) \| `([^`]+)` \| ([^|]+) \|", text, re.MULTILINE)
    written = {(method, path): roles.strip() for method, path, roles in rows}
    true = {}
    for method, rule, endpoint in routes(service.app):
        roles = roles_of(service.app, endpoint)
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)
        true[method, path] = "session" if needs_session(service.app, endpoint) else named(roles)
    assert written == true


def test_every_route_refuses_keys_that_it_does_not_name(service):
    for method, rule, endpoint in routes(service.app):
        roles = roles_of(service.app, endpoint)
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: PLACES.get(found[1], "x"), rule)
        if roles is None:
            continue
        assert service.ask(method, path, key=None).status_code == 401, rule
        for role in set(Role) - roles:
            assert service.ask(method, path, key=role).status_code == 403, (role, rule)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer ck_000000000000_" + "0" * 64]
)
def test_without_a_valid_key_nothing_is_said(service, header):
    answer = service.app.test_client().get("/v1/users/u0", headers={"Authorization": header})
    assert (answer.status_code, answer.json["code"]) == (401, "key_required")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_stops_at_the_next_request(service):
    key = service.new_key("service")
    assert service.ask("GET", "/v1/users/u0", key=key).status_code == 200
    service.context.keys.revoke(key.split("_")[1], now=1)
    assert service.ask("GET", "/v1/users/u0", key=key).status_code == 401


def test_a_member_may_only_speak_for_themself(service):
    assert service.ask("GET", "/v1/users/u0/circles", key="member").status_code == 200
    body = [
        {"event_id": f"m-{user}", "kind": "dismiss", "user_id": user, "circle_id": "climbers"}
        for user in ("u0", "u1")
    ]
    answer = service.ask("POST", "/v1/events", body, key="member").json
    assert answer["accepted"] == 1
    assert answer["rejected"] == [{"index": 1, "problem": "unknown user, or not visible with this key"}]
    assert (
        service.ask("PUT", "/v1/users/u1/consents/circles", {"granted": False}, key="member").status_code
        == 404
    )
    assert service.ask("DELETE", "/v1/users/u1", key="member").status_code == 404


def test_a_merchant_sees_the_circles_it_runs(service):
    assert service.ask("GET", "/v1/circles/drinkers", key="merchant").status_code == 200
    headers = {"X-Request-Id": "same"}
    other = service.ask("GET", "/v1/circles/climbers", key="merchant", headers=headers)
    unknown = service.ask("GET", "/v1/circles/nothing", key="merchant", headers=headers)
    assert (other.status_code, other.data) == (404, unknown.data)
