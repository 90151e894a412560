"""Making the blocks of an export: who is in one, and a worker that makes it.

Whoever granted the consent when the run began is asked for; whoever has withdrawn until their turn comes, or
was erased, is answered with nothing, as everywhere.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from api.context import Context, wire
from api.exports import files
from api.exports.asked import KINDS, Export
from api.exports.rows import Answers
from api.services.paging import pinned
from graph.errors import CursorExpired, IncompatibleVersion, NotFound
from graph.links.periods import period_of
from graph.settings import Settings
from graph.stores.base import GraphStore

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Made:
    """A block that is done. people: with at least one row."""

    first: int
    people: int
    rows: int


class Worker:
    """Makes blocks of one export, with everything opened once.

    Raises:
        IncompatibleVersion: what this worker sees is another store, policy or version than the export is of.
    """

    def __init__(self, context: Context, export: Export, folder: Path) -> None:
        self._context, self._export, self._folder = context, export, folder
        self._answers = Answers(context, export)
        self._consenting = _checked(context, export).consents(KINDS[export.kind].value)

    @classmethod
    def opened(cls, settings: Settings, export: Export, folder: Path) -> "Worker":
        """A worker in a process of its own."""
        return cls(wire(settings), export, folder)

    def make(self, block: range) -> Made:
        """Answer everybody of a block and write its file."""
        store = self._context.store.get()
        seq = store.seq()
        rows = [
            row
            for user in ids_of(store, within(self._consenting, block))
            for row in self._answers.of(user, seq)
        ]
        files.write(self._folder, self._export, block, rows)
        return Made(block.start, len({row["user_id"] for row in rows}), len(rows))

    def close(self) -> None:
        self._context.close()


def within(indices: Int64, block: range) -> Int64:
    """Those of increasing store indices that lie in a block."""
    first, last = np.searchsorted(indices, [block.start, block.stop])
    return indices[first:last]


def ids_of(store: GraphStore, indices: Int64) -> list[str]:
    """Pseudonyms of these people, in order, without those who are not there any more."""
    try:
        return store.ids("User", indices)
    except NotFound:  # somebody was erased
        if len(indices) == 1:
            return []
        half = len(indices) // 2
        return ids_of(store, indices[:half]) + ids_of(store, indices[half:])


def without_secrets(settings: Settings) -> Settings:
    """Settings that may be sent to other machines; secrets are read there, from their own environment."""
    store = settings.store if settings.store.startswith("sqlite:") else Settings.store
    return replace(
        settings,
        home=settings.home.absolute(),
        store=store,
        pseudonym_key=None,
        member_jwt_key=None,
        rate_store=None,
    )


def _checked(context: Context, export: Export) -> GraphStore:
    """The store, if it and all else is what the export was begun with."""
    seen = {
        "store_id": context.store.identity(),
        "policy_id": context.policy.policy_id,
        "version": _version_seen(context, export),
    }
    for name, value in seen.items():
        if value != getattr(export, name):
            raise IncompatibleVersion(
                f"a worker sees {name} {value!r}, and the export was begun with {getattr(export, name)!r}; "
                "give every worker the same home, policy and store"
            )
    return context.store.get()


def _version_seen(context: Context, export: Export) -> str | None:
    """The version of the export, if this worker can answer from it; of links that of their week."""
    if export.kind == "links":
        week = context.link_weeks.find(period_of(export.as_of), context.store.identity())
        return None if week is None else week.version
    try:
        pinned(context, export.version)
    except CursorExpired:
        return context.versions.current().version.name
    return export.version
