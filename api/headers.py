"""Headers that every answer carries, so that a browser does nothing with it that we did not mean."""

from flask import Flask, Response, request

NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Content-Security-Policy", NO_PAGE),
    ("Cache-Control", "no-store"),
    ("Server", "circles"),  # not which server, and of which version
)
# A browser that once came by HTTPS comes by nothing else for a year.
BY_HTTPS = (*ALWAYS, ("Strict-Transport-Security", "max-age=31536000"))


def init_app(app: Flask) -> None:
    app.after_request(_add)


def is_https() -> bool:
    """Whether the browser speaks HTTPS, with us or with the proxy before us, which says so."""
    environ = request.environ
    if environ["wsgi.url_scheme"] == "https":
        return True
    return str(environ.get("HTTP_X_FORWARDED_PROTO", "")).partition(",")[0].strip() == "https"


def _add(response: Response) -> Response:
    """Add what is not there yet; a page has said more about itself than this."""
    headers = response.headers
    there = {name.lower() for name, _ in headers}  # once: `setdefault` looks through them all each time
    for name, value in BY_HTTPS if is_https() else ALWAYS:
        if name.lower() not in there:
            headers.add(name, value)
    return response
