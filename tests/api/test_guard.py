"""Keys, roles, request ids, headers and the log line of every request."""

import logging
import re

import orjson
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
        true[method, path] = "no key" if roles is None else ", ".join(r for r in Role if r in roles)
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


@pytest.mark.parametrize(("given", "kept"), [("abc-1.2_3", True), ("with space", False), ("x" * 65, False)])
def test_a_request_id_is_honoured_when_it_is_one(service, given, kept):
    found = service.ask("GET", "/healthz", key=None, headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert (found == given) is kept


def test_every_answer_carries_security_headers(service):
    for path in ("/healthz", "/nowhere", "/docs", "/", "/v1/users/u0"):
        headers = service.ask("GET", path, key=None).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"].replace(
            "style-src 'self' 'unsafe-inline'", ""
        )


def test_a_request_is_one_log_line_without_people(service, caplog):
    with caplog.at_level(logging.INFO, logger="api.requests"):
        service.ask("GET", "/v1/users/u0/circles?exclude=bakers", headers={"X-Request-Id": "r1"})
    (line,) = [record.getMessage() for record in caplog.records if record.name == "api.requests"]
    value = orjson.loads(line)
    assert value.pop("ms") > 0
    assert value == {
        "request_id": "r1",
        "method": "GET",
        "route": "/v1/users/<user_id>/circles",
        "status": 200,
    }
