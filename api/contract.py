"""The contract, `/openapi.json`: what the routes say of themselves, completed by what holds for all of them.

Who may ask, which problems answer, which headers come and go, and an example of each request and answer.
Made once an application, since it takes 50 ms; routes that only make pages are no part of it.
"""

import copy
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from flask import Flask
from flask_openapi3.openapi import OpenAPI

from api import idempotency, problems
from api.guard import roles_of, scope_of

EXAMPLES = Path(__file__).parent / "examples.json"
PROBLEM = "application/problem+json"
JSON = "application/json"
BODY = ("post", "put", "patch")
WRITES = (*BODY, "delete")
# Where a problem is answered that not every route with its status has; no pattern: on none of these routes.
ONLY: dict[str, str] = {
    "already_judged": r"POST /v1/reports/.*",
    "bad_json": r"(POST|PUT|PATCH) .*",
    "bad_request": r"(POST|PUT|PATCH) .*",
    "circle_id_taken": r"POST /v1/circles",
    "conflict": "",
    "config": "",
    "consent_missing": "",
    "error": "",
    "forbidden_rule": r"(POST|PATCH) /v1/(circles|circle-links).*",
    "gate_refused": r"POST /v1/(circle-links|circles/{circle_id}/relays).*",
    "group_too_small": "",
    "not_eligible": "",
    "policy": "",
    "record": "",
    "wrong_state": r"(GET|POST|DELETE|PUT) /v1/(audiences|circle-links|models|jobs|merchants|products).*",
}
KEYED = ("key_in_use", "key_reused")
HEADERS: dict[str, tuple[str, str]] = {
    "X-Request-Id": ("the id of this request, also in the log", "4f1c2a9be07d3358"),
    "Retry-After": ("seconds after which to send it again", "5"),
    "ETag": ("the revision that was read or written", '"3"'),
    "Location": ("where what was begun or made is found", "/v1/jobs/job_5a1f0c3d9e2b7a64"),
    "Idempotency-Replayed": ("`true` on an answer that is told again", "true"),
    "WWW-Authenticate": ("how to send a key", 'Bearer realm="circles"'),
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "a name for this request, for both sides' logs: 1 to 64 of A-Z a-z 0-9 . _ -",
        "schema": {"type": "string"},
        "example": "order-2026-11-26.17",
    },
    idempotency.HEADER: {
        "description": "the same key and request count once, and have one answer, for 24 hours",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$",
        },
        "example": "8f14e45f-ceea-467f-9c1d-2e1a6f0b7d11",
    },
}

Operation = dict[str, Any]


def of(app: Flask) -> dict[str, Any]:
    """The whole contract of an application."""
    if "contract" not in app.extensions:
        app.extensions["contract"] = _completed(app)
    found: dict[str, Any] = app.extensions["contract"]
    return found


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """Method in capitals, path, and what is said of it."""
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def routes_with(contract: dict[str, Any], code: str) -> list[str]:
    """Operations that may answer with a problem, as `POST /v1/payments`."""
    return [
        f"{method} {path}"
        for method, path, operation in operations(contract)
        if any(code in answer.get("x-codes", ()) for answer in operation["responses"].values())
    ]


@cache
def examples() -> dict[str, Any]:
    """Real requests and answers of a small house, by operation; see `tests/api/test_examples.py`."""
    found: dict[str, Any] = orjson.loads(EXAMPLES.read_bytes()) if EXAMPLES.is_file() else {}
    return found


def _completed(app: Flask) -> dict[str, Any]:
    assert isinstance(app, OpenAPI)
    contract = copy.deepcopy(app.api_doc)
    contract["info"]["license"] = {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
    components = contract["components"]
    components["headers"] = {
        name: {"description": about, "schema": {"type": "string"}, "example": example}
        for name, (about, example) in HEADERS.items()
    }
    components["parameters"] = {
        name: {"name": name, "in": "header", "required": False} | about for name, about in PARAMETERS.items()
    }
    components["examples"] = {code: _problem_example(code) for code in problems.CODES}
    endpoints = dict(_endpoints(app))
    most = app.extensions["circles"].policy.max_limit
    for method, path, operation in operations(contract):
        _complete(app, operation, method, path, endpoints[method, path], most)
    return contract


def _endpoints(app: Flask) -> Iterator[tuple[tuple[str, str], str]]:
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in rule.methods or ():
            yield (method, path), rule.endpoint


def _complete(app: Flask, operation: Operation, method: str, path: str, endpoint: str, most: int) -> None:
    place = f"{method} {path}"
    is_keyed = idempotency.is_keyed(app, path, method, endpoint)
    operation["operationId"] = endpoint.replace(" ", "_").replace(".", "_").rstrip("_")
    operation["summary"] = operation["summary"].replace("`", "")  # shown as it is, unlike descriptions
    about = operation.get("description") or operation["summary"]
    operation["description"] = about.replace("<br/>", "\n").strip()
    _say_who(app, operation, method, endpoint)
    given = [_plain(parameter, most) for parameter in operation.get("parameters", [])]
    extra = [*(["X-Request-Id"] if path.startswith("/v1") else []), *([idempotency.HEADER] * is_keyed)]
    operation["parameters"] = given + [{"$ref": f"#/components/parameters/{name}"} for name in extra]
    for status in _statuses(operation, method, path, is_keyed):
        operation["responses"].setdefault(str(status), {"content": {PROBLEM: {}}})
    for status, answer in sorted(operation["responses"].items()):
        _complete_answer(answer, int(status), place, is_keyed)
    operation["responses"] = dict(sorted(operation["responses"].items()))
    _add_examples(operation, examples().get(place, {}))


def _say_who(app: Flask, operation: Operation, method: str, endpoint: str) -> None:
    """Roles and scope of the keys that a route lets in."""
    roles = roles_of(app, endpoint)
    if roles is None:
        operation["security"] = []
        return
    operation["x-roles"] = sorted(roles)
    operation["security"] = [{"key": [scope_of(app, endpoint)]}]


def _plain(parameter: dict[str, Any], most: int) -> dict[str, Any]:
    """A parameter is sent or not: nothing in an address or a header is null. A limit has a maximum."""
    schema = dict(parameter["schema"])
    options = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    if len(options) == 1:
        schema |= options[0]
    if schema.get("default", 0) is None:
        del schema["default"]
    if parameter["name"] == "limit" and schema.get("default", 0) <= most:
        schema.setdefault("maximum", most)
    return parameter | {"schema": schema}


def _statuses(operation: Operation, method: str, path: str, is_keyed: bool) -> set[int]:
    """Problems that answer whatever a route is about."""
    if not path.startswith("/v1"):
        return set()
    found = {401, 403, 422, 500, 503}
    found |= {404} if "{" in path else set()
    found |= {400, 413, 415} if "requestBody" in operation else set()
    found |= {429} if method.lower() in WRITES else set()
    return found | ({409} if is_keyed else set())


def _complete_answer(answer: dict[str, Any], status: int, place: str, is_keyed: bool) -> None:
    headers = ["X-Request-Id"]
    if PROBLEM in answer.get("content", {}) or (status >= 400 and "/v1/" in place):
        codes = _codes(status, place, is_keyed)
        answer["x-codes"] = codes
        answer["description"] = "; ".join(problems.title(code) for code in codes) or "see `code`"
        answer["content"] = {
            PROBLEM: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        }
        headers += ["Retry-After"] if status in (409, 429, 503) else []
        headers += ["WWW-Authenticate"] if status == 401 else []
    else:
        headers += ["Location"] if status in (201, 202) else []
        headers += ["ETag"] if re.search(r"/(OwnCircleOut|CircleDetailOut)\b", str(answer)) else []
        headers += [idempotency.REPLAYED] if is_keyed else []
    answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers} | answer.get(
        "headers", {}
    )


def _codes(status: int, place: str, is_keyed: bool) -> list[str]:
    return [
        code
        for code in problems.of_status(status)
        if re.fullmatch(ONLY.get(code, ".*"), place) and (is_keyed or code not in KEYED)
    ]


def _problem_example(code: str) -> dict[str, Any]:
    statuses = problems.CODES[code] or (400,)
    words = problems.explained(code, "en")
    value = {
        "type": problems.address(code),
        "title": words["title"],
        "status": statuses[0],
        "code": code,
        "detail": words["means"],
        "instance": HEADERS["X-Request-Id"][1],
    }
    return {"summary": words["title"], "value": value}


def _add_examples(operation: Operation, example: dict[str, Any]) -> None:
    """What was really sent and answered."""
    for parameter in operation["parameters"]:
        if parameter.get("name") in example.get("parameters", {}):
            parameter["example"] = example["parameters"][parameter["name"]]
    if "request" in example:
        operation["requestBody"]["content"][JSON]["example"] = example["request"]
    if "response" in example:
        operation["responses"][str(example["status"])]["content"][JSON]["example"] = example["response"]
