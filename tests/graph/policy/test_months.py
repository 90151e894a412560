"""The months that owners are told of."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InputError
from graph.policy.months import after, bounds, checked_month, newest_ended, up_to


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_a_month_is_its_whole_weeks_and_the_next_begins_where_it_ends():
    assert bounds("2026-10") == (at("2026-09-28"), at("2026-11-02"))  # Mondays
    assert bounds("2026-11")[0] == bounds("2026-10")[1]


def test_months_are_counted_over_the_turn_of_the_year():
    assert [after("2026-01", n) for n in (-1, 0, 12)] == ["2025-12", "2026-01", "2027-01"]
    assert up_to("2026-01", 3) == ["2025-11", "2025-12", "2026-01"]


@given(st.integers(at("1990-01-01"), at("2090-01-01")))
def test_no_month_that_may_be_told_goes_on_and_none_is_withheld(now):
    newest = newest_ended(now)
    assert bounds(newest)[1] <= now < bounds(after(newest, 1))[1]


@pytest.mark.parametrize(
    "text", ["2026-02", "2026-01-01", "", "2026-13", "1999-12", "２０２６-01", "2026-W02"]
)
def test_other_windows_are_refused(text):
    with pytest.raises(InputError, match="such as 2026-01"):
        checked_month(text, at("2026-02-10"))


def test_the_newest_is_taken_when_none_is_named():
    assert checked_month(None, at("2026-02-10")) == "2026-01"
    assert checked_month("2025-02", at("2026-02-10")) == "2025-02"
