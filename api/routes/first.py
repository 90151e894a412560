"""`/`, the first page for people, and `/readme`."""

from importlib.metadata import metadata

from flask import Blueprint, Response, render_template, request

from api.guard import allow, context
from api.pages.render import language as language_asked
from api.pages.words import LANGUAGES, words_in
from api.services import front
from graph.settings import PROJECT

# No script at all, and nothing from elsewhere.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

pages = Blueprint("first", __name__, template_folder="../pages")


@pages.get("/")
@allow()
def first() -> Response:
    """What this service has loaded; with public data also somebody's circles."""
    wired, language = context(), language_asked()
    seen = front.overview(wired)
    user = request.args.get("user", "").strip()[:200] if seen.is_public else ""
    page = render_template(
        "first.html",
        w=words_in(language),
        language=language,
        other=LANGUAGES[1 - LANGUAGES.index(language)],
        front=seen,
        columns=[name for name in seen.metrics[0] if name != "name"] if seen.metrics else [],
        user=user,
        answer=front.circles_of(wired, user) if user else None,
    )
    headers = {"Content-Security-Policy": POLICY, "Vary": "Accept-Language"}
    return Response(page, mimetype="text/html", headers=headers)


@pages.get("/readme")
@allow()
def readme() -> Response:
    """The project's README, as it was written."""
    path = PROJECT / "README.md"
    if path.is_file():
        return Response(path.read_text(encoding="utf-8"), content_type="text/plain; charset=utf-8")
    text = metadata("circles").json["description"]  # installed from a wheel, whose metadata has it
    return Response(text, content_type="text/plain; charset=utf-8")
