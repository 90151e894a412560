"""Erase a person: store, log, published lists, snapshots, receipts, keys.

The first step writes down who is being erased, so that a killed erasure is finished by the next one, whoever
asks for it. The note goes last, and with it the last trace.
"""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.auth import Keys
from api.context import Context
from api.jobs import Job
from api.receipts import Receipts
from api.service_db import ServiceDb
from api.services import work
from api.services.link_weeks import LOCK as LINKS
from api.services.lists import forget_lists
from api.services.people import UNKNOWN
from embeddings.registry import Registry
from graph.errors import NotFound, StoreConflict
from graph.home import Home
from graph.ids import Ids
from graph.links.candidates import forget as forget_pairs
from graph.links.weeks import forget_in_weeks
from graph.stores.base import GraphStore

log = logging.getLogger(__name__)


def begin(context: Context, user: str, *, owner: str) -> Job:
    """Make a person disappear from every answer now, and start the job that does the rest.

    Raises:
        NotFound: unknown, and not in the middle of being erased.
        StoreUnavailable: nothing was done.
    """
    store = context.store.get()
    index = _noted(context.db, store, user)
    if index is None:
        raise NotFound(UNKNOWN)
    _leave_answers(context.db, store, user, index, now=context.now())
    return work.start(context, "forget", {"user": user}, owner=owner)


def forget(home: Home, store: GraphStore, registry: Registry, user: str, *, now: int) -> dict[str, int]:
    """Erase a person everywhere; repeating it, or finishing what was interrupted, is safe.

    Args:
        user: the pseudonym.

    Returns:
        What was removed, by kind; all 0 for somebody unknown.

    Raises:
        StoreConflict: a load or a training is running; the person is out of every answer already, and
            trying again does the rest.
    """
    from loaders.forget import forget_payments  # reads the log: too heavy for a worker of the service

    with _opened(home) as db:
        index = _noted(db, store, user)
        gone = {} if index is None else _leave_answers(db, store, user, index, now=now)
        if index is not None:
            gone["payments"] = forget_payments(home, store, index)
        with home.lock("train"):  # what is being trained now would bring the person back
            gone["lists"] = forget_lists(registry, user)
            gone["trainings"] = int(home.drop_checkpoints())  # they have seen what the person did
        gone["snapshots"] = sum(_drop(folder) for folder in _snapshots_with(home.snapshots, user))
        if index is not None:
            with home.lock(LINKS):  # a week that is being made may have read the person before they went
                gone["suggested"] = _leave_suggestions(home, registry, index)
        db.write("erasures.delete", (user,))
        db.clear_history()
    return gone


def _noted(db: ServiceDb, store: GraphStore, user: str) -> int | None:
    """Index of the person, written down before anything is removed; None for somebody unknown."""
    known = store.user(user)
    if known is None:
        rows = db.read("erasures.find", (user,))
        return int(rows[0][0]) if rows else None
    db.write("erasures.insert", (user, known.index))
    return known.index


def _leave_answers(db: ServiceDb, store: GraphStore, user: str, index: int, *, now: int) -> dict[str, int]:
    """What keeps a person out of every answer from now on."""
    try:
        gone = dict(store.forget(index))
    except StoreConflict:
        if store.user(user) is not None:
            raise
        gone = {}  # removed, but a reader keeps old pages; repeating the erasure clears them
    gone["receipts"] = Receipts(db).forget(user)
    gone["keys"] = Keys(db).revoke_member(user, now=now)
    return gone


def _leave_suggestions(home: Home, registry: Registry, index: int) -> int:
    """Candidates of every version, suggestions of every week; in how many of them the person was."""
    folders = [registry.versions / manifest["version"] for manifest in registry.list()]
    return forget_in_weeks(home.links, index) + sum(forget_pairs(folder, index) for folder in folders)


def _snapshots_with(snapshots: Path, user: str) -> list[Path]:
    folders = [path.parent for path in snapshots.glob("*/manifest.json")] if snapshots.is_dir() else []
    return [folder for folder in folders if Ids.load(folder, "users").find(user) >= 0]


def _drop(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return True


@contextmanager
def _opened(home: Home) -> Iterator[ServiceDb]:
    db = ServiceDb(home.service_db)
    try:
        yield db
    finally:
        db.close()
