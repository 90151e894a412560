"""The answers of an export: for each person what the HTTP interface would answer, one row an entry.

Nothing is decided here: every list is made by the service that answers requests, with its receipt, and links
are written into the audit log as if everybody had looked at theirs.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from api.context import Context
from api.exports.asked import Export
from api.services.circles import recommend
from api.services.links import listed
from api.services.paging import pinned
from api.services.ranking import Question
from graph.errors import NotFound, StoreUnavailable

Row = dict[str, Any]


class Answers:
    """Answers people at the moment, and from the version, of an export."""

    def __init__(self, context: Context, export: Export) -> None:
        self.context = context
        self._export = export

    @cached_property
    def _at_version(self) -> Context:
        return pinned(self.context, self._export.version)

    def of(self, user: str, seq: int) -> Iterator[Row]:
        """Rows of one person, best first; none for somebody who is unknown or has withdrawn.

        Args:
            user: pseudonym. seq: the store's newest change, which an answer is not older than.

        Raises:
            StoreUnavailable: what holds today is not known.
        """
        try:
            answer = self._asked(user, self._rec_id(user, seq))
        except NotFound:
            return
        if answer.get("degraded"):
            raise StoreUnavailable("the graph store does not answer; start it and run this again")
        if answer.get("reason") == "consent_missing":
            return
        make = _of_circle if self._export.kind == "circles" else _of_link
        for rank, item in enumerate(answer["items"], start=1):
            yield {"user_id": user, "rank": rank, "rec_id": answer["rec_id"], **make(answer, item)}

    def _asked(self, user: str, rec_id: str) -> Row:
        export = self._export
        if export.kind == "links":
            return listed(self.context, user, now=export.as_of, limit=export.limit, exact=True, rec_id=rec_id)
        question = Question(user, limit=export.limit, explain=export.explain)
        return recommend(self._at_version, question, now=export.as_of, rec_id=rec_id)

    def _rec_id(self, user: str, seq: int) -> str:
        """The receipt of an answer: the same one when a killed run is repeated, known only with the key."""
        made = self.context.pseudonyms.of(f"export {self._export.export_id} at {seq} for {user}")
        return f"rec_{self._export.export_id[:4]}{made[:20]}"


def _of_circle(answer: Row, item: Row) -> Row:
    return {
        "circle_id": item["circle_id"],
        "name": item["name"],
        "scene": item["scene"],
        "state": item["state"],
        "score": item["score"],
        "personalised": answer["personalised"],
        "exploration": item.get("exploration", False),
        "reasons": item.get("reasons"),
    }


def _of_link(answer: Row, item: Row) -> Row:
    reason = item.get("reason") or {}
    return {
        "week": answer["week"],
        "link_id": item["link_id"],
        "state": item["state"],
        "other": item.get("other"),
        "band": item.get("band"),
        "weight": item.get("weight"),
        "uncertainty": item.get("uncertainty"),
        "calibrated": item.get("calibrated"),
        "text": reason.get("text"),
        "text_zh": reason.get("text_zh"),
    }
