"""Weeks: a list of suggestions holds for one, from Monday to Sunday, UTC.

Numbered from the week of 1 January 1970. Pure: the caller passes the moment.
"""

DAY_S = 86_400
DAYS = 7
PERIOD_S = DAYS * DAY_S
_MONDAY_S = 3 * DAY_S  # 1 January 1970 was a Thursday


def period_of(at: int) -> int:
    """The week of a moment, epoch seconds."""
    return (at + _MONDAY_S) // PERIOD_S


def start_of(period: int) -> int:
    """Epoch seconds of its Monday, 00:00."""
    return period * PERIOD_S - _MONDAY_S


def day_of(at: int) -> int:
    """0 on Monday to 6 on Sunday."""
    return (at + _MONDAY_S) % PERIOD_S // DAY_S
