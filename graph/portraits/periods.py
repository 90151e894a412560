"""Periods of four weeks on one grid for all: numbered since 1970, Monday to Monday, UTC; they never move."""

PERIOD_WEEKS = 4
DAY_S = 86_400
WEEK_S = 7 * DAY_S
PERIOD_S = PERIOD_WEEKS * WEEK_S
FIRST_MONDAY_S = 4 * DAY_S  # 1 January 1970 was a Thursday


def period_of(at: int) -> int:
    """Number of the period that a moment lies in, epoch seconds."""
    return (at - FIRST_MONDAY_S) // PERIOD_S


def bounds_of(period: int) -> tuple[int, int]:
    """Start and end of a period, epoch seconds; the end is the start of the next one."""
    start = FIRST_MONDAY_S + period * PERIOD_S
    return start, start + PERIOD_S


def newest_closed(end: int) -> int:
    """The last period of which all weeks are over.

    Args:
        end: of the last whole week with data, epoch seconds, a Monday.
    """
    return period_of(end) - 1
