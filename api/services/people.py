"""What the app says about an account, and what the person agreed to."""

from typing import Any

from api.context import Context
from api.services.lists import forget_lists
from graph.errors import NotFound
from graph.schema import Purpose

UNKNOWN = "unknown user, or not visible with this key"


def put_user(
    context: Context, user: str, *, verified: bool | None, adult: bool | None, city: str | None
) -> dict[str, Any]:
    """Create an account, or complete it; None leaves a value as it is."""
    columns: dict[str, list[Any]] = {"id": [user], "verified": [verified], "adult": [adult], "city": [city]}
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


def put_consent(context: Context, user: str, purpose: Purpose, granted: bool) -> None:
    """Grant or withdraw one purpose; counts from the next request on. Makes the account when it is new.

    Who withdraws `circles` loses the published lists too, so that none is given while the store is down.
    """
    store = context.store.get()
    index = int(store.intern("User", [user])[0])
    row: dict[str, list[Any]] = {
        "user": [index],
        "purpose": [purpose.value],
        "granted": [granted],
        "at": [context.now()],
    }
    store.set_consents(row)
    if purpose is Purpose.CIRCLES and not granted:
        forget_lists(context.versions.registry, user)
