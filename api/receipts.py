"""Receipts: what was answered to whom, by which version and policy, so that it can be looked at later.

One is kept before its answer leaves: in the journal of its process, from where a few hundred go into the
service database together. The end of a process, however it comes, loses none; a power cut may lose the last.
"""

import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from api.checkpoints import checkpoint
from api.journal import Journal
from api.observe import seen
from api.observe.metrics import instruments
from api.service_db import ServiceDb
from graph.errors import CirclesError, StoreUnavailable

log = logging.getLogger(__name__)

FOLDER = "receipts"  # of journals, beside the database
ALIKE = 1000  # ids that begin alike
USUAL_STATE = "open"  # of a circle; kept only where it is another
Row = list[Any]  # of a circle in a list, see `row_of`
_BETWEEN = b"\n"  # whose and what, in a journal; JSON has none
_begin = ("", 0)


@dataclass(frozen=True)
class Receipt:
    """One kept answer; `user_id` is a pseudonym, `at` epoch seconds.

    content: what was asked, the items with their scores, and the candidates of each source; null for those of
    a published list, which its version has. spelt: the content as JSON, where it was made before; then
    `content` has only what is counted of it.
    """

    rec_id: str
    user_id: str
    version: str
    snapshot_id: str | None
    policy_id: str
    at: int
    content: Mapping[str, Any]
    spelt: bytes | None = None


def new_rec_id() -> str:
    """An id that nobody can guess and that says nothing."""
    return f"rec_{_shelf()}{secrets.token_hex(10)}"


def _shelf() -> str:
    """How the ids of a while begin: by chance, but alike, so that their receipts lie side by side.

    Under ids without any order each receipt changes a page of its own, anywhere in the file.
    """
    global _begin
    begin, left = _begin
    _begin = (begin, left - 1) if left else (secrets.token_hex(2), ALIKE)
    return _begin[0]


def row_of(circle_id: str, score: float, unusual: dict[str, Any]) -> Row:
    """What is kept of a circle: its id, its score, and whatever `whole` could not know."""
    return [circle_id, score, unusual] if unusual else [circle_id, score]


def whole(content: Mapping[str, Any]) -> dict[str, Any]:
    """A kept content with all that is known of each circle of its list.

    Kept is only what is out of the ordinary, since most circles of most lists are not: a circle comes from
    the `source` of the list, at the place in which it is listed, not drawn, and certain to be shown there. A
    content without a `source` is of before propensities were kept, and stays as it is.
    """
    if "source" not in content:
        return dict(content)
    usual = {"source": content["source"], "exploration": False, "propensity": 1.0}
    first = content.get("page", {}).get("from", 1)  # places go on over the pages of a list
    items = [
        {**usual, **_item(kept), "position": position}
        for position, kept in enumerate(content["items"], start=first)
    ]
    return {**content, "items": items}


def _item(kept: Row | dict[str, Any]) -> dict[str, Any]:
    """A circle by names; receipts of before have them already."""
    if isinstance(kept, dict):
        return kept
    circle_id, score, *unusual = kept
    item = {"circle_id": circle_id, "score": score, "state": USUAL_STATE}
    return item | unusual[0] if unusual else item


def _count(receipt: Receipt) -> None:
    """Tell whoever watches the service what kind of list was given."""
    degraded = receipt.content.get("reason") == "store_unavailable"
    personal = "yes" if receipt.content.get("personalised") else "no"
    source = receipt.content.get("source", "unknown")
    instruments().answer(source, personal, "yes" if degraded else "no")
    seen.answered(receipt.version, degraded=degraded)


class Receipts:
    """The receipts in a service database, and in the journals beside it."""

    def __init__(self, db: ServiceDb) -> None:
        self._db = db
        self._journal = Journal(db.path.with_name(FOLDER), self._full)

    def keep(self, receipt: Receipt) -> None:
        """Raises StoreUnavailable, and nothing is kept."""
        whose = (receipt.rec_id, receipt.user_id, receipt.version, receipt.snapshot_id, receipt.policy_id)
        with self._translated():
            content = receipt.spelt or orjson.dumps(receipt.content)
            self._journal.append(orjson.dumps((*whose, receipt.at)) + _BETWEEN + content)
        _count(receipt)

    def find(self, rec_id: str) -> Receipt | None:
        """A receipt; None for one that is unknown, and for one whose person was forgotten."""
        row = self._row(rec_id)
        if row is None or not row[1]:
            return None
        fields: Sequence[Any] = (*row[:-1], whole(orjson.loads(row[-1])))
        return Receipt(*fields)

    def is_erased(self, rec_id: str) -> bool:
        """Whether there was a receipt of somebody who was forgotten."""
        row = self._row(rec_id)
        return row is not None and not row[1]

    def forget(self, user_id: str) -> int:
        """Empty every receipt of a person; returns how many.

        What stays is an id that says nothing, so that whoever asks for it hears that it was erased.
        """
        self.settle()
        return self._db.write("receipts.forget", (user_id,))

    def versions(self, since: int) -> set[str]:
        """Versions that answered somebody since a moment; a receipt is replayed from its own."""
        self.settle()
        return {version for (version,) in self._db.read("receipts.versions", (since,))}

    def counts(self, user_id: str, since: int) -> dict[str, int]:
        """How many answers a person was given from a moment on, by kind; of circles only personal ones."""
        self.settle()
        rows = self._db.read("receipts.counts", {"user": user_id, "since": since})
        return {str(kind): int(number) for kind, number in rows}

    def settle(self) -> None:
        """Bring what is in journals, of processes that are gone too, into the database.

        Raises:
            StoreUnavailable: some are still in a journal.
        """
        with self._translated():
            self._journal.move(partial(_take, self._db))

    def close(self) -> None:
        """Leave no journal behind, where that can be."""
        self._journal.close()
        try:
            self.settle()
        except StoreUnavailable:
            log.warning("receipts stay in their journals until the next start")

    def _row(self, rec_id: str) -> Sequence[Any] | None:
        """As the database has it; None where neither it nor a journal does."""
        if rows := self._db.read("receipts.find", (rec_id,)):
            return rows[0]
        with self._translated():
            kept = self._journal.find(orjson.dumps([rec_id])[:-1] + b",")
        if kept is not None:
            return _read(kept)
        return next(iter(self._db.read("receipts.find", (rec_id,))), None)  # it may just have been moved

    def _full(self, path: Path) -> None:
        """Move the receipts of one file; by a connection of its own, so that no answer waits for it."""
        try:
            with self._translated(), closing(ServiceDb(self._db.path)) as db:
                self._journal.move(partial(_take, db), path)
        except CirclesError as error:
            log.warning("receipts stay in a journal for now: %s", error)
            return
        checkpoint(self._db.path)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            log.warning("a receipt cannot be kept: %s", error)
            raise StoreUnavailable(
                f"receipts cannot be kept beside {str(self._db.path)!r} ({error}); check the disk and try "
                f"again"
            ) from error


def _read(kept: bytes) -> tuple[Any, ...]:
    """A row of the database, from a record of a journal."""
    whose, _, content = kept.partition(_BETWEEN)
    return (*orjson.loads(whose), content)


def _take(db: ServiceDb, records: Sequence[bytes]) -> None:
    db.write_many("receipts.insert", [_read(kept) for kept in records])


class Aside(Receipts):
    """Keeps one receipt in memory, for an answer that nobody is given."""

    def __init__(self) -> None:
        self.kept: Receipt | None = None

    def keep(self, receipt: Receipt) -> None:
        self.kept = receipt
