"""Lists that come in pages, as one."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def every(call: Callable[..., Mapping[str, Any]], *place: Any, **asked: Any) -> Iterator[Any]:
    """Each item of a list, page after page: `every(client.own_circles_list, limit=100)`.

    Asks for the next page when the one before is used up; ends at the page without `next_cursor`.
    """
    while True:
        page = call(*place, **asked)
        yield from page["items"]
        if not page.get("next_cursor"):
            return
        asked["cursor"] = page["next_cursor"]
