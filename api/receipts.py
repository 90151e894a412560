"""Receipts: what was answered to whom, by which version and policy, so that it can be looked at later."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from api.service_db import ServiceDb


@dataclass(frozen=True)
class Receipt:
    """One kept answer; `user_id` is a pseudonym, `at` epoch seconds.

    content: what was asked, the items with their scores, and the candidates of each source.
    """

    rec_id: str
    user_id: str
    version: str
    snapshot_id: str | None
    policy_id: str
    at: int
    content: dict[str, Any]


def new_rec_id() -> str:
    """An id that nobody can guess and that says nothing."""
    return f"rec_{secrets.token_hex(12)}"


def whole(content: dict[str, Any]) -> dict[str, Any]:
    """A kept content with all that is known of each circle of its list.

    Kept is only what is out of the ordinary, since most circles of most lists are not: a circle comes from
    the `source` of the list, at the place in which it is listed, not drawn, and certain to be shown there. A
    content without a `source` is of before propensities were kept, and stays as it is.
    """
    if "source" not in content:
        return content
    ordinary = {"source": content["source"], "exploration": False, "propensity": 1.0}
    items = [
        {**item, "position": position, **{name: item.get(name, value) for name, value in ordinary.items()}}
        for position, item in enumerate(content["items"], start=1)
    ]
    return {**content, "items": items}


class Receipts:
    """The receipts in a service database."""

    def __init__(self, db: ServiceDb) -> None:
        self._db = db

    def keep(self, receipt: Receipt) -> None:
        values = (receipt.rec_id, receipt.user_id, receipt.version, receipt.snapshot_id, receipt.policy_id)
        self._db.write("receipts.insert", (*values, receipt.at, orjson.dumps(receipt.content)))

    def find(self, rec_id: str) -> Receipt | None:
        rows = self._db.read("receipts.find", (rec_id,))
        if not rows:
            return None
        fields: Sequence[Any] = (*rows[0][:-1], whole(orjson.loads(rows[0][-1])))
        return Receipt(*fields)

    def forget(self, user_id: str) -> int:
        """Delete every receipt of a person; returns how many."""
        return self._db.write("receipts.forget", (user_id,))
