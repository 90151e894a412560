"""Is an exposure of something that we showed? By the receipt of its list."""

from api.receipts import Receipts
from graph.errors import RecordError

UNKNOWN_LIST = "unknown rec_id: no list of this user with this circle in it"


class Lists:
    """The places of circles in the lists that one batch of events names; each receipt is read once."""

    def __init__(self, receipts: Receipts) -> None:
        self._receipts = receipts
        self._places: dict[str, tuple[str, dict[str, int]]] = {}

    def place_of(self, rec_id: str | None, user: str, circle_id: str) -> int:
        """Where a list showed a circle, 1 is the first.

        Raises:
            RecordError: no rec_id, a list that is unknown or another person's, or without this circle; the
                last three look the same.
        """
        if rec_id is None:
            raise RecordError("rec_id: is missing; an exposure names the list that showed the circle")
        owner, places = self._found(rec_id)
        if owner != user or circle_id not in places:
            raise RecordError(UNKNOWN_LIST)
        return places[circle_id]

    def _found(self, rec_id: str) -> tuple[str, dict[str, int]]:
        if rec_id not in self._places:
            receipt = self._receipts.find(rec_id)
            items = [] if receipt is None else receipt.content.get("items", [])
            places = {
                item["circle_id"]: item.get("position", i)
                for i, item in enumerate(items, start=1)
                if "circle_id" in item
            }
            self._places[rec_id] = ("" if receipt is None else receipt.user_id, places)
        return self._places[rec_id]
