"""Weeks begin on Monday, UTC."""

from datetime import UTC, datetime

import pytest

from graph.links.periods import day_of, period_of, start_of


@pytest.mark.parametrize("day", range(7))
def test_a_week_is_from_monday_to_sunday(day):
    monday = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp())
    last = monday + day * 86_400 + 86_399
    assert start_of(period_of(last)) == monday
    assert day_of(last) == day
    assert period_of(monday - 1) == period_of(monday) - 1
