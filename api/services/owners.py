"""Which circles a caller may act on: a merchant those it runs, the operator all."""

from api.context import Context
from graph.errors import NotFound
from graph.stores.base import Circle

UNKNOWN_CIRCLE = "unknown circle, or not visible with this key"


def owned(context: Context, caller_subject: str | None, circle_id: str) -> Circle:
    """A circle that the caller may act on.

    Args:
        caller_subject: the merchant whose key it is; None for the operator, who sees all.

    Raises:
        NotFound: unknown, or another merchant's: both look the same.
        StoreUnavailable: the store does not answer.
    """
    circle = context.store.get().circle(circle_id)
    if circle is None or (caller_subject is not None and circle.owner_id != caller_subject):
        raise NotFound(UNKNOWN_CIRCLE)
    return circle
