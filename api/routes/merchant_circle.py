"""`/merchant/{m}/circle-health`: how one of a merchant's circles does.

Looking is free. What costs budget is asked for by a form that says so; what was paid for is shown at once.
"""

from typing import Any

from flask import Blueprint, Response, redirect, request

from api.guard import context
from api.page_guard import signed_in
from api.pages.render import page
from api.pages.sections import address, refused
from api.services import circle_links, circle_page, inviting
from api.services.merchants import name_of
from graph.errors import CirclesError, NotFound, StoreUnavailable

pages = Blueprint("merchant_circle", __name__, template_folder="../pages")

PATH = "/merchant/<merchant_id>/circle-health"


@pages.get(PATH)
@signed_in
def circle_health(merchant_id: str) -> Response:
    """One circle, with what costs nothing any more."""
    return _shown(merchant_id, state(merchant_id, request.args.get("circle")))


@pages.post(PATH)
@signed_in
def act(merchant_id: str) -> Response:
    """Ask for months or flows, or answer a proposal of a link."""
    step, circle_id = request.form.get("step", ""), request.form.get("circle", "")
    try:
        if step in LINK_STEPS:
            return _on_link(merchant_id, step, circle_id)
        asked = frozenset({step}) & {"months", "flows"}
        return _shown(merchant_id, state(merchant_id, circle_id, asked=asked))
    except (NotFound, StoreUnavailable):
        raise
    except CirclesError as error:
        refusal = refused(error, step)
        return _shown(merchant_id, state(merchant_id, circle_id) | {"refused": refusal}, refusal["status"])


def state(merchant_id: str, circle_id: str | None, *, asked: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What the section shows; nothing is asked, and nothing spent, that the merchant did not ask for.

    Args:
        asked: `months` and `flows`, where their price was agreed to.

    Raises:
        NotFound: the circle is unknown, or another merchant's.
    """
    wired, now = context(), context().now()
    value: dict[str, Any] = {"circles": inviting.circles_of(wired, merchant_id, now=now), "circle": None}
    if not circle_id:
        return value
    found = circle_page.overview(wired, merchant_id, circle_id, now=now)
    value |= {"circle": found, "months": None, "flows": None}
    price = found["months_price"]
    if price["questions"] and ("months" in asked or not price["price"]):
        value["months"] = circle_page.months(wired, merchant_id, circle_id, now=now)
    if found["flows_price"] and ("flows" in asked or not found["flows_price"]["price"]):
        value["flows"] = circle_page.flows_between(wired, merchant_id, circle_id, now=now)
    return value


def _on_link(merchant_id: str, step: str, circle_id: str) -> Response:
    wired, link_id = context(), request.form.get("link", "")
    LINK_STEPS[step](wired, merchant_id, link_id, now=wired.now())
    return redirect(address(merchant_id, "circle-health", "circles", circle=circle_id), 303)  # type: ignore[return-value]


LINK_STEPS = {"accept": circle_links.accept, "withdraw": circle_links.withdraw}


def _shown(merchant_id: str, section: dict[str, Any], status: int = 200) -> Response:
    alone = request.headers.get("X-Fragment") == "circle-health"
    template = "merchant/_circle_health.html" if alone else "merchant/circle_health.html"
    name = None if alone else name_of(context(), merchant_id)
    return page(template, status=status, merchant_id=merchant_id, merchant_name=name, circle_health=section)
