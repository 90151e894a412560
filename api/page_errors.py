"""Errors of the merchant's pages are pages: a problem of `errors.py` is dressed for people, its status kept.

A script that asks for JSON gets the problem itself. A page that is not there and one that is somebody else's
are the same bytes.
"""

import orjson
from flask import Flask, Response, request

from api.pages.render import page, wants_json
from api.sign_in import is_page

PROBLEM = "application/problem+json"
# status -> which words of the catalogue; of another status those of `failed`
WORDS = {403: "forbidden", 404: "not_found", 503: "away"}


def init_app(app: Flask) -> None:
    app.after_request(_dress)


def _dress(response: Response) -> Response:
    if response.mimetype != PROBLEM or not is_page(request.path) or wants_json():
        return response
    problem = orjson.loads(response.get_data())
    dressed = page(
        "merchant/error.html",
        status=response.status_code,
        words=WORDS.get(response.status_code, "failed"),
        # Only what went wrong here can be looked up in our log; elsewhere it would tell pages apart.
        instance=problem["instance"] if response.status_code == 500 else None,
        signed_in=None,
    )
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            dressed.headers[name] = response.headers[name]
    dressed.vary.add("Accept")
    return dressed
