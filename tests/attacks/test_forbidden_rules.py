"""No door takes a rule about who people are: whatever its spelling, case, width, language or nesting."""

import json
from collections.abc import Iterator
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import ForbiddenRule
from graph.policy.eligibility import Eligibility, read_eligibility
from graph.policy.forbidden import forbidden_reason
from tests.api.conftest import published_home, service, settings  # noqa: F401 - fixtures

LATIN = [
    "sex",
    "gender",
    "women",
    "beauty",
    "height",
    "credit",
    "score",
    "debt",
    "income",
    "wealth",
    "spending",
    "amount",
    "age",
    "birthday",
    "ethnicity",
    "religion",
    "health",
    "pregnant",
    "married",
]
CHINESE = [
    "性别",
    "男",
    "女",
    "颜值",
    "身高",
    "信用",
    "芝麻",
    "收入",
    "资产",
    "消费",
    "金额",
    "年龄",
    "民族",
    "宗教",
    "健康",
    "怀孕",
    "婚姻",
]
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
AFFIXES = [
    ("", ""),
    ("min_", ""),
    ("is-", ""),
    ("", "_band"),
    ("user.", ".in"),
    ("max ", " of 10"),
    ("", "2"),
]
# Doors that say what is, not whom to choose: the app tells what was paid, and by whom.
OPEN_RECORDS = {"/v1/payments", "/v1/events", "/v1/circle-recommendations"}
WRITES = ("post", "put", "patch")


def spellings(word: str) -> Iterator[str]:
    """A name of an attribute as somebody would write it who hopes that it passes."""
    for before, after in AFFIXES:
        yield f"{before}{word}{after}"
    yield from (word.upper(), word.title(), f"min{word.title()}", f"only{word.title()}Members")
    yield from (word.translate(WIDE), word.upper().translate(WIDE), f"仅限{word}", f"{word}要求")


NAMES = [name for word in (*LATIN, *CHINESE) for name in spellings(word)]
names = st.sampled_from(NAMES)
values = st.recursive(
    st.sampled_from([True, None, "female", 700, [18, 25], "高"]),
    lambda inner: st.dictionaries(names, inner, max_size=2) | st.lists(inner, max_size=2),
)


@pytest.mark.parametrize("word", [*LATIN, *CHINESE])
def test_every_spelling_is_known_for_what_it_is(word):
    assert [name for name in spellings(word) if forbidden_reason(name) is None] == []


@given(names, values, st.booleans())
def test_no_rule_takes_a_forbidden_name_whatever_stands_under_it(name, value, beside):
    rule = ({"verified": True, "cities": ["Wuhan"]} if beside else {}) | {name: value}
    with pytest.raises(ForbiddenRule, match="no circle may choose people by"):
        read_eligibility(rule)


@given(st.sampled_from([*vars(Eligibility())]), names, values)
def test_no_allowed_name_takes_a_rule_as_its_value(allowed, name, value):
    with pytest.raises(Exception, match="eligibility"):
        read_eligibility({allowed: {name: value}})


def objects_in(value: object) -> Iterator[dict]:
    """Every JSON object in a value, from the outermost in."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from objects_in(one)


def doors(contract: dict) -> Iterator[tuple[str, str, object]]:
    """Method, path and example of every body that a request may have."""
    for path, methods in contract["paths"].items():
        for method in WRITES:
            content = methods.get(method, {}).get("requestBody", {}).get("content", {})
            body = content.get("application/json", {})
            examples = [body.get("example"), *(e["value"] for e in body.get("examples", {}).values())]
            found = next((example for example in examples if example is not None), None)
            if content and path not in OPEN_RECORDS:
                yield method.upper(), path, found


def filled(path: str) -> str:
    """A path with things of the house."""
    known = {
        "circle_id": "drinkers",
        "merchant_id": "c0",
        "user_id": "u0",
        "product_id": "beans",
        "purpose": "links",
    }
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{", "").replace("}", "")


def test_every_door_refuses_a_forbidden_name_at_every_depth(service):  # noqa: F811
    contract = service.app.test_client().get("/openapi.json").json
    tried, turn = 0, 0
    for method, path, example in doors(contract):
        assert example is not None, f"{method} {path} has no example to begin with"
        for depth in range(len(list(objects_in(example)))):
            body = deepcopy(example)
            name = NAMES[turn := (turn + 37) % len(NAMES)]
            list(objects_in(body))[depth][name] = "female"
            headers = {"Authorization": f"Bearer {service.keys[role_of(contract, method, path)]}"}
            answer = service.app.test_client().open(filled(path), method=method, json=body, headers=headers)
            told = method, path, json.dumps(body, ensure_ascii=False), answer.text[:300]
            assert answer.status_code == 422, told
            tried += 1
    assert tried > 15


def test_every_question_that_can_be_narrowed_refuses_a_forbidden_name(service):  # noqa: F811
    contract = service.app.test_client().get("/openapi.json").json
    asked = [path for path, methods in contract["paths"].items() if narrowed(methods.get("get", {}))]
    assert len(asked) > 10
    for number, path in enumerate(asked):
        query = {NAMES[(number * 41) % len(NAMES)]: "female"}
        headers = {"Authorization": f"Bearer {service.keys[role_of(contract, 'GET', path)]}"}
        answer = service.app.test_client().get(filled(path), query_string=query, headers=headers)
        assert answer.status_code == 422, (path, query, answer.text[:300])


def narrowed(operation: dict) -> bool:
    """Whether a question has anything in its query; the others look nothing up by it."""
    return any(parameter.get("in") == "query" for parameter in operation.get("parameters", ()))


def role_of(contract: dict, method: str, path: str) -> str:
    """A role that may knock here."""
    operation = contract["paths"][path][method.lower()]
    roles = operation.get("x-roles", ["operator"])
    return next(
        (role for role in ("operator", "service", "merchant", "scientist", "member") if role in roles),
        "operator",
    )
