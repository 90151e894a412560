"""Signing in to a merchant's page: the form, the cookie, and where one goes on to.

The cookie is SameSite=Strict: a link from a chat or a mail arrives without it. Then the browser is asked to
come again from here (`ask_again`), and only who has no session meets the form, which goes on to what was
wanted.
A key has 256 random bits: nobody guesses it. Wrong ones are counted all the same, by address.
"""

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from flask import Response, request

from api.guard import context
from api.headers import is_https
from api.pages.render import CARRIED, page
from api.services import demonstration
from graph.errors import StoreError

HOME = "/merchant"
_OWN_PAGE = re.compile(r"/merchant/([^/?#\\]+)([/?][!-~]*)?")
_IN_QUERY = "%&=+,:;@/?!$()*~"


def is_page(path: str) -> bool:
    """Whether an address is one of the merchant's pages."""
    return path == HOME or path.startswith(f"{HOME}/")


def ask(*, status: int = 200, wanted: str | None = None, is_wrong: bool = False) -> Response:
    """The sign-in page. `wanted`: where to go on to; this very view when absent."""
    try:
        offers = demonstration.offers(context())
    except StoreError:
        offers = []  # with a key one may still sign in
    response = page(
        "merchant/sign_in.html",
        status=status,
        offers=offers,
        wanted=_here() if wanted is None else wanted,
        is_wrong=is_wrong,
    )
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Session realm="circles"'
    return response


def ask_again() -> Response:
    """A page that loads what was asked for once more, this time from our own site, and so with the cookie."""
    return page("merchant/again.html", wanted=_here())


def page_of(merchant_id: str, wanted: str = "") -> str:
    """Where a merchant goes on to: a wanted view of their own page, else its beginning. Never elsewhere."""
    own = f"{HOME}/{quote(merchant_id, safe='')}"
    found = _OWN_PAGE.fullmatch(wanted)
    if found and unquote(found[1]) == merchant_id:
        return own + (found[2] or "")
    query = [(name, some) for name, some in parse_qsl(_query(wanted)) if some in CARRIED.get(name, ())]
    return own + (f"?{urlencode(query)}" if query else "")


def _here() -> str:
    """The address of this request without its host."""
    query = request.query_string.decode("ascii", "ignore")
    return quote(request.path, safe="/:@~") + (f"?{quote(query, safe=_IN_QUERY)}" if query else "")


def _query(address: str) -> str:
    try:
        return urlsplit(address).query
    except ValueError:
        return ""


def cookie_name() -> str:
    """Over HTTPS a name that browsers take from this very host alone."""
    return "__Host-circles" if is_https() else "circles"


def give_cookie(response: Response, token: str) -> None:
    """Hand out a session; the browser keeps it until it is closed, we for LIFE_S at most."""
    response.set_cookie(cookie_name(), token, path="/", secure=is_https(), httponly=True, samesite="Strict")


def take_cookie(response: Response) -> None:
    """Take a session back."""
    response.delete_cookie(cookie_name(), path="/", secure=is_https(), httponly=True, samesite="Strict")
