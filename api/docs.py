"""`/openapi.json` and `/docs`: Swagger UI from an installed package, no address outside, no inline script."""

from flask import Blueprint, Response, current_app

from api import contract
from api.guard import allow

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
<link rel="stylesheet" href="/assets/docs.css">
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
    response = app.json.response(contract.of(app))
    assert isinstance(response, Response)
    return response


@pages.get("/docs")
@allow()
def docs() -> Response:
    """What this service can do, for people."""
    return Response(PAGE, mimetype="text/html", headers={"Content-Security-Policy": POLICY})
