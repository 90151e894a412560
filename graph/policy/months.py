"""The months in which owners are told what changed: those of the lattice, each made of whole weeks.

Months do not overlap, so that nobody learns of one person by subtracting two of them; and only months that
have ended are told, so that nobody watches a count grow.
"""

import re
from datetime import UTC, datetime

from graph.errors import InputError
from graph.policy.lattice import read_window

_FORM = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
OLDEST = "2000-01"  # before it nobody paid by phone
_ANY_TIME = 1 << 40  # a moment by which every month has ended


def bounds(month: str) -> tuple[int, int]:
    """First epoch second of a month such as `2026-10`, and of the next one."""
    window = read_window(month, now=_ANY_TIME)
    return window.start, window.end


def after(month: str, number: int) -> str:
    """The month that lies `number` months later; earlier when negative."""
    year, of_year = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + number, 12)
    return f"{year:04}-{of_year + 1:02}"


def newest_ended(now: int) -> str:
    """The newest month that is over."""
    month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
    while bounds(month)[1] > now:
        month = after(month, -1)
    return month


def up_to(month: str, number: int) -> list[str]:
    """So many months, the last of them this one; oldest first."""
    return [after(month, back) for back in range(1 - number, 1)]


def checked_month(text: str | None, now: int) -> str:
    """A month that may be told: one that has ended. None: the newest.

    Raises:
        InputError: another form, or a month that goes on.
    """
    newest = newest_ended(now)
    if text is None:
        return newest
    if not _FORM.fullmatch(text) or not OLDEST <= text <= newest:
        raise InputError(
            f"window is {text[:20]!r}; expected a month that has ended, such as {newest}, since {OLDEST}"
        )
    return text
