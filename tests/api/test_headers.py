"""Security headers on every answer."""

import pytest


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/docs", "/", "/v1/users/u0", "/merchant"])
def test_every_answer_carries_security_headers(service, path):
    headers = service.ask("GET", path, key=None).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] in ("no-referrer", "same-origin")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert headers["Server"] == "circles"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.replace("style-src 'self' 'unsafe-inline'", "")


def test_no_header_is_there_twice(service):
    for path in ("/healthz", "/docs", "/merchant", "/nowhere"):
        names = [name.lower() for name, _ in service.ask("GET", path, key=None).headers]
        assert [name for name in set(names) if names.count(name) > 1 and name != "set-cookie"] == []


@pytest.mark.parametrize(("told", "is_kept"), [("https", True), ("http", False), ("https, http", True)])
def test_who_comes_by_https_stays_with_it(service, told, is_kept):
    answer = service.ask("GET", "/healthz", key=None, headers={"X-Forwarded-Proto": told})
    assert ("Strict-Transport-Security" in answer.headers) is is_kept
    assert "Strict-Transport-Security" not in service.ask("GET", "/healthz", key=None).headers


def test_head_is_get_without_a_body(service):
    got, head = (service.ask(method, "/healthz", key=None) for method in ("GET", "HEAD"))
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
