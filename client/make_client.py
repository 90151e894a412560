"""Make `client.py` from a contract: `python client/make_client.py http://127.0.0.1:8000/openapi.json`.

The contract is an address or a file. Each schema becomes a TypedDict, each operation a method.
"""

import json
import keyword
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

MADE = Path(__file__).parent / "circles_client" / "client.py"
JSON = "application/json"
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
HEADERS = {"If-Match": "if_match", "Idempotency-Key": "idempotency_key", "X-Request-Id": "request_id"}
LINES = "application/x-ndjson"
# The client reads JSON, files are for people; and it keeps no earlier answers to compare with.
LEFT_OUT = ("format", "If-None-Match")
START = '''"""Made from the contract by `client/make_client.py`; not to be changed by hand."""

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict, cast

from circles_client.transport import Transport
'''

Schema = dict[str, Any]


def source(contract: dict[str, Any]) -> str:
    """The module, as text."""
    schemas, paths = sorted(contract["components"]["schemas"].items()), sorted(contract["paths"].items())
    types = [_typed(name, schema) for name, schema in schemas]
    methods = [
        _method(contract, path, verb, said) for path, item in paths for verb, said in sorted(item.items())
    ]
    head = 'class Client(Transport):\n    """Every operation of the service, by its `operationId`."""'
    return "\n\n".join([START, *types, "\n" + "\n\n".join([head, *methods])]) + "\n"


def annotation(schema: Schema) -> str:
    """A schema as a type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema or "enum" in schema:
        return f"Literal[{', '.join(json.dumps(v) for v in schema.get('enum', [schema.get('const')]))}]"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(dict.fromkeys(annotation(option) for option in options))
    if schema.get("type") == "array":
        return f"list[{annotation(schema.get('items', {}))}]"
    if schema.get("type") == "object":
        more = schema.get("additionalProperties")
        return f"dict[str, {annotation(more) if isinstance(more, dict) else 'Any'}]"
    return PLAIN.get(schema.get("type", ""), "Any")


def _typed(name: str, schema: Schema) -> str:
    """A TypedDict in the form that takes any name, also `from`."""
    if "properties" not in schema:
        return f"{name} = {annotation(schema)}"
    needed = set(schema.get("required", []))
    lines = [
        f'        "{field}": "{_type_of(one) if field in needed else f"NotRequired[{_type_of(one)}]"}",'
        for field, one in schema["properties"].items()
    ]
    return "\n".join([f"{name} = TypedDict(", f'    "{name}",', "    {", *lines, "    },", ")"])


def _type_of(schema: Schema) -> str:
    return annotation(schema).replace('"', "'")


def _method(contract: dict[str, Any], path: str, method: str, said: Schema) -> str:
    followed = [_followed(contract, one) for one in said["parameters"]]
    given = [one for one in followed if one["name"] not in LEFT_OUT]
    place = [one["name"] for one in given if one["in"] == "path"]
    query = [one for one in given if one["in"] == "query"]
    headers = [one["name"] for one in given if one["in"] == "header"]
    body = said.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
    lines = [f"    def {said['operationId']}("]
    lines += [f"        {piece}," for piece in _arguments(place, query, headers, body)]
    result = _result(said)
    lines += [f"    ) -> {result}:", *_about(said, method, path)]
    lines += ["        return cast(", f'            "{_type_of_text(result)}",', "            self.ask("]
    lines += [f'                "{method.upper()}",', f'                "{path}",']
    lines.append(f"                {_mapping({name: name for name in place})},")
    if query:
        lines.append(f"                query={_mapping({q['name']: _safe(q['name']) for q in query})},")
    if headers:
        lines.append(f"                headers={_mapping({name: HEADERS[name] for name in headers})},")
    if body:
        lines.append("                body=body,")
    return "\n".join([*lines, "            ),", "        )"])


def _arguments(
    place: list[str], query: list[Schema], headers: list[str], body: Schema | None
) -> Iterator[str]:
    yield "self"
    yield from (f"{name}: str" for name in place)
    if body:
        yield f"body: {annotation(body)}"
    if query or headers:
        yield "*"
    for one in sorted(query, key=lambda one: not one["required"]):
        kind = annotation(one["schema"]).replace("list[", "Sequence[")
        yield f"{_safe(one['name'])}: {kind}" + ("" if one["required"] else " | None = None")
    yield from (f"{HEADERS[name]}: str | None = None" for name in headers)


def _about(said: Schema, method: str, path: str) -> list[str]:
    roles = ", ".join(said.get("x-roles", [])) or "nobody's"
    return [
        f'        """{said["summary"]}',
        "",
        f"        {method.upper()} {path}; keys: {roles}.",
        '        """',
    ]


def _result(said: Schema) -> str:
    found = [answer.get("content", {}) for status, answer in said["responses"].items() if status < "300"]
    kinds = [annotation(one[JSON]["schema"]) for one in found if JSON in one]
    kinds += ["list[Any]" for one in found if LINES in one]
    return " | ".join(dict.fromkeys(kinds)) or "Any"


def _mapping(values: dict[str, str]) -> str:
    """A dictionary literal of names to variables."""
    return "{" + ", ".join(f"{json.dumps(name)}: {variable}" for name, variable in values.items()) + "}"


def _type_of_text(text: str) -> str:
    return text.replace('"', "'")


def _followed(contract: dict[str, Any], given: Schema) -> Schema:
    if "$ref" not in given:
        return given
    found: Schema = contract["components"]["parameters"][given["$ref"].rpartition("/")[2]]
    return found


def _safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def read(where: str) -> dict[str, Any]:
    """A contract from an address or a file."""
    if where.startswith(("http://", "https://")):
        with urlopen(where, timeout=30) as answer:
            return dict(json.load(answer))
    return dict(json.loads(Path(where).read_text(encoding="utf-8")))


if __name__ == "__main__":
    MADE.write_text(source(read(sys.argv[1])), encoding="utf-8")
