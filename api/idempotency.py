"""`Idempotency-Key`: what a request with a key did is done once, and told again to whoever sends it again.

Every POST under `/v1` takes one. The same caller, key and request get the stored status, headers and body,
with `Idempotency-Replayed: true`; the same key with another request is 422; while it is being answered, 409
with `Retry-After`. An answer that says to try again (429, 5xx, whatever has `Retry-After`) is not stored.
"""

import hashlib
import logging
import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request

from api.answers import Answer, Answers, Claim, InProgress
from api.errors import Problem
from api.guard import caller, context
from graph.errors import StoreError

log = logging.getLogger(__name__)

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
UNDER = "/v1/"
KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Vary")
RETRY_AFTER_S = 1

View = TypeVar("View", bound=Callable[..., Any])


def keeps_nothing(view: View) -> View:
    """Mark a route that changes nothing and whose answer is kept nowhere: a key is not looked at."""
    view.keeps_nothing = True  # type: ignore[attr-defined]
    return view


def init_app(app: Flask) -> None:
    """Look for keys after the caller is known: register this after `guard`."""
    wired = app.extensions["circles"]
    app.extensions["answers"] = Answers(wired.db, wired.home.path)
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_give_up)


def is_keyed(app: Flask, rule: str, method: str, endpoint: str) -> bool:
    """Whether a route takes an `Idempotency-Key`."""
    view = app.view_functions[endpoint]
    return method == "POST" and rule.startswith(UNDER) and not getattr(view, "keeps_nothing", False)


def key() -> str | None:
    """The key of this request, for services that make ids from it."""
    return None if g.get("claim") is None else request.headers[HEADER]


def token() -> str | None:
    """What the store keeps with what this request writes; None without a key."""
    claim: Claim | None = g.get("claim")
    return None if claim is None else claim.key


def is_again() -> bool:
    """Whether this request was begun before, by a worker that died."""
    claim: Claim | None = g.get("claim")
    return claim is not None and claim.is_again


def about(pseudonym: str) -> None:
    """Say of whom the answer speaks."""
    claim: Claim | None = g.get("claim")
    if claim is not None:
        _answers().about(claim, pseudonym)


def keep_nothing() -> None:
    """Keep no answer of this request: it may be answered anew, and nothing of this answer is to stay."""
    g.keeps_no_answer = True


def _begin() -> Response | None:
    given, rule = request.headers.get(HEADER), request.url_rule
    if given is None or rule is None or request.endpoint is None:
        return None
    if not is_keyed(current_app, rule.rule, request.method, request.endpoint):
        return None
    if not KEY.fullmatch(given):
        raise Problem(422, f"{HEADER} cannot be used; expected 1 to 255 printable ASCII characters")
    owner, wired = caller().owner, context()
    # A digest: an app may put an account id into its keys.
    digest = wired.pseudonyms.of(f"idempotency:{owner}:{given}")
    try:
        found = _answers().claim(owner, digest, _fingerprint(), now=wired.now())
    except InProgress:
        raise Problem(
            409,
            "the same request is being answered now; send it again a little later",
            code="key_in_use",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        ) from None
    if isinstance(found, Claim):
        g.claim = found
        if caller().role == "member":
            about(str(caller().subject))
        return None
    return Response(found.body, found.status, headers={**found.headers, REPLAYED: "true"})


def _fingerprint() -> bytes:
    """What makes two requests the same one."""
    parts = (request.method, request.full_path, request.mimetype)
    head = "\n".join(parts).encode()
    return hashlib.sha256(head + b"\n\n" + request.get_data()).digest()


def _end(response: Response) -> Response:
    claim: Claim | None = g.pop("claim", None)
    if claim is None:
        return response
    is_passing = (
        response.status_code >= 500 or response.status_code == 429 or "Retry-After" in response.headers
    )
    try:
        if is_passing or g.get("keeps_no_answer", False):
            _answers().release(claim)
        else:
            kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
            _answers().keep(claim, Answer(response.status_code, kept, response.get_data()))
    except StoreError:  # the answer is true all the same; sent again, the services find what they did
        log.warning("request %s: its answer could not be kept", g.get("request_id", ""))
    return response


def _give_up(error: BaseException | None) -> None:
    """A request that ended without an answer."""
    claim: Claim | None = g.pop("claim", None)
    if claim is not None:
        try:
            _answers().release(claim)
        except StoreError:
            log.warning("request %s: its claim could not be given back", g.get("request_id", ""))


def _answers() -> Answers:
    found = current_app.extensions["answers"]
    assert isinstance(found, Answers)
    return found
