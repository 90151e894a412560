"""Counts that owners see are made in one place: nobody else makes a cell with a value in it."""

import ast

import pytest

from graph.settings import PROJECT

MAKERS = (
    "graph/policy/disclosure.py",
    "graph/policy/disclosed_portraits.py",  # shares and changes of counts that carry noise
)
FILES = sorted(
    path
    for package in ("graph", "loaders", "embeddings", "api")
    for path in (PROJECT / package).rglob("*.py")
)


def makes_a_value(node: ast.AST) -> bool:
    """A cell with a value, or its answer written by hand; hiding is free to everybody."""
    if isinstance(node, ast.Dict):
        return any(isinstance(key, ast.Constant) and key.value in ("v", "hidden") for key in node.keys)
    called = isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", ""))
    return called == "Cell" and (bool(node.args) or any(word.arg != "hidden" for word in node.keywords))


def made_in(source: str) -> list[int]:
    return [node.lineno for node in ast.walk(ast.parse(source)) if makes_a_value(node)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_only_the_policy_makes_a_value(path):
    lines = made_in(path.read_text(encoding="utf-8"))
    is_maker = path in [PROJECT / maker for maker in MAKERS]
    assert bool(lines) is is_maker, f"{path}: lines {lines}: use a release_ function of {' or '.join(MAKERS)}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{"v": size}', True),
        ('{"hidden": "minimum"}', True),
        ("Cell(size)", True),
        ("disclosure.Cell(v=size)", True),
        ("Cell(hidden=Hidden.CONSENT)", False),
        ("release_count(size, rules).out()", False),
    ],
)
def test_the_search_finds_what_it_looks_for(source, found):
    assert bool(made_in(source)) is found
