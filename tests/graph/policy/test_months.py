"""Windows on the calendar."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InputError
from graph.policy.months import after, bounds, checked_month, last_ended, month_of, newest_ended


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_a_month_goes_from_its_first_second_to_the_next_ones():
    assert bounds("2025-12") == (at("2025-12-01"), at("2026-01-01"))
    assert month_of(at("2026-01-01")) == "2026-01"
    assert month_of(at("2026-01-01") - 1) == "2025-12"


def test_months_are_counted_over_the_turn_of_the_year():
    assert [after("2026-01", n) for n in (-1, 0, 12)] == ["2025-12", "2026-01", "2027-01"]
    assert last_ended(at("2026-02-10"), 3) == ["2025-11", "2025-12", "2026-01"]


@given(st.integers(0, 4_000_000_000))
def test_no_month_that_may_be_told_goes_on(now):
    assert bounds(newest_ended(now))[1] <= now
    assert bounds(month_of(now))[1] > now


@pytest.mark.parametrize("text", ["2026-02", "2026-01-01", "", "2026-13", "2024-12", "２０２６-01"])
def test_other_windows_are_refused(text):
    with pytest.raises(InputError, match="2025-02 to 2026-01"):
        checked_month(text, at("2026-02-10"), oldest=12)


def test_the_newest_is_taken_when_none_is_named():
    assert checked_month(None, at("2026-02-10"), oldest=12) == "2026-01"
    assert checked_month("2025-02", at("2026-02-10"), oldest=12) == "2025-02"
