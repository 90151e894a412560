"""The one place where errors become `application/problem+json` (RFC 9457).

A problem has a stable `code`; `instance` is the request id. A missing person and one that this key may not
see give the same bytes. No problem carries another person's id, an amount, or the text of a crash.
"""

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from flask import Flask, Response, g
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from api import problems
from api.observe.logs import told_error
from api.observe.metrics import instruments
from api.schemas.expected import expected
from api.services.batches import NotJson
from graph.errors import (
    CirclesError,
    ConfigError,
    CursorExpired,
    ForbiddenRule,
    InputError,
    NotFound,
    PolicyError,
    RateExceeded,
    StoreConflict,
    StoreError,
    StoreLocked,
    StoreMismatch,
    StoreUnavailable,
    VersionError,
    WrongState,
)

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5
SHOWN_CHARACTERS = 80  # of a refused value: enough to recognise it, too little to carry a record

# The first class that fits decides; more special ones stand first.
STATUS: tuple[tuple[type[CirclesError], int], ...] = (
    (NotFound, 404),
    (NotJson, 400),
    (CursorExpired, 410),
    (InputError, 422),
    (ForbiddenRule, 422),
    (RateExceeded, 429),
    (PolicyError, 403),
    (WrongState, 409),
    (StoreLocked, 503),
    (StoreConflict, 409),
    (StoreError, 503),
    (VersionError, 503),
    (ConfigError, 500),
)
# What is said of errors whose own words name paths and addresses of this machine; those are for its log.
PLAIN: dict[type[CirclesError], str] = {
    StoreUnavailable: "the store does not answer; nothing was kept, try again later",
    StoreLocked: "the store is busy; nothing was kept, try again later",
    StoreMismatch: "the store is not the one of this service; its operator finds more in the log",
    ConfigError: "the service is not set up; its operator finds more in the log",
}
# HTTP's own errors that a caller can meet: status -> code
HTTP_CODES = {
    400: "bad_request",
    401: "key_required",
    403: "scope",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "content_type",
    422: "validation",
    429: "rate_exceeded",
    428: "precondition_required",
    500: "internal",
}
# In place of the framework's own sentences, which know neither our addresses nor a next step.
HTTP_WORDS = {
    404: "nothing has this address; /docs lists what there is",
    405: "this address does not take this method; `Allow` names those that it takes",
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
        self.code = code or HTTP_CODES[status]
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
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The one maker of problem responses."""
    body: dict[str, Any] = {
        "type": problems.address(code),
        "title": problems.title(code),
        "status": status,
        "code": code,
        "detail": detail,
        "instance": g.get("request_id", ""),
    }
    if errors:
        body["errors"] = errors
    instruments().problems.labels(code).inc()
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
            "expected": expected(entry["msg"]),
        }
        for entry in error.errors(include_url=False)
    ]
    detail = "; ".join(f"{e['field']} is {e['value']}; expected {e['expected']}" for e in errors[:3])
    raise Problem(422, detail, errors=errors)


def _from_problem(problem: Problem) -> Response:
    return respond(
        problem.status, problem.code, problem.detail, errors=problem.errors, headers=problem.headers
    )


def _from_circles(error: CirclesError) -> Response:
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    if isinstance(error, StoreError) and status == 503:
        instruments().store_errors.labels(error.code).inc()
    if status >= 500:
        log.warning("%s: %s", error.code, error)
    detail = next((text for kind, text in PLAIN.items() if isinstance(error, kind)), str(error))
    later = {"Retry-After": str(error.retry_after_s)} if isinstance(error, RateExceeded) else None
    return respond(status, error.code, detail, headers=later)


def _from_http(error: HTTPException) -> Response:
    if error.response is not None:
        assert isinstance(error.response, Response)
        return error.response
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    detail = HTTP_WORDS.get(status) or error.description or error.name
    return respond(status, HTTP_CODES.get(status, "http"), detail, headers=headers)


def _from_crash(error: Exception) -> Response:
    # Without exc_info: another handler than ours would write down what the error said.
    log.error("%s in a request", type(error).__name__, extra={"told": {"error": told_error(error)}})
    return respond(500, HTTP_CODES[500], "not your fault; name the instance when you report it")
