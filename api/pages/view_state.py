"""What a merchant looks at, as the address says it: the same address is the same picture.

Values that are no longer offered, or never were, are left out: an old link then shows a little less, and no
error. Whether a group is there is not known here.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import quote, urlencode

from werkzeug.datastructures import MultiDict

from api.pages.words import LANGUAGES
from graph.policy.portraits import CLOSENESS

THEMES = ("auto", "light", "dark")
VIEWS = ("graph", "table")
KINDS = (*CLOSENESS, "circle", "shop")  # what the legend can hide
MAX_EXPANDED = 12  # more groups than have interests to take apart
_ID = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


@dataclass(frozen=True)
class ViewState:
    """One view of a merchant's page.

    lang, theme: as asked in the address; None leaves them to the browser. group: id of the selected node of
    the graph, or one of CLOSENESS. expand: ids of groups that are taken apart. hide: KINDS that are left out.
    circle: of which the health is shown.
    """

    merchant_id: str
    lang: str | None = None
    theme: str | None = None
    group: str | None = None
    expand: tuple[str, ...] = ()
    view: str = "graph"
    hide: tuple[str, ...] = ()
    circle: str | None = None

    @classmethod
    def read(cls, merchant_id: str, args: "MultiDict[str, str]") -> "ViewState":
        """From the query of an address; `expand` and `hide` may stand there several times."""
        return cls(
            merchant_id,
            lang=_one_of(LANGUAGES, args.get("lang")),
            theme=_one_of(THEMES, args.get("theme")),
            group=_an_id(args.get("group")),
            expand=tuple(sorted({x for x in args.getlist("expand") if _an_id(x)}))[:MAX_EXPANDED],
            view=_one_of(VIEWS, args.get("view")) or VIEWS[0],
            hide=tuple(sorted({x for x in args.getlist("hide") if x in KINDS})),
            circle=_an_id(args.get("circle")),
        )

    def changed(self, **changes: Any) -> "ViewState":
        return replace(self, **changes)

    def toggled(self, name: str, value: str) -> "ViewState":
        """With a value of `expand` or `hide` put in, or taken out where it was there."""
        now = set(getattr(self, name))
        return self.changed(**{name: tuple(sorted(now ^ {value}))})

    def query(self) -> list[tuple[str, str]]:
        """Pairs of the address, in one order; nothing that is as it would be anyway."""
        return [
            (part.name, value)
            for part in fields(self)
            if part.name != "merchant_id" and getattr(self, part.name) != part.default
            for value in _several(getattr(self, part.name))
        ]

    def url(self, path: str = "", **changes: Any) -> str:
        """Address of this view with some of it changed.

        Args:
            path: a part of the page, such as "panel" or "download/portrait".
            changes: of the view; names that it does not have are put into the address as they are.
        """
        mine = {name: value for name, value in changes.items() if name in _NAMES}
        more = [(name, str(value)) for name, value in changes.items() if name not in _NAMES]
        state = replace(self, **mine)
        place = f"/merchant/{quote(state.merchant_id, safe='')}" + (f"/{path}" if path else "")
        query = urlencode([*state.query(), *more], quote_via=quote)
        return f"{place}?{query}" if query else place


_NAMES = frozenset(part.name for part in fields(ViewState))


def _one_of(allowed: Sequence[str], value: str | None) -> str | None:
    return value if value in allowed else None


def _an_id(value: str | None) -> str | None:
    return value if value and _ID.fullmatch(value) else None


def _several(value: str | Iterable[str]) -> Iterable[str]:
    return (value,) if isinstance(value, str) else value
