"""The figures of a merchant's page, by section: one that fails leaves the others standing."""

import logging
from collections.abc import Callable
from datetime import date
from typing import Any

from api.context import Context
from api.pages import selection
from api.pages.selection import Section
from api.pages.view_state import ViewState
from api.pages.what_changed import what_changed
from api.services.fan_graph import fan_graph
from api.services.peers import peers
from api.services.portraits import portrait
from graph.errors import CirclesError, InputError, NotFound
from graph.policy.portraits import CLOSENESS

log = logging.getLogger(__name__)

PARTS = ("health", "fans", "portrait", "invite", "circles", "peers")  # ids on the page, in its order
WORDS_OF_THEME = 3  # leading interests that an invitation begins with
FORMS = {"people": "count", "regulars": "share", "new": "share", "kept": "share", "change": "change"}


def whole_page(context: Context, state: ViewState, language: str, *, now: int) -> dict[str, Any]:
    """What the templates of all sections need.

    Raises:
        NotFound: no such merchant.
    """
    asked = _Asked(context, state.merchant_id, now)
    graph = asked("graph", lambda: graph_of(context, state, now=now))
    everybody = asked("health", lambda: portrait(*asked.whose, now=now))
    beside = asked("peers", lambda: peers(*asked.whose, now=now))
    chosen = _panel(asked, state, graph, everybody)
    told = next((part for part in (everybody, graph, beside) if part), None)
    return chosen | {
        "parts": PARTS,
        "everybody": everybody,
        "graph": graph,
        "peers": beside,
        "peer_forms": FORMS,
        "gist": what_changed(everybody, beside, language) if everybody else "",
        "meta": told["meta"] if told else None,
        "when": _when(told["meta"]) if told else None,
        "why_empty": _why_empty(everybody or graph),
        "failed": asked.failed,
    }


def panel(context: Context, state: ViewState, *, now: int) -> dict[str, Any]:
    """What the templates of a new selection need; raises as `whole_page`."""
    asked = _Asked(context, state.merchant_id, now)
    graph = asked("graph", lambda: graph_of(context, state, now=now))
    return _panel(asked, state, graph, None) | {"failed": asked.failed}


def attempt(name: str, failed: dict[str, str], ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """An answer; None where the service cannot give it now, with its code under `name` in `failed`.

    Raises:
        NotFound: what was asked for is not there, or not visible.
    """
    try:
        return ask()
    except NotFound:
        raise
    except CirclesError as error:
        log.warning("section %s of a merchant's page: %s", name, error)
        failed[name] = error.code
        return None


class _Asked:
    """Asks services for one merchant, and remembers which of them failed."""

    def __init__(self, context: Context, merchant_id: str, now: int) -> None:
        self.whose = (context, merchant_id, merchant_id)
        self.now = now
        self.failed: dict[str, str] = {}

    def __call__(self, name: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        return attempt(name, self.failed, ask)


def graph_of(context: Context, state: ViewState, *, now: int) -> dict[str, Any]:
    """The fan graph of a view; groups of an old link that cannot be taken apart any more stay whole."""
    whose = (context, state.merchant_id, state.merchant_id)
    try:
        return fan_graph(*whose, expand=state.expand, now=now)
    except InputError:
        return fan_graph(*whose, now=now)


def _panel(
    asked: _Asked, state: ViewState, graph: Section | None, everybody: Section | None
) -> dict[str, Any]:
    """The selection, its portrait, and where its names lead. everybody: the portrait of all, where known."""
    picked = selection.select(state.group, graph)
    filters: dict[str, Any] = {"closeness": picked.closeness, "scene": picked.scene}
    is_all = picked.closeness is None
    about = everybody if is_all and everybody else None
    about = about or asked("portrait", lambda: portrait(*asked.whose, **filters, now=asked.now))
    found = about or {"circles": [], "covisits": []}
    return {
        "picked": picked,
        "is_unknown": state.group is not None and is_all and picked.node is None,
        "portrait": about,
        "invite_href": _invite_href(state, picked, about),
        "ties": selection.ties(picked.node, graph, state),
        "standing_hrefs": {each: selection.address(state, each) for each in CLOSENESS},
        "circle_hrefs": selection.hrefs(found["circles"], "c:", graph, state),
        "shop_hrefs": selection.hrefs(found["covisits"], "s:", graph, state),
    }


def _invite_href(state: ViewState, picked: selection.Selection, about: Section | None) -> str:
    """Where inviting begins: with the interest that makes the selected group, else with its leading ones."""
    own = picked.node["id"].partition(":")[2] if picked.closeness and picked.node else ""
    interests = about["interests"] if about else []
    named = {item["id"]: item["name"]["en"] for item in interests}
    words = named.get(own, own) or ", ".join([*named.values()][:WORDS_OF_THEME])
    return state.url("invite", words=words) if words else state.url("invite")


def _why_empty(told: Section | None) -> str | None:
    """Which words say why there is no portrait: none was ever built, or there are too few fans."""
    if told is None or "why_empty" not in told:
        return None
    return "none" if told["meta"]["window"] is None else "few"


def _when(meta: Section) -> dict[str, date | None] | None:
    """Days of the window and of the making; None before the first portraits."""
    if meta["window"] is None:
        return None
    ends = {name: date.fromisoformat(meta["window"][name]) for name in ("from", "to")}
    made = {"made": meta["made_at"], "renewed": meta["renewed_after"]}
    return ends | {name: date.fromisoformat(value[:10]) if value else None for name, value in made.items()}
