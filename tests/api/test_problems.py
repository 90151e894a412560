"""Errors as problem+json: stable codes, named fields, the same bytes for unknown and for not visible."""

import logging

import pytest

from api.errors import STATUS
from api.observe.logs import JsonLines
from api.schemas.general import Problem
from graph import errors


def all_errors(kind=errors.CirclesError):
    return [kind, *(found for child in kind.__subclasses__() for found in all_errors(child))]


def test_every_error_of_the_tree_has_a_status():
    undecided = [e for e in all_errors() if not any(issubclass(e, kind) for kind, _ in STATUS)]
    assert undecided == [errors.CirclesError]


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("GET", "/v1/users/nobody", {}, 404, "not_found"),
        ("GET", "/v1/nowhere", {}, 404, "not_found"),
        ("GET", "/v1/circles/nothing", {}, 404, "not_found"),
        ("GET", "/v1/jobs/job_1", {}, 404, "not_found"),
        ("GET", "/v1/recommendations/rec_1", {}, 404, "not_found"),
        ("POST", "/v1/users/u1", {}, 405, "method_not_allowed"),
        (
            "PUT",
            "/v1/users/u1/consents/circles",
            {"data": b"{", "content_type": "application/json"},
            400,
            "bad_json",
        ),
        ("PUT", "/v1/users/u1/consents/circles", {"data": b"granted=1"}, 415, "content_type"),
        ("POST", "/v1/payments", {"data": b"a,b", "content_type": "text/csv"}, 415, "content_type"),
        ("POST", "/v1/payments", {"data": b"[{]", "content_type": "application/json"}, 400, "bad_json"),
        ("POST", "/v1/payments", {"json": []}, 422, "input"),
        (
            "POST",
            "/v1/events",
            {"data": b" " * 2**21 + b"1", "content_type": "application/json"},
            413,
            "too_large",
        ),
        ("PUT", "/v1/users/u1/consents/all", {"json": {"granted": True}}, 422, "validation"),
        ("PUT", "/v1/users/u1/consents/circles", {"json": {"granted": "yes"}}, 422, "validation"),
        ("PUT", "/v1/users/u1/consents/circles", {"json": {"granted": 1}}, 422, "validation"),
        ("PUT", "/v1/users/u1", {"json": {"adult": "true"}}, 422, "validation"),
        ("PUT", "/v1/users/u1/consents/circles", {"json": [1]}, 422, "validation"),
        ("PUT", "/v1/users/u1", {"json": {"age": 7}}, 422, "validation"),
        ("GET", "/v1/users/u1/circles?limit=0", {}, 422, "validation"),
        ("GET", "/v1/users/u1/circles?limit=ten", {}, 422, "validation"),
        ("GET", "/v1/users/u1/circles?scene=nowhere", {}, 422, "validation"),
        ("GET", "/v1/users/u1/circles?colour=red", {}, 422, "validation"),
        ("GET", f"/v1/users/{'x' * 257}/circles", {}, 422, "validation"),
    ],
)
def test_a_bad_request_is_a_problem_with_a_code(service, method, path, more, status, code):
    answer = service.ask(method, path, **more)
    assert (answer.status_code, answer.json["code"], answer.mimetype) == (
        status,
        code,
        "application/problem+json",
    )
    Problem.model_validate(answer.json)
    assert answer.json["instance"] == answer.headers["X-Request-Id"]


def test_a_field_is_named_with_its_value_and_what_was_expected(service):
    problem = service.ask("PUT", "/v1/users/u1", {"adult": "grown", "age": 7}).json
    assert problem["errors"] == [
        {"field": "adult", "value": "'grown'", "expected": "a valid boolean"},
        {"field": "age", "value": "7", "expected": "no field of this name"},
    ]
    assert "adult is 'grown'; expected a valid boolean" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "next_step"), [("GET", "/v1/nowhere", "/docs"), ("POST", "/v1/users/u1", "`Allow`")]
)
def test_a_wrong_address_says_where_to_look(service, method, path, next_step):
    assert next_step in service.ask(method, path).json["detail"]


def test_bad_json_is_named_by_its_place(service):
    answer = service.ask("POST", "/v1/events", data=b'[{"a": 1},\n {"b" 2}]', content_type="application/json")
    assert "line 2, column 7" in answer.json["detail"]
    assert answer.status_code == 400


def test_unknown_and_not_visible_are_the_same_bytes(service):
    headers = {"X-Request-Id": "same"}
    paths = ("/v1/users/u2", "/v1/users/nobody", "/v1/users/u2/circles", "/v1/users/nobody/circles")
    answers = [service.ask("GET", path, key="member", headers=headers) for path in paths]
    assert len({(a.status_code, a.data, str(a.headers)) for a in answers}) == 1
    assert answers[0].status_code == 404


def test_a_crash_tells_neither_the_caller_nor_the_log_what_was_said(service, caplog, monkeypatch):
    def crash(*args, **kwargs):
        raise KeyError("".join(["some", "body"]))

    monkeypatch.setattr("api.routes.models.models.listed", crash)
    with caplog.at_level(logging.DEBUG):
        answer = service.ask("GET", "/v1/models", key="operator")
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    lines = "".join(JsonLines().format(record) for record in caplog.records)
    assert "somebody" not in answer.text + caplog.text + lines
    assert "KeyError" in lines
    assert "routes/models.py" in lines


def test_writes_while_the_store_is_away_say_when_to_come_back(store_away, published_home):
    from api.app import create_app

    app = create_app(store_away)
    key = app.extensions["circles"].keys.create("service", now=1)
    for method, path, body in (
        ("PUT", "/v1/users/u1/consents/circles", {"granted": True}),
        ("POST", "/v1/payments", [{"payment_id": "p"}]),
        ("POST", "/v1/events", [{"event_id": "e"}]),
        ("DELETE", "/v1/users/u1", None),
    ):
        answer = app.test_client().open(
            path, method=method, json=body, headers={"Authorization": f"Bearer {key}"}
        )
        assert (answer.status_code, answer.json["code"]) == (503, "store_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert str(store_away.home) not in answer.text
    app.extensions["circles"].close()
