"""`/merchant/{m}/invite`: whom to invite, step by step; a section of a merchant's page, or a page itself.

A script that names the section in `X-Fragment` gets it alone. Without one the same forms lead from page to
page.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta, timezone
from typing import Any

from flask import Blueprint, Response, g, redirect, request

from api.guard import context
from api.page_guard import signed_in
from api.pages.render import page
from api.pages.sections import address, refused, split_words
from api.services import audience_results, audiences, inviting, own_circles, sending, themes
from api.services.audiences import found
from api.services.merchants import name_of
from graph.errors import CirclesError, InputError, KeyReused, NotFound, StoreUnavailable
from graph.policy.audiences import Wish, checked_wish
from graph.themes.meaning import Theme

pages = Blueprint("merchant_invite", __name__, template_folder="../pages")

PATH = "/merchant/<merchant_id>/invite"
MAX_NAME = 120  # characters of a circle's name
Step = Callable[[str], "Response | dict[str, Any]"]


@pages.get(PATH)
@signed_in
def invite(merchant_id: str) -> Response:
    """The section as it stands: a circle, and an audience where one is named."""
    return shown(merchant_id, state(merchant_id, request.args.get("circle"), request.args.get("audience")))


@pages.post(PATH)
@signed_in
def act(merchant_id: str) -> Response:
    """One step further. What cannot be done is said in place, above the form that asked for it."""
    step = (request.form.getlist("step") or [""])[-1]  # where a button names one, it comes last
    try:
        done = STEPS[step](merchant_id) if step in STEPS else {}
    except (NotFound, StoreUnavailable):
        raise
    except CirclesError as error:
        refusal = refused(error, step)
        return shown(merchant_id, _as_asked(merchant_id) | {"refused": refusal}, refusal["status"])
    if isinstance(done, Response):
        return done
    return shown(merchant_id, _as_asked(merchant_id) | done)


def state(merchant_id: str, circle_id: str | None, audience_id: str | None) -> dict[str, Any]:
    """What the section shows; free, and also of the first view of the whole page.

    Raises:
        NotFound: circle or audience are unknown, or another merchant's.
    """
    wired = context()
    if audience_id:
        audience = found(wired, merchant_id, audience_id)
        audiences.start(wired, audience, owner=_asker())  # anew where its process died
    known = inviting.section(
        wired, merchant_id, circle_id=circle_id or None, audience_id=audience_id or None, now=wired.now()
    )
    return known | {"words": request.values.get("words", "")[:500], "token": secrets.token_urlsafe(12)}


def shown(merchant_id: str, section: dict[str, Any], status: int = 200) -> Response:
    """The section alone, or inside a page."""
    alone = request.headers.get("X-Fragment") == "invite"
    template = "merchant/_invite.html" if alone else "merchant/invite.html"
    name = None if alone else name_of(context(), merchant_id)
    return page(template, status=status, merchant_id=merchant_id, merchant_name=name, invite=section)


def _as_asked(merchant_id: str) -> dict[str, Any]:
    return state(merchant_id, request.form.get("circle"), request.form.get("audience"))


def _look_up(merchant_id: str) -> dict[str, Any]:
    """What the words of a theme mean, before a circle is made of them."""
    wired, theme = context(), _theme()
    if not theme.words:
        raise InputError("the theme has no words; name what the circle is about")
    meant = themes.preview(wired, theme, now=wired.now(), owner=merchant_id)
    told = {
        "excludes": theme.exclude,
        "asked": theme.words,
        "band": None if meant["people"] is None else inviting.band(meant["people"]),
        "people_code": "spent" if meant.get("people_note") == themes.SPENT else "uncounted",
    }
    return {"theme": meant | told, "name": _name(theme)}


def _make_circle(merchant_id: str) -> Response | dict[str, Any]:
    wired, theme = context(), _theme()
    wish = own_circles.Wish(name=_name(theme), theme=theme)
    key = request.form.get("token") or None
    try:
        made = own_circles.create(wired, merchant_id, wish, circle_id=None, key=key, now=wired.now())
    except CirclesError as error:  # the theme stays on the page, so that it can be mended
        return _look_up(merchant_id) | {"refused": refused(error, "circle")}
    if made is None:
        raise KeyReused("this form made another circle already; load the page again")
    return _go(merchant_id, circle=made["circle_id"])


def _preview(merchant_id: str) -> Response:
    wired, circle_id = context(), request.form.get("circle", "")
    asked = audiences.ask(wired, merchant_id, circle_id, _wish(), now=wired.now(), preview=True)
    audiences.start(wired, asked, owner=_asker())
    return _go(merchant_id, audience=asked.audience_id)


def _make_audience(merchant_id: str) -> Response:
    """An audience of what a preview promised."""
    wired, now = context(), context().now()
    seen = inviting.told(wired, found(wired, merchant_id, request.form.get("audience", "")), now=now)
    wish, key = Wish(**seen["asked"]), request.form.get("token") or None
    made = audiences.ask(wired, merchant_id, seen["circle_id"], wish, now=now, key=key)
    audiences.start(wired, made, owner=_asker())
    return _go(merchant_id, audience=made.audience_id)


def _send(merchant_id: str) -> dict[str, Any]:
    wired, message = context(), request.form.get("message", "").strip()
    audience = found(wired, merchant_id, request.form.get("audience", ""))
    if not 0 < len(message) <= 200:
        raise InputError("the message has no reference; name the message of the app")
    _check_sure()
    sent = sending.send(wired, audience, message, now=wired.now())
    return {"sent": sent | _quiet_until(sent.get("not_before"))}


def _quiet_until(not_before: str | None) -> dict[str, Any]:
    """When nothing is sent yet: the day and the clock where the people live."""
    until = inviting.moment(not_before)
    if until is None:
        return {"not_before": None}
    there = until.astimezone(timezone(timedelta(hours=context().policy.invitations.utc_offset_hours)))
    return {"not_before": there, "clock": there.strftime("%H:%M")}


def _close(merchant_id: str) -> Response:
    wired, audience = context(), found(context(), merchant_id, request.form.get("audience", ""))
    _check_sure()
    audiences.close(wired, audience)
    return _go(merchant_id, audience=audience.audience_id)


def _results(merchant_id: str) -> dict[str, Any]:
    wired = context()
    audience = found(wired, merchant_id, request.form.get("audience", ""))
    return {"results": audience_results.results(wired, audience, now=wired.now())}


STEPS: dict[str, Step] = {
    "theme": _look_up,
    "circle": _make_circle,
    "preview": _preview,
    "audience": _make_audience,
    "send": _send,
    "close": _close,
    "results": _results,
}


def _theme() -> Theme:
    given = split_words(request.form.get("words", ""))
    return Theme(words=given, exclude=tuple(request.form.getlist("exclude"))[:500])


def _name(theme: Theme) -> str:
    given = request.form.get("name", "").strip()
    return (given or " · ".join(theme.words))[:MAX_NAME]


def _wish() -> Wish:
    """What the form asks for; numbers are per cent."""
    return checked_wish(
        context().policy.audiences,
        target_fit=_share("fit"),
        confidence=_share("confidence"),
        holdout=_share("holdout"),
        pilot=request.form.get("pilot") == "yes",
    )


def _share(field: str) -> float:
    given = request.form.get(field, "")
    try:
        return round(float(given) / 100, 4)
    except ValueError:
        raise InputError(f"{field} is {given[:20]!r}; expected a number of per cent") from None


def _check_sure() -> None:
    if request.form.get("sure") != "yes":
        raise InputError("nothing was changed: tick that you are sure")


def _asker() -> str:
    """Whose jobs these are: the key that the session began with, or the merchant of the public data."""
    session = g.page_session
    return session.key_id or f"page of {session.merchant_id}"


def _go(merchant_id: str, **named: str) -> Response:
    """To the section as it is after a step; 303, so that loading it again repeats nothing."""
    return redirect(address(merchant_id, "invite", "invite", **named), 303)  # type: ignore[return-value]
