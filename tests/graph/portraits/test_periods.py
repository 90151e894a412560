"""The grid of periods: four weeks each, from Monday to Monday."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from graph.portraits.periods import bounds_of, newest_closed, period_of


def moment(*day):
    return int(datetime(*day, tzinfo=UTC).timestamp())


def test_a_period_goes_from_a_monday_to_a_monday_four_weeks_later():
    assert bounds_of(625) == (moment(2017, 12, 4), moment(2018, 1, 1))


def test_a_period_is_closed_when_its_last_week_is_over():
    assert newest_closed(moment(2018, 1, 1)) == 625
    assert newest_closed(moment(2017, 12, 25)) == newest_closed(moment(2017, 12, 4)) == 624


@given(st.integers(10**8, 4 * 10**9))
def test_every_moment_lies_in_one_period(at):
    start, end = bounds_of(period_of(at))
    assert start <= at < end
