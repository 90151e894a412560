"""How likely a list showed a circle at its place, by the receipts."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.receipts import Receipts


class Propensities:
    """What receipts say of the places of circles; each receipt is read once."""

    def __init__(self, receipts: Receipts, circle_ids: Mapping[int, str]) -> None:
        """circle_ids: the store's index of a circle -> its id."""
        self._receipts, self._circle_ids = receipts, circle_ids
        self._contents: dict[str, Mapping[str, Any]] = {}

    def of(self, rec_id: str, circle: int) -> float | None:
        """In (0, 1]; None for a list that is unknown, has no such circle, or did not keep it."""
        entry = self.entry(rec_id, circle)
        return None if entry is None else entry.get("propensity")

    def entry(self, rec_id: str, circle: int) -> Mapping[str, Any] | None:
        """All that a receipt keeps of one circle of its list."""
        items: Sequence[Any] = self.content(rec_id).get("items", ())
        circle_id = self._circle_ids.get(circle)
        return next((item for item in items if "circle_id" in item and item["circle_id"] == circle_id), None)

    def content(self, rec_id: str) -> Mapping[str, Any]:
        """What a receipt keeps; empty for one that is unknown."""
        if rec_id not in self._contents:
            receipt = self._receipts.find(rec_id)
            self._contents[rec_id] = {} if receipt is None else receipt.content
        return self._contents[rec_id]
