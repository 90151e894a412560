"""What a merchant is called."""

from api.context import Context
from api.services.words import plain


def name_of(context: Context, merchant_id: str) -> str:
    """The name of a merchant; its id while nothing of it was loaded.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    (name,) = context.store.get().describe("Merchant", [merchant_id])["name"]
    return plain(name or "") or plain(merchant_id)
