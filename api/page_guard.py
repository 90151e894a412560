"""Who may see a merchant's page: a session in a cookie, and proof that a form is our own.

A page takes no API key: whoever signs in with one gets a cookie that no script can read and that no other
site can make a browser send. Every unsafe request must come from this very site, and one of somebody
signed in must carry the token of their session (form field `csrf`, or header `X-CSRF-Token`).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from api import sign_in
from api.actor import ACTOR, Actor
from api.auth import Role
from api.errors import Problem, respond
from api.guard import SAFE, context
from api.pages.render import wants_json
from api.services import demonstration
from api.sessions import Session

ELSEWHERE = frozenset({"cross-site", "same-site"})  # another host of the same owner is not us
DEMONSTRATION = "demonstration"  # who acts where public data are tried without a key
UNKNOWN_PAGE = "no such page, or not visible to you"

View = TypeVar("View", bound=Callable[..., Any])


def init_app(app: Flask) -> None:
    app.before_request(_check_origin)


def signed_in(view: View) -> View:
    """Let in who is signed in, and give the view their `merchant_id`.

    A route that names a merchant (`<merchant_id>`) answers 404 for any other than one's own, whether there is
    one or not.
    """

    @wraps(view)
    def guarded(**values: Any) -> Any:
        session = current_session()
        if session is None:
            return _meet_stranger()
        if request.method not in SAFE and not session.knows(_given_token()):
            raise Problem(403, "the form is not of this session; load the page again", code="csrf")
        if values.pop("merchant_id", session.merchant_id) != session.merchant_id:
            raise Problem(404, UNKNOWN_PAGE)
        g.page_session = session
        ACTOR.set(Actor(session.key_id or DEMONSTRATION, Role.MERCHANT.value, g.request_id))
        return view(merchant_id=session.merchant_id, **values)

    guarded.roles = None  # type: ignore[attr-defined]
    guarded.signed_in = True  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def current_session() -> Session | None:
    """Who is signed in, asked anew at every request.

    Raises:
        StoreUnavailable: whether these are still public data cannot be told.
    """
    wired = context()
    session = wired.sessions.find(request.cookies.get(sign_in.cookie_name(), ""), now=wired.now())
    if session and session.key_id is None and not demonstration.is_offered(wired, session.merchant_id):
        return None
    return session


def _meet_stranger() -> Response:
    if wants_json():
        return respond(401, "signed_out", "sign in at /merchant and load the page again")
    return sign_in.ask_again() if came_from_outside() else sign_in.ask(status=401)


def came_from_outside() -> bool:
    """Whether a link of another site led here: then the browser kept the cookie back."""
    return (
        request.method in SAFE
        and request.headers.get("Sec-Fetch-Site") in ELSEWHERE
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
    )


def _check_origin() -> None:
    """Refuse what another site sends. Browsers say where a form comes from; without them there is no cookie
    that could be abused."""
    if not sign_in.is_page(request.path) or request.method in SAFE:
        return
    origin = request.headers.get("Origin")
    is_own = origin is None or urlsplit(origin).netloc == request.host
    if not is_own or request.headers.get("Sec-Fetch-Site") in ELSEWHERE:
        raise Problem(403, "sent from another site", code="other_site")


def _given_token() -> str:
    return request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
