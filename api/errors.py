"""The one place where errors become `application/problem+json` (RFC 9457).

A problem has a stable `code`; `instance` is the request id. A missing person and one that this key may not
see give the same bytes. No problem carries another person's id, an amount, or the text of a crash.
"""

import logging
import traceback
from collections.abc import Mapping
from typing import Any

import orjson
from flask import Flask, Response, g
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from api.services.batches import NotJson
from graph.errors import (
    CirclesError,
    ConfigError,
    ForbiddenRule,
    InputError,
    NotFound,
    PolicyError,
    RateExceeded,
    StoreConflict,
    StoreError,
    StoreMismatch,
    StoreUnavailable,
    VersionError,
    WrongState,
)

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5
SHOWN_CHARACTERS = 80  # of a refused value: enough to recognise it, too little to carry a record

# The first class that fits decides; more special ones stand first.
STATUS: tuple[tuple[type[CirclesError], int, str], ...] = (
    (NotFound, 404, "Not found"),
    (NotJson, 400, "The body is not JSON"),
    (InputError, 422, "What was sent cannot be used"),
    (ForbiddenRule, 422, "No circle may have this rule"),
    (RateExceeded, 429, "Used up for now"),
    (PolicyError, 403, "Refused by policy"),
    (WrongState, 409, "It is not in a state for this"),
    (StoreConflict, 409, "Somebody else is changing this"),
    (StoreError, 503, "The store does not answer"),
    (VersionError, 503, "No usable version is published"),
    (ConfigError, 500, "The service is not set up"),
)
# What is said of errors whose own words name paths and addresses of this machine; those are for its log.
PLAIN: dict[type[CirclesError], str] = {
    StoreUnavailable: "the store does not answer; nothing was kept, try again later",
    StoreMismatch: "the store is not the one of this service; its operator finds more in the log",
    ConfigError: "the service is not set up; its operator finds more in the log",
}
# HTTP's own errors that a caller can meet: status -> (code, title)
HTTP_CODES = {
    400: ("bad_request", "The request cannot be read"),
    401: ("key_required", "A valid API key is required"),
    403: ("scope", "This key may not do this"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "Method not allowed"),
    409: ("conflict", "Somebody else decided this"),
    412: ("precondition_failed", "Somebody else changed this first"),
    413: ("too_large", "The body is too large"),
    415: ("content_type", "Content type not supported"),
    422: ("validation", "The request does not have the expected form"),
    428: ("precondition_required", "Name what the change is made from"),
    500: ("internal", "Something went wrong here"),
}


class Problem(Exception):
    """A refusal that the service itself decides on, such as a missing key or a limit over the maximum."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str | None = None,
        errors: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code or HTTP_CODES[status][0]
        self.errors = errors
        self.headers = headers or {}


def field_problem(field: str, value: Any, expected: str) -> Problem:
    """One field of a request that cannot be used."""
    return Problem(
        422,
        f"{field} is {shown(value)}; expected {expected}",
        errors=[{"field": field, "value": shown(value), "expected": expected}],
    )


def shown(value: Any) -> str:
    """A refused value, short."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def respond(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The one maker of problem responses."""
    body: dict[str, Any] = {
        "type": f"urn:circles:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": g.get("request_id", ""),
    }
    if errors:
        body["errors"] = errors
    response = Response(orjson.dumps(body), status, mimetype="application/problem+json")
    response.headers.update(dict(headers or {}))
    if status == 503 or code == StoreConflict.code:  # what else is 409 does not pass by itself
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def init_app(app: Flask) -> None:
    """Handle every error of an application."""
    app.register_error_handler(Problem, _from_problem)
    app.register_error_handler(CirclesError, _from_circles)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_crash)


def refuse_invalid(error: ValidationError) -> Response:
    """What the OpenAPI layer calls when a path, query or body does not fit its model."""
    errors = [
        {
            "field": ".".join(str(part) for part in entry["loc"]) or "body",
            "value": "nothing" if entry["type"] == "missing" else shown(entry["input"]),
            "expected": _expected(entry["msg"]),
        }
        for entry in error.errors(include_url=False)
    ]
    detail = "; ".join(f"{e['field']} is {e['value']}; expected {e['expected']}" for e in errors[:3])
    raise Problem(422, detail, errors=errors)


def _expected(message: str) -> str:
    """pydantic says what should be; the sentence goes on from `expected`."""
    for prefix in ("Input should be ", "Value error, "):
        message = message.removeprefix(prefix)
    known = {"Field required": "a value", "Extra inputs are not permitted": "no field of this name"}
    return known.get(message, message)


def _from_problem(problem: Problem) -> Response:
    title = HTTP_CODES[problem.status][1] if problem.status in HTTP_CODES else "Refused"
    return respond(
        problem.status, problem.code, title, problem.detail, errors=problem.errors, headers=problem.headers
    )


def _from_circles(error: CirclesError) -> Response:
    status, title = next(((s, t) for kind, s, t in STATUS if isinstance(error, kind)), (500, "Failed"))
    if status >= 500:
        log.warning("request %s: %s: %s", g.get("request_id", ""), error.code, error)
    detail = next((text for kind, text in PLAIN.items() if isinstance(error, kind)), str(error))
    later = {"Retry-After": str(error.retry_after_s)} if isinstance(error, RateExceeded) else None
    return respond(status, error.code, title, detail, headers=later)


def _from_http(error: HTTPException) -> Response:
    if error.response is not None:
        assert isinstance(error.response, Response)
        return error.response
    status = error.code or 500
    code, title = HTTP_CODES.get(status, ("http", error.name))
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return respond(status, code, title, error.description or title, headers=headers)


def _from_crash(error: Exception) -> Response:
    # Where it happened, not what it said: the text of an unforeseen error may hold somebody's data.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("request %s: %s\n%s", g.get("request_id", ""), type(error).__name__, where)
    code, title = HTTP_CODES[500]
    return respond(500, code, title, "not your fault; name the instance when you report it")
