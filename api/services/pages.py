"""Long lists in pages: a cursor names the last entry shown, by what the list is sorted by.

So an entry that goes away between two pages moves nothing, and one that comes to an earlier place is not
shown. Lists of circles for a person have cursors of their own, see `cursors`.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import orjson

from graph.errors import InputError

Entry = TypeVar("Entry")
Key = tuple[int | str, ...]
NOT_OURS = "cursor is not one of this list; ask again without it"


def page_of(
    entries: Sequence[Entry], key: Callable[[Entry], Key], *, limit: int, cursor: str | None
) -> tuple[list[Entry], str | None]:
    """Some entries, and the cursor for the next ones where there are more.

    Args:
        entries: the whole list, increasing by `key`, which no two entries share.

    Raises:
        InputError: the cursor is not one of a list with such keys.
    """
    rest = list(entries)
    if cursor is not None:
        after = _read(cursor)
        try:
            rest = [entry for entry in entries if key(entry) > after]
        except TypeError as error:  # a number beside a text: of another list
            raise InputError(NOT_OURS) from error
    shown = rest[:limit]
    return shown, _written(key(shown[-1])) if len(rest) > limit else None


def with_cursor(answer: dict[str, Any], cursor: str | None) -> dict[str, Any]:
    """An answer that says where it goes on, if it does."""
    return answer if cursor is None else answer | {"next_cursor": cursor}


def _written(key: Key) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def _read(cursor: str) -> Key:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise InputError(NOT_OURS) from error
    if not isinstance(key, list) or not all(type(part) in (int, str) for part in key):
        raise InputError(NOT_OURS)
    return tuple(key)
