"""Calendar months, UTC: the only windows in which owners are told what changed.

Windows on a fixed grid do not overlap, so that nobody learns of one person by subtracting two of them; and
only months that have ended are told, so that nobody watches a count grow.
"""

import re
from datetime import UTC, datetime

from graph.errors import InputError

_FORM = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def month_of(moment: int) -> str:
    """The month of an epoch second, as `2026-10`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m")


def bounds(month: str) -> tuple[int, int]:
    """First epoch second of a month and of the next one."""
    return _start(month), _start(after(month, 1))


def after(month: str, number: int) -> str:
    """The month that lies `number` months later; earlier when negative."""
    year, of_year = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + number, 12)
    return f"{year:04}-{of_year + 1:02}"


def newest_ended(now: int) -> str:
    """The month before the one that `now` lies in."""
    return after(month_of(now), -1)


def last_ended(now: int, number: int) -> list[str]:
    """So many months that have ended, oldest first."""
    newest = newest_ended(now)
    return [after(newest, back) for back in range(1 - number, 1)]


def checked_month(text: str | None, now: int, *, oldest: int) -> str:
    """A month that may be told: it has ended, at most `oldest` months ago. None: the newest.

    Raises:
        InputError: another form, a month that goes on, or one too long ago.
    """
    newest = newest_ended(now)
    first = after(newest, 1 - oldest)
    if text is None:
        return newest
    if not _FORM.fullmatch(text) or not first <= text <= newest:
        raise InputError(f"window is {text[:20]!r}; expected a month that has ended, {first} to {newest}")
    return text


def _start(month: str) -> int:
    return int(datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC).timestamp())
