"""`/merchant/{m}`: the merchant's page, and the part of it that changes with the selection."""

from typing import Any

from flask import Blueprint, Response, request

from api.guard import context
from api.page_guard import signed_in
from api.pages import figures
from api.pages.render import language, page
from api.pages.view_state import ViewState
from api.routes import merchant_circle, merchant_invite
from api.services.merchants import name_of

pages = Blueprint("merchant_page", __name__, template_folder="../pages")


@pages.get("/merchant/<merchant_id>")
@signed_in
def merchant(merchant_id: str) -> Response:
    """The page of whoever is signed in, in the view that the address names."""
    wired, state = context(), ViewState.read(merchant_id, request.args)
    values = figures.whole_page(wired, state, language(), now=wired.now())
    failed = values["failed"]
    return page(
        "merchant/page.html",
        state=state,
        merchant_id=merchant_id,
        merchant_name=name_of(wired, merchant_id),
        invite=figures.attempt("invite", failed, lambda: _invite(state)),
        circle_health=figures.attempt("circles", failed, lambda: _circle_health(state)),
        **values,
    )


@pages.get("/merchant/<merchant_id>/panel")
@signed_in
def panel(merchant_id: str) -> Response:
    """What changes when another node is selected: elements whose ids are those of the page."""
    wired, state = context(), ViewState.read(merchant_id, request.args)
    values = figures.panel(wired, state, now=wired.now())
    return page("merchant/_selected.html", state=state, merchant_id=merchant_id, **values)


def _invite(state: ViewState) -> dict[str, Any]:
    return merchant_invite.state(state.merchant_id, state.circle, request.args.get("audience"))


def _circle_health(state: ViewState) -> dict[str, Any]:
    return merchant_circle.state(state.merchant_id, state.circle)
