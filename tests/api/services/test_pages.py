"""Lists in pages: everything once, whatever comes and goes, and nobody else's cursor."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schemas.general import ModelsOut
from api.services.pages import page_of
from graph.errors import InputError

KEYS = st.tuples(st.integers(-(2**53), 2**53), st.text(max_size=8))


def pages(entries, limit):
    found, cursor = page_of(entries, lambda entry: entry, limit=limit, cursor=None)
    while cursor is not None:
        more, cursor = page_of(entries, lambda entry: entry, limit=limit, cursor=cursor)
        assert more
        found += more
    return found


@given(st.sets(KEYS, max_size=20).map(sorted), st.integers(1, 7))
def test_pages_are_the_list_in_parts(entries, limit):
    assert pages(entries, limit) == entries


def test_an_entry_that_goes_between_pages_moves_nothing():
    entries = [(n, "x") for n in range(6)]
    _, cursor = page_of(entries, lambda entry: entry, limit=2, cursor=None)
    gone = [entry for entry in entries if entry not in ((0, "x"), (1, "x"))]
    assert page_of(gone, lambda entry: entry, limit=2, cursor=cursor)[0] == [(2, "x"), (3, "x")]


@given(st.text(max_size=40))
def test_what_is_no_cursor_is_refused_or_reads_as_one(text):
    with suppress(InputError):  # and no other error
        page_of([(1, "a")], lambda entry: entry, limit=1, cursor=text)


@pytest.mark.parametrize("path", ["models", "reports", "circle-links"])
def test_lists_take_a_cursor_and_refuse_others_and_limits_over_the_maximum(service, path):
    assert service.ask("GET", f"/v1/{path}?limit=1", key="operator").status_code == 200
    for query in ("limit=101", "limit=0", "cursor=x", "cursor=WyJhIl0!", "cursor=WzEuNV0"):
        refused = service.ask("GET", f"/v1/{path}?{query}", key="operator")
        assert refused.status_code == 422, (query, refused.text)


def test_reports_come_in_pages(service):
    for number in range(5):
        body = {"event_id": f"r{number}", "kind": "report", "user_id": f"u{number}", "circle_id": "bakers"}
        service.ask("POST", "/v1/events", body)
    found, query = [], "limit=2"
    while query:
        page = service.ask("GET", f"/v1/reports?{query}", key="operator").json
        found += [report["report_id"] for report in page["items"]]
        query = f"limit=2&cursor={page['next_cursor']}" if "next_cursor" in page else ""
    assert len(found) == len(set(found)) == page["total"] == 5


def test_versions_come_in_pages(service):
    answer = service.ask("GET", "/v1/models?limit=1", key="scientist").json
    ModelsOut.model_validate(answer)
    assert (len(answer["items"]), "next_cursor" in answer) == (1, False)
