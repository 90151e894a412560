"""`/merchant/{m}/download/{what}`: what the page shows, as a file; who took it is noted in the log."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, request

from api.context import Context
from api.errors import Problem
from api.guard import context
from api.page_guard import DEMONSTRATION, UNKNOWN_PAGE, signed_in
from api.pages.figures import graph_of
from api.pages.selection import select
from api.pages.view_state import ViewState
from api.routes.downloads import asked_form, told
from api.services.peers import peers
from api.services.portraits import portrait

pages = Blueprint("merchant_downloads", __name__, template_folder="../pages")


@pages.get("/merchant/<merchant_id>/download/<what>")
@signed_in
def download(merchant_id: str, what: str) -> Response:
    """A portrait (of the selected group), fan graph or comparison in the form that the address names."""
    if what not in ANSWERS:
        raise Problem(404, UNKNOWN_PAGE)
    form = asked_form(what, request.args.get("format"))
    answer = ANSWERS[what](ViewState.read(merchant_id, request.args))
    return told(what, answer, form, who=g.page_session.key_id or DEMONSTRATION, is_file=True)


def _portrait(state: ViewState) -> dict[str, Any]:
    picked = select(state.group, _fan_graph(state) if state.group else None)
    return portrait(*_whose(state), closeness=picked.closeness, scene=picked.scene, now=context().now())


def _fan_graph(state: ViewState) -> dict[str, Any]:
    return graph_of(context(), state, now=context().now())


def _peers(state: ViewState) -> dict[str, Any]:
    return peers(*_whose(state), now=context().now())


def _whose(state: ViewState) -> tuple[Context, str, str]:
    return context(), state.merchant_id, state.merchant_id


ANSWERS: dict[str, Callable[[ViewState], dict[str, Any]]] = {
    "portrait": _portrait,
    "fan-graph": _fan_graph,
    "peers": _peers,
}
