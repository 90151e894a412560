"""Bodies with many records: JSON or one object a line; what is wrong is named by its place."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services.batches import MAX_RECORDS, NotJson, records
from graph.errors import InputError


@pytest.mark.parametrize(
    ("body", "lines", "expected"),
    [
        (b'[{"a":1},2]', False, [{"a": 1}, 2]),
        (b'{"a":1}', False, [{"a": 1}]),
        (b'{"a":1}\n\n{"a":2}\n', True, [{"a": 1}, {"a": 2}]),
    ],
)
def test_records_are_read_in_order(body, lines, expected):
    assert records(body, lines=lines) == expected


@pytest.mark.parametrize(
    ("body", "lines", "place"),
    [(b'[{"a":1},\n {"a" 2}]', False, "line 2, column 7"), (b'{"a":1}\n{"a":}\n', True, "line 2, column 6")],
)
def test_what_is_not_json_is_named_by_its_place_not_by_its_text(body, lines, place):
    with pytest.raises(NotJson, match=place) as caught:
        records(body, lines=lines)
    assert '"a"' not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"\n\n"])
def test_an_empty_body_is_refused(body):
    with pytest.raises(InputError):
        records(body, lines=False)


def test_too_many_records_are_refused_not_cut():
    many = b"[" + b",".join([b"1"] * (MAX_RECORDS + 1)) + b"]"
    with pytest.raises(InputError, match="1001 records"):
        records(many, lines=False)
    assert len(records(b"\n".join([b"1"] * MAX_RECORDS), lines=True)) == MAX_RECORDS


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_records_or_a_refusal(body, lines):
    with contextlib.suppress(InputError):
        assert 1 <= len(records(body, lines=lines)) <= MAX_RECORDS
