"""Pages of one list of circles: the next page goes on from the receipt of the one before.

A page is made from the version that its list began with, whatever was published meanwhile, and leaves out
what earlier pages showed: so nothing comes twice and nothing is passed over. Everything else is as of now:
consent, joins, dismissals, states of circles, and what the person paid.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from api.context import Context
from api.receipts import Receipt, Receipts
from api.services.circles import recommend
from api.services.cursors import AGAIN, asked
from api.services.ranking import Question
from graph.errors import CursorExpired, InputError, NotFound

KEPT_S = 3600  # a cursor can be used for an hour after its page


def paged(
    context: Context, question: Question, cursor: str | None, *, now: int, as_json: bool = False
) -> dict[str, Any]:
    """The first page of a list, or the one that a cursor asks for; see `recommend`.

    Raises:
        InputError: the cursor is not ours, or was given for another question.
        CursorExpired: an hour has passed, or the version of the list is not kept any more.
        Others: as `recommend`.
    """
    if cursor is None:
        return recommend(context, question, now=now, as_json=as_json)
    before = _page_before(context, question, context.cursors.rec_id(cursor), now)
    shown = shown_until(context.receipts, before)
    at_version = pinned(context, before.version)
    following = replace(question, after=shown, previous=before.rec_id)
    return recommend(at_version, following, now=now, as_json=as_json)


def pinned(context: Context, version: str) -> Context:
    """The context in which a version is the current one, whichever is served.

    Raises:
        CursorExpired: it is not kept any more.
    """
    if context.versions.current().version.name == version:
        return context
    try:
        kept = context.kept.of(version)
    except NotFound:
        raise CursorExpired("the version of this list is not kept any more" + AGAIN) from None
    return replace(context, versions=kept.versions, shelves=kept.shelves)


def shown_until(receipts: Receipts, page: Receipt) -> Sequence[str]:
    """Circles of a page and all pages before it, in order of the list."""
    shown: list[str] = []
    at: Receipt | None = page
    while at is not None:
        shown[:0] = [item["circle_id"] for item in at.content["items"]]
        earlier = at.content.get("page", {}).get("after")
        at = receipts.find(earlier) if earlier else None
    return tuple(shown)


def _page_before(context: Context, question: Question, rec_id: str, now: int) -> Receipt:
    before = context.receipts.find(rec_id)
    if before is None or now - before.at > KEPT_S:
        raise CursorExpired("the list that this cursor continues has gone" + AGAIN)
    if before.user_id != question.user:
        raise InputError("cursor is not one of this list" + AGAIN)
    was, given = before.content["asked"], asked(question, context.policy.checked_limit(question.limit))
    for name, value in given.items():
        if value != was[name]:
            raise InputError(
                f"{name} is not what the first page was asked with; repeat it, or leave cursor out"
            )
    return before
