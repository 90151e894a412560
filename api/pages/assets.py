"""Styles, scripts and pictures of the pages, as bytes in memory. No Flask.

`address` names a version of all of them together, so that a browser may keep them for good, and so that
scripts that import each other (`./scene.js`) are of one version.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
SWAGGER = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"
FROM_SWAGGER = {
    "swagger-ui.css": SWAGGER / "css",
    "swagger-ui-bundle.js": SWAGGER / "js",
    "swagger-ui-standalone-preset.js": SWAGGER / "js",
}
# Sent as one file: a page on a slow line should not ask for many.
JOINED = {
    "page.css": ("tokens.css", "page.css"),
    "merchant.css": ("tokens.css", "merchant.css", "sections.css", "graph.css", "invite.css", "problems.css"),
}
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """One file as it is sent; `tag` changes with its content."""

    content: bytes
    kind: str
    tag: str


@cache
def names() -> frozenset[str]:
    """Everything that is served; whatever else is asked for is not there."""
    return frozenset(path.name for path in ASSETS.iterdir() if path.suffix in TYPES) | FROM_SWAGGER.keys()


@cache
def load(name: str) -> Asset:
    """One of `names`."""
    parts = [FROM_SWAGGER.get(part, ASSETS) / part for part in JOINED.get(name, (name,))]
    content = b"".join(part.read_bytes() for part in parts)
    return Asset(content, TYPES[Path(name).suffix], hashlib.sha256(content).hexdigest()[:16])


@cache
def version() -> str:
    """A name of all our files as they are."""
    own = sorted(names() - FROM_SWAGGER.keys())
    return hashlib.sha256("".join(name + load(name).tag for name in own).encode()).hexdigest()[:12]


def address(name: str) -> str:
    """Where a page finds a file. Raises KeyError for one that is not there."""
    if name not in names():
        raise KeyError(f"no asset is called {name!r}")
    return f"/assets/{version()}/{name}"
