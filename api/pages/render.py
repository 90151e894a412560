"""Makes a page from a template: its language, theme, words, formats and headers.

In a template `t("section.name")` is a text, `asset("x.css")` an address that changes with its content,
`url_with(lang="zh")` this view with something changed, `chosen()` what a form or link must carry on, and
`draw_graph(answer, view)` a fan graph as it is drawn. Language
and theme are in the address, so that a link shows somebody else the same; without it the browser's counts.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, render_template, request
from markupsafe import Markup

from api.pages import catalogue
from api.pages.assets import address
from api.pages.graph_view import Drawing, draw
from api.pages.view_state import KINDS, THEMES, ViewState
from api.pages.words import LANGUAGES

CARRIED = {"lang": LANGUAGES, "theme": THEMES}  # what forms and links take along, and what it may be
# No inline script or style, nothing from elsewhere; pictures that the page itself draws may be downloaded.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    # With `no-referrer` browsers send `Origin: null` with our own forms, as with anybody's.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
}


def init_app(app: Flask) -> None:
    """Teach the templates of an application our words and formats."""
    app.jinja_env.filters |= {"number": _number, "percent": _percent, "day": _day, "month": _month}
    app.jinja_env.filters["code_marks"] = _code_marks
    app.jinja_env.globals |= {"t": text, "asset": address, "url_with": url_with, "chosen": chosen}
    app.jinja_env.globals["draw_graph"] = _draw_graph


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """A merchant's page. `signed_in` is the session, on views that ask for one."""
    chosen_theme = request.args.get("theme")
    body = render_template(
        template,
        language=language(),
        language_tag=catalogue.TAGS[language()],
        other=LANGUAGES[1 - LANGUAGES.index(language())],
        theme=chosen_theme if chosen_theme in THEMES else None,
        themes=THEMES,
        **{"signed_in": g.get("page_session"), "merchant_name": None} | values,
    )
    return Response(body, status, mimetype="text/html", headers=HEADERS)


def language() -> str:
    """The language of this request: asked for in the address, else the browser's."""
    if "language" not in g:  # a page asks for it with each of its texts
        asked = request.args.get("lang")
        fits = request.accept_languages.best_match(LANGUAGES, "en") or "en"
        g.language = asked if asked in LANGUAGES else fits
    return str(g.language)


def wants_json() -> bool:
    """Whether a script asks, and not somebody who reads."""
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json"


def text(key: str, **values: Any) -> str:
    """A text in the language of this request."""
    found = catalogue.texts(language())[key]
    return found.format(**values) if values else found


def url_with(**changed: str | None) -> str:
    """This view's query with some of it changed, or taken out by None; relative, and never empty."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in changed]
    return "?" + urlencode(kept + [(name, value) for name, value in changed.items() if value is not None])


def carried() -> dict[str, str]:
    """Language and theme as they were chosen."""
    return {name: request.args[name] for name, some in CARRIED.items() if request.args.get(name) in some}


def chosen() -> str:
    """Language and theme as they were chosen, as the query of another address; empty when nothing was."""
    return f"?{urlencode(query)}" if (query := carried()) else ""


def _draw_graph(answer: Mapping[str, Any], view: ViewState) -> Drawing:
    return draw(answer, view, language(), {name: text(f"graph.many_{name}") for name in KINDS})


def _code_marks(value: str) -> Markup:
    """A text with its `marked` words as code."""
    parts = value.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else p for i, p in enumerate(parts))


def _number(value: float, digits: int = 0) -> str:
    return catalogue.number(value, language(), digits)


def _percent(value: float, digits: int = 0) -> str:
    return catalogue.percent(value, language(), digits)


def _day(value: Any) -> str:
    return catalogue.day(value, language())


def _month(value: Any, *, short: bool = False) -> str:
    return catalogue.month(value, language(), short=short)
