"""What the blueprints share: how they are made, documented, and how a batch is read."""

from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.schema import Schema
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from api.errors import Problem
from api.schemas.general import Model
from api.schemas.general import Problem as ProblemModel
from api.services.batches import JSON, NDJSON, records

BASE = "/v1"
Responses = dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None]
_PROBLEM = {"schema": {"$ref": "#/components/schemas/Problem"}}


def blueprint(name: str, about: str, *, prefix: str = BASE, with_key: bool = True) -> APIBlueprint:
    """A blueprint whose every route is documented under `name` and asks for a key unless told otherwise."""
    made = APIBlueprint(
        name,
        __name__,
        url_prefix=prefix or None,
        abp_tags=[Tag(name=name, description=about)],
        abp_security=[{"key": []}] if with_key else None,
        abp_responses=problems(401, 403, 429) if with_key else None,
    )
    made.components_schemas["Problem"] = Schema(**ProblemModel.model_json_schema())
    return made


def problems(*statuses: int) -> Responses:
    """Documentation of problem responses."""
    said = {
        400: "not JSON",
        401: "no valid key",
        403: "this key may not do this",
        404: "unknown, or not visible with this key",
        409: "somebody else is doing this",
        410: "the list that the cursor continues has gone; ask again without it",
        412: "somebody else changed it first; `If-Match` names an older revision",
        413: "more than 2 MB",
        415: "another content type",
        422: "a field cannot be used",
        428: "`If-Match` is missing",
        429: "used up for now; see Retry-After",
        503: "the store does not answer, or nothing is published; see Retry-After",
    }
    return {s: {"description": said[s], "content": {"application/problem+json": _PROBLEM}} for s in statuses}


def batch_of(made: APIBlueprint, record: type[Model]) -> dict[str, Any]:
    """Documentation of a body with many records, as JSON or NDJSON."""
    name = record.__name__
    made.components_schemas[name] = Schema(**record.model_json_schema())
    one = {"$ref": f"#/components/schemas/{name}"}
    many = {"oneOf": [{"type": "array", "items": one, "minItems": 1, "maxItems": 1000}, one]}
    lines = {"type": "string", "description": f"one {name} a line"}
    content = {JSON: {"schema": many}, NDJSON: {"schema": lines}}
    return {"requestBody": {"required": True, "content": content}}


def given_records() -> list[Any]:
    """The records of this request.

    Raises:
        Problem: another content type. InputError: see `records`.
    """
    if request.mimetype not in (JSON, NDJSON):
        raise Problem(415, f"content type is {request.mimetype!r}; expected {JSON} or {NDJSON}")
    return records(request.get_data(), lines=request.mimetype == NDJSON)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON with a status."""
    response = current_app.json.response(value)
    assert isinstance(response, Response)
    response.status_code = status
    response.headers.update(headers or {})
    return response
