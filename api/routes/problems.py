"""`/problems`: a page for each code of a problem, for people and for machines."""

from typing import Any

from flask import Blueprint, Response, current_app

from api import contract, problems
from api.guard import allow
from api.pages.render import language, page, wants_json
from api.routes.shared import answer
from graph.errors import NotFound

pages = Blueprint("problems", __name__)


@pages.get("/problems")
@allow()
def index() -> Response:
    """All codes with their statuses."""
    found: list[dict[str, Any]] = [
        {"code": code, "statuses": list(statuses), "title": problems.explained(code, language())["title"]}
        for code, statuses in sorted(problems.CODES.items())
    ]
    if wants_json():
        return _vary(answer({"items": [one | {"type": problems.address(one["code"])} for one in found]}))
    return _vary(page("problems/index.html", found=found))


@pages.get("/problems/<code>")
@allow()
def one(code: str) -> Response:
    """What a problem means, why it happens, what to do, and where it is answered."""
    if code not in problems.CODES:
        raise NotFound("no problem has this code; /problems lists them")
    found: dict[str, Any] = {
        "type": problems.address(code),
        "code": code,
        "statuses": list(problems.CODES[code]),
        **problems.explained(code, language()),
        "routes": _routes(code),
    }
    if wants_json():
        return _vary(answer(found))
    return _vary(page("problems/one.html", found=found, is_on_pages=code in problems.ON_PAGES))


def _routes(code: str) -> list[str]:
    return contract.routes_with(contract.of(current_app), code)


def _vary(response: Response) -> Response:
    response.vary.update(("Accept", "Accept-Language"))
    return response
