"""Names of pages, and a question as receipts keep it; what a page is: `api/services/paging.py`."""

import hmac
from typing import TYPE_CHECKING, Any

from graph.errors import InputError

if TYPE_CHECKING:  # whoever ranks has the context, which holds the cursors
    from api.services.ranking import Question

_REC, _CURSOR, _MARK_LETTERS = "rec_", "cur_", 16
AGAIN = "; ask again without `cursor`"


class Cursors:
    """Names a page for the outside: its receipt, under a mark that only we can make.

    Args:
        key: secret of the pseudonyms.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"cursors of lists", "sha256")

    def of(self, rec_id: str) -> str:
        """The cursor that follows a page."""
        return _CURSOR + self._mark(rec_id) + rec_id.removeprefix(_REC)

    def rec_id(self, cursor: str) -> str:
        """The page that a cursor follows. Raises InputError for what is no cursor of ours."""
        text = cursor.removeprefix(_CURSOR)
        mark, rec_id = text[:_MARK_LETTERS], _REC + text[_MARK_LETTERS:]
        if not (text.isascii() and hmac.compare_digest(mark, self._mark(rec_id))):
            raise InputError("cursor is not one of this service" + AGAIN)
        return rec_id

    def _mark(self, rec_id: str) -> str:
        return hmac.digest(self._key, rec_id.encode(), "sha256").hex()[:_MARK_LETTERS]


def asked(question: "Question", limit: int) -> dict[str, Any]:
    """A question as receipts keep it."""
    return {
        "limit": limit,
        "scene": question.scene,
        "exclude": list(question.exclude),
        "mode": "personal" if question.personal else "non_profiling",
    }
