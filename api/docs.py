"""`/openapi.json` and `/docs`: Swagger UI from an installed package, no address outside, no inline script."""

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, current_app, send_from_directory
from flask_openapi3.openapi import OpenAPI

from api.guard import allow

SWAGGER = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"
ASSETS = Path(__file__).parent / "pages" / "assets"
FILES = {
    "swagger-ui.css": SWAGGER / "css",
    "swagger-ui-bundle.js": SWAGGER / "js",
    "swagger-ui-standalone-preset.js": SWAGGER / "js",
    "docs.js": ASSETS,
    "page.css": ASSETS,
    "icon.svg": ASSETS,
}
# Swagger UI sets styles on elements and draws icons from data addresses; scripts only come from here.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Circles API</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript; <a href="/openapi.json">openapi.json</a> does not.</noscript>
<script src="/assets/swagger-ui-bundle.js"></script>
<script src="/assets/swagger-ui-standalone-preset.js"></script>
<script src="/assets/docs.js"></script>
</body>
</html>
"""

pages = Blueprint("docs", __name__)


@pages.get("/openapi.json")
@allow()
def openapi() -> Response:
    """What this service can do, for machines."""
    app = current_app
    assert isinstance(app, OpenAPI)
    response = app.json.response(app.api_doc)
    assert isinstance(response, Response)
    return response


@pages.get("/docs")
@allow()
def docs() -> Response:
    """What this service can do, for people."""
    return Response(PAGE, mimetype="text/html", headers={"Content-Security-Policy": POLICY})


@pages.get("/assets/<name>")
@allow()
def asset(name: str) -> Response:
    """Styles and scripts of the pages."""
    response = send_from_directory(FILES.get(name, ASSETS), name, max_age=3600)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
