"""Hold answers to the contract: a documented status and type, and a body of its schema."""

import re
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
from flask import Flask

from api import contract


def problems_of(app: Flask, method: str, path: str, response: Any) -> list[str]:
    """What an answer does that the contract does not say; empty for one of no documented route."""
    place = _place(app, method, path)
    if place is None:
        return []
    operation = contract.of(app)["paths"][place][method.lower()]
    said = operation["responses"].get(str(response.status_code))
    if said is None:
        return [
            f"{method} {place} answers {response.status_code} ({response.text[:200]}): say so in `responses`"
        ]
    if response.mimetype not in said.get("content", {}):
        return [
            f"{method} {place} answers {response.status_code} as {response.mimetype}: say so in `responses`"
        ]
    found = []
    if response.mimetype in (contract.JSON, contract.PROBLEM) and "Content-Encoding" not in response.headers:
        code = response.json.get("code") if "x-codes" in said else None
        if code is not None and code not in said["x-codes"]:
            found.append(
                f"{method} {place} answers {response.status_code} {code}: see `ONLY` in api/contract.py"
            )
        schema = said["content"][response.mimetype]["schema"]
        errors = validator(schemas_of(app), orjson.dumps(schema)).iter_errors(response.json)
        found += [
            f"{method} {place} {response.status_code}: {'.'.join(map(str, e.instance_path))}: {e.message}"
            for e in errors
        ]
    return found


@cache
def validator(schemas: bytes, schema: bytes) -> Any:
    """A validator of a schema that refers to the contract's."""
    whole = orjson.loads(schema) | {"components": {"schemas": orjson.loads(schemas)}}
    return jsonschema_rs.Draft202012Validator(whole)


def schemas_of(app: Flask) -> bytes:
    """The contract's schemas, written once an application."""
    if "schemas" not in app.extensions:
        app.extensions["schemas"] = orjson.dumps(contract.of(app)["components"]["schemas"])
    found: bytes = app.extensions["schemas"]
    return found


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))


def _place(app: Flask, method: str, path: str) -> str | None:
    bare, paths = path.partition("?")[0], contract.of(app)["paths"]
    fits = [p for p, item in paths.items() if method.lower() in item and _pattern(p).fullmatch(bare)]
    return min(fits, key=lambda p: p.count("{"), default=None)
