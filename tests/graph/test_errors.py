"""The drawn tree of errors equals the classes."""

import inspect

import pytest

from graph import errors
from graph.errors import CirclesError

CLASSES = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, CirclesError)
]


def drawn(cls, prefix="", is_last=True, depth=0):
    """The tree below a class as text, children by name."""
    branch = "" if depth == 0 else prefix + ("└── " if is_last else "├── ")
    lines = [branch + cls.__name__]
    children = sorted((c for c in CLASSES if c.__base__ is cls), key=lambda c: c.__name__)
    deeper = "" if depth == 0 else prefix + ("    " if is_last else "│   ")
    for child in children:
        lines += drawn(child, deeper, child is children[-1], depth + 1)
    return lines


def test_the_drawn_tree_equals_the_classes():
    lines = [line.removeprefix("    ") for line in (errors.__doc__ or "").splitlines()]
    start = lines.index("CirclesError")
    tree = drawn(CirclesError)
    assert lines[start : start + len(tree)] == tree
    assert lines[start + len(tree)] == ""


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_says_what_it_is_and_has_a_code_of_its_own(cls):
    assert cls.__doc__
    assert "code" in vars(cls)
    assert [other.code for other in CLASSES].count(cls.code) == 1


def test_an_error_of_a_family_is_caught_as_one():
    with pytest.raises(errors.StoreError):
        raise errors.StoreMismatch("other schema")
    with pytest.raises(errors.InputError):
        raise errors.RecordError("f:1: no date")
