"""`/assets`: what pages are styled and moved by."""

from flask import Blueprint, Response, abort, request

from api.guard import allow
from api.pages import assets

FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"  # kept, but asked about each time: 304 when nothing changed

pages = Blueprint("assets", __name__)


@pages.get("/assets/<name>")
@allow()
def asset(name: str) -> Response:
    """The file as it is now."""
    return _send(name, ASK_AGAIN)


@pages.get("/assets/<version>/<name>")
@allow()
def versioned(version: str, name: str) -> Response:
    """The file for a page of this version. While versions are exchanged a page may ask for another one."""
    return _send(name, FOR_GOOD if version == assets.version() else ASK_AGAIN)


def _send(name: str, keep: str) -> Response:
    if name not in assets.names():
        abort(404)
    found = assets.load(name)
    response = Response(found.content, mimetype=found.kind, headers={"Cache-Control": keep})
    response.set_etag(found.tag)
    response.make_conditional(request)
    return response
