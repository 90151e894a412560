"""`/merchant`: signing in and out of a merchant's page."""

from flask import Blueprint, Response, g, redirect, request

from api import sign_in
from api.actor import ACTOR, Actor
from api.audit import Action, record
from api.auth import Role
from api.guard import allow, context, count_failure
from api.page_guard import DEMONSTRATION, came_from_outside, current_session, signed_in
from api.pages.render import chosen
from api.services import demonstration

pages = Blueprint("merchant_session", __name__, template_folder="../pages")


@pages.get("/merchant")
@allow()
def entrance() -> Response:
    """One's own page, or the form to sign in."""
    session = current_session()
    if session is not None and _has_page(session.merchant_id):
        return _go(sign_in.page_of(session.merchant_id, request.full_path))
    return sign_in.ask_again() if came_from_outside() else sign_in.ask()


@pages.post("/merchant/session")
@allow()
def enter() -> Response:
    """Exchange a merchant's key, or the name of a merchant that may be tried, for a session."""
    wanted = request.form.get("next", "")
    found = _begin()
    if found is None:
        count_failure()
        return sign_in.ask(status=401, wanted=wanted, is_wrong=True)
    token, merchant_id = found
    context().sessions.end(request.cookies.get(sign_in.cookie_name(), ""))
    response = _go(sign_in.page_of(merchant_id, wanted))
    sign_in.give_cookie(response, token)
    return response


@pages.post("/merchant/session:end")
@signed_in
def leave(merchant_id: str) -> Response:
    """Sign out."""
    context().sessions.end(request.cookies.get(sign_in.cookie_name(), ""))
    response = _go(sign_in.HOME + chosen())
    sign_in.take_cookie(response)
    return response


def _has_page(merchant_id: str) -> bool:
    """Whether a merchant was loaded and an address can name it; else its key would lock a browser out."""
    known = context().store.get().describe("Merchant", [merchant_id])["index"][0] >= 0
    return bool(known) and "/" not in merchant_id


def _begin() -> tuple[str, str] | None:
    """The token of a new session and whose it is; None for whoever may not have one."""
    wired, now = context(), context().now()
    tried = request.form.get("merchant")
    if tried is not None:
        if not demonstration.is_offered(wired, tried):
            return None
        _note(DEMONSTRATION, tried)
        return wired.sessions.begin(now=now, merchant_id=tried), tried
    holder = wired.keys.check(request.form.get("key", "").strip(), now=now)
    if holder is None or holder.role is not Role.MERCHANT or holder.subject is None:
        return None
    if holder.scopes is not None:  # the page shows and does all that a merchant may
        return None
    _note(holder.key_id, holder.subject)
    return wired.sessions.begin(now=now, key_id=holder.key_id), holder.subject


def _note(who: str, merchant_id: str) -> None:
    ACTOR.set(Actor(who, Role.MERCHANT.value, g.request_id))
    record(context(), Action.SIGNED_IN, object=merchant_id)


def _go(address: str) -> Response:
    response = redirect(address, 303, Response)
    assert isinstance(response, Response)
    return response
