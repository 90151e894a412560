"""What the app says about an account, and what the person agreed to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from api.actor import ACTOR, COMMAND_LINE
from api.audit import Action, record
from api.context import Context, wire_parts
from api.services.conditions import Stale, alone, etag_of, matches
from api.services.lists import forget_lists
from api.services.moments import written
from api.services.payment_records import CONTROL, LONGEST_ID
from graph.errors import InputError, NotFound
from graph.home import Home
from graph.policy.values import Policy
from graph.schema import Purpose
from graph.stores.base import Decision, GraphStore, User

UNKNOWN = "unknown user, or not visible with this key"


def found_user(store: GraphStore, user: str) -> User:
    """A person by pseudonym.

    Raises:
        NotFound: unknown.
    """
    found = store.user(user)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def put_user(
    context: Context,
    user: str,
    *,
    verified: bool | None,
    adult: bool | None,
    city: str | None,
    if_match: str | None = None,
) -> dict[str, Any]:
    """Create an account, or complete it; None leaves a value as it is.

    Raises:
        Stale: the account is not the one that `if_match` names.
    """
    columns: dict[str, list[Any]] = {"id": [user], "verified": [verified], "adult": [adult], "city": [city]}
    with _unchanged(context, user, if_match):
        context.store.get().upsert("User", columns)
        return get_user(context, user)


def get_user(context: Context, user: str) -> dict[str, Any]:
    """What is kept of an account; its payments are not part of it.

    Raises:
        NotFound: unknown.
    """
    state = context.store.get().user_state(user)
    if state is None:
        raise NotFound(UNKNOWN)
    return {
        "verified": state.user.verified,
        "adult": state.user.adult,
        "city": state.user.city,
        "consents": {purpose.value: purpose.value in state.consents for purpose in Purpose},
    }


def consents(context: Context, user: str) -> list[dict[str, Any]]:
    """What a person decided, purpose by purpose: how it stands, and every decision, the oldest first.

    A purpose that nothing was ever said about is off.

    Raises:
        NotFound: unknown.
    """
    store = context.store.get()
    state = store.user_state(user)
    if state is None:
        raise NotFound(UNKNOWN)
    history = store.consent_history(state.user.index)
    return [
        {
            "purpose": purpose.value,
            "granted": purpose.value in state.consents,
            "history": [_decided(said) for said in history if said.purpose == purpose.value],
        }
        for purpose in Purpose
    ]


def _decided(said: Decision) -> dict[str, Any]:
    """A decision for the outside; assumed ones (moment 0) have none: nobody was asked."""
    at = written(said.at) if said.at else None
    return {"granted": said.granted, "at": at, "door": said.door}


def put_consent(
    context: Context, user: str, purpose: Purpose, granted: bool, *, if_match: str | None = None
) -> None:
    """Grant or withdraw one purpose; counts from the next request on. Makes the account when it is new.

    Who withdraws `circles` loses the published lists too, so that none is given while the store is down.

    Raises:
        Stale: as for `put_user`. A consent that is withdrawn is withdrawn whatever was seen.
    """
    record(
        context,
        Action.CONSENT_GRANTED if granted else Action.CONSENT_WITHDRAWN,
        object=purpose.value,
        person=user,
    )
    store = context.store.get()
    with _unchanged(context, user, if_match if granted else None):
        index = int(store.intern("User", [user])[0])
        row: dict[str, list[Any]] = {
            "user": [index],
            "purpose": [purpose.value],
            "granted": [granted],
            "at": [context.now()],
            "door": [ACTOR.get().role or COMMAND_LINE],
        }
        store.set_consents(row)
    if purpose is Purpose.CIRCLES and not granted:
        forget_lists(context.versions.registry, user)


def consents_from_parts(
    home: Home, store: GraphStore, policy: Policy, key: bytes, user_id: str
) -> list[dict[str, Any]]:
    """`consents` without HTTP; `user_id` is the app's account id."""
    context = wire_parts(home, policy, key, store)
    return consents(context, context.pseudonyms.of(user_id))


def consent_from_parts(
    home: Home,
    store: GraphStore,
    policy: Policy,
    key: bytes,
    user_id: str,
    purpose: Purpose,
    granted: bool,
    *,
    may_be_new: bool,
) -> bool:
    """`put_consent` without HTTP; `user_id` is the app's account id. Returns whether the account is new.

    Raises:
        NotFound: nothing is known of the account, and it may not be new: a mistyped one makes nobody.
        InputError: it may be new, and no payment could have such an id.
    """
    context = wire_parts(home, policy, key, store)
    user = context.pseudonyms.of(user_id)
    is_new = store.user(user) is None
    if is_new and not may_be_new:
        raise NotFound(
            "nothing is known of this account; see whether it is spelled right, or make it now with --new"
        )
    if is_new and (not user_id or len(user_id) > LONGEST_ID or CONTROL.search(user_id)):
        raise InputError(
            f"the account is {user_id[:40]!r}; expected 1 to {LONGEST_ID} characters, no control characters"
        )
    put_consent(context, user, purpose, granted)
    return is_new


@contextmanager
def _unchanged(context: Context, user: str, if_match: str | None) -> Iterator[None]:
    """Nobody else's condition is looked at while a change under a condition is written."""
    if if_match is None:
        yield
        return
    with alone(context.home, "accounts"):
        try:
            etag = etag_of(get_user(context, user))
        except NotFound:
            raise Stale from None
        if not matches(if_match, etag):
            raise Stale
        yield
