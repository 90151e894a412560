"""Erase a person: store, log, published lists, snapshots, receipts, keys; and sign that it was done.

The first step writes down who is being erased, so that a killed erasure is finished by the next one, whoever
asks for it. The note goes in the transaction that signs the receipt, and with it the last trace.
"""

import hashlib
import logging
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from api import erased
from api.answers import forget as forget_answers
from api.audit import Action, Audit, add
from api.auth import Keys
from api.context import Context
from api.erasure_receipts import Signer
from api.jobs import Job
from api.receipts import Receipts
from api.service_db import ServiceDb, Transaction
from api.services import erasure_progress as progress
from api.services.link_weeks import LOCK as LINKS
from api.services.lists import forget_lists
from api.services.people import UNKNOWN
from embeddings.registry import Registry
from graph.errors import CirclesError, NotFound
from graph.home import SNAPSHOT, Home
from graph.ids import Ids
from graph.links.candidates import forget as forget_pairs
from graph.links.weeks import forget_in_weeks
from graph.stores.base import GraphStore, User

log = logging.getLogger(__name__)

KIND = "forget"  # of the job
PATIENCE_S = 1.0  # how long a request waits for the store
Step = Callable[[], Mapping[str, int]]
Clock = Callable[[], int]


@dataclass(frozen=True)
class Erased:
    """What came of an erasure.

    removed: kind -> how many, over all its tries; all 0 for somebody unknown. receipt: None where nobody was
    erased, or nobody signs.
    """

    removed: Mapping[str, int]
    receipt: Mapping[str, Any] | None = None

    def shown(self) -> dict[str, Any]:
        return {**self.removed, **({"receipt": dict(self.receipt)} if self.receipt else {})}


def begin(context: Context, user: str, *, owner: str) -> Job:
    """Make a person disappear from every answer now, and start the job that does the rest.

    That they are to be erased is written down durably, together with the job, and holds for every worker from
    then on (`api/tombstones.py`). Their rows leave the store here too, where it is not busy for long.

    Raises:
        NotFound: unknown, and not in the middle of being erased.
        StoreUnavailable: nothing was done; or, where only their keys could not be taken yet, the job does it.
    """
    store, now = context.store.get(), context.now()
    known = store.user(user)
    if known is None and not _noted(context.db, user):
        raise NotFound(UNKNOWN)
    job = _written_down(context, known, user, owner=owner, now=now)
    removed = progress.Removed(context.db, user)
    try:
        removed.add(_leave_keys(context.db, user, now=now))
        removed.add({"answers": forget_answers(context.db, user)})
        _leave_store_soon(context, store, user, removed)
    finally:
        context.launcher.launch(job.job_id, KIND)
    return job


def _written_down(context: Context, known: User | None, user: str, *, owner: str, now: int) -> Job:
    """The tombstone and the job, both or neither, whatever happens to the machine.

    known: None where they are being erased already.
    """
    with context.db.transaction(is_durable=True) as writing:
        if known is not None:
            _write_tombstone(writing, user, known.index, now=now)
        add(writing, Action.ERASURE_ASKED, at=now, person=user)
        return context.jobs.add(KIND, params_of(user), owner=owner, now=now, within=writing)


def _leave_store_soon(context: Context, store: GraphStore, user: str, removed: progress.Removed) -> None:
    """Take their rows out of the store, and wait for that no longer than a request may take.

    Where a load or a sweep keeps the store for longer, nobody sees them all the same, and the job does it.
    """
    indices = _noted(context.db, user)

    def leave() -> None:
        try:
            removed.add(_leave_store(store, indices))
        except CirclesError as error:
            log.info("the job takes somebody out of the store: %s", error)

    leaving = threading.Thread(target=leave, daemon=True)
    leaving.start()
    leaving.join(PATIENCE_S)


def params_of(user: str) -> dict[str, str]:
    """Parameters of the job that erases a person."""
    return {"user": user}


def forget(
    home: Home,
    store: GraphStore,
    registry: Registry,
    user: str,
    *,
    clock: Clock,
    signer: Signer | None = None,
) -> Erased:
    """Erase a person everywhere, as they are known now.

    Repeating it, or finishing what was interrupted, is safe.

    Args:
        user: the pseudonym.
        clock: gives epoch seconds; asked again at the end, which may be long after the beginning.
        signer: signs the receipt; none is given without.

    Raises:
        StoreConflict: a load, a training or another erasure of this person is running; the person is out of
            every answer already, and trying again does the rest.
    """
    with _opened(home) as db:
        _note(db, store, user, now=clock())
    return finish(home, store, registry, user, clock=clock, signer=signer)


def finish(
    home: Home,
    store: GraphStore,
    registry: Registry,
    user: str,
    *,
    clock: Clock,
    signer: Signer | None = None,
) -> Erased:
    """Do the rest of what `begin` began; arguments, result and errors as of `forget`.

    Whoever came back since then is known under another index, and stays.
    """
    with _opened(home) as db, home.lock(_lock_of(user)):
        progress.rewrite_if_due(db)
        known, indices = store.user(user), _noted(db, user)
        is_back = known is not None and known.index not in indices
        if is_back and not indices:
            return Erased({})
        steps: list[Step] = [] if is_back else [partial(_leave_keys, db, user, now=clock())]
        if indices:
            steps.append(partial(_leave_answers, db, store, user, indices))
        steps += _file_steps(home, store, registry, user, indices)
        if indices:
            # once more: an answer that was being given when the person went kept its receipt after that
            steps.append(partial(_leave_answers, db, store, user, indices))
            steps.append(partial(_sweep, store))
        with progress.taken_up(db, user if indices else None, now=clock()) as removed:
            for step in steps:
                removed.add(step())
        receipt = _close(db, home, user, indices, now=clock(), signer=signer) if indices else None
        db.leave_nothing_of(None if is_back else user)
        progress.rewritten(db)
        (home.path / f"{_lock_of(user)}.lock").unlink(missing_ok=True)
    return Erased(removed.counts, receipt)


def rewrite_if_due(home: Home) -> None:
    """Leave nothing of somebody whose erasure ended before it could write the service's database anew."""
    with _opened(home) as db:
        progress.rewrite_if_due(db)


def _close(
    db: ServiceDb, home: Home, user: str, indices: Sequence[int], *, now: int, signer: Signer | None
) -> dict[str, Any]:
    """Write down that it is done, in every place at once; from here on nobody knows the pseudonym.

    now: when the last step ended; what follows only clears the file in which this stood.
    """
    erased.note(home.path, user, now=now)
    with db.transaction() as writing:
        facts = progress.facts(writing, user, done_at=now)
        receipt = signer.sign(facts) if signer else {}
        add(writing, Action.ERASURE_DONE, at=now)
        for index in indices:
            writing.write("erasures.delete", {"user": user, "index": index})
        result = Erased(facts.removed, receipt).shown()
        writing.write(
            "jobs.erased", {"result": orjson.dumps(result), "params": orjson.dumps(params_of(user))}
        )
        progress.close(writing, user, now=now)
    return receipt


def _file_steps(
    home: Home, store: GraphStore, registry: Registry, user: str, indices: Sequence[int]
) -> list[Step]:
    """Payment log, versions, snapshots and weeks."""
    from loaders.forget import forget_payments  # reads the log: too heavy for a worker of the service

    def lists() -> dict[str, int]:
        with home.lock("train"):  # what is being trained now would bring the person back
            _clear(registry.versions)
            gone = {"lists": forget_lists(registry, user)}
            return gone | {"trainings": int(home.drop_checkpoints())}  # they have seen what the person did

    def snapshots() -> dict[str, int]:
        with home.lock("train"), home.lock(SNAPSHOT):  # or one that is being cut appears afterwards
            _clear(home.snapshots)
            return {"snapshots": sum(_drop(folder) for folder in _snapshots_with(home.snapshots, user))}

    def suggestions() -> dict[str, int]:
        with home.lock(LINKS):  # a week that is being made may have read the person before they went
            _clear(home.links)
            return {"suggested": sum(_leave_suggestions(home, registry, index) for index in indices)}

    def payments() -> dict[str, int]:
        return {"payments": sum(forget_payments(home, store, index) for index in indices)}

    return [payments, lists, snapshots, suggestions] if indices else [lists, snapshots]


def _note(db: ServiceDb, store: GraphStore, user: str, *, now: int) -> None:
    """Write down who is to be erased before anything is removed."""
    known = store.user(user)
    if known is not None:
        with db.transaction(is_durable=True) as writing:
            _write_tombstone(writing, user, known.index, now=now)


def _write_tombstone(writing: Transaction, user: str, index: int, *, now: int) -> None:
    writing.write("erasures.insert", (user, index))
    writing.write("erasures.ask", (user, now))


def _noted(db: ServiceDb, user: str) -> list[int]:
    """Indices of a person whose erasure is not done; two where they came back before that and left again."""
    return [int(index) for (index,) in db.read("erasures.find", {"user": user})]


def _leave_answers(db: ServiceDb, store: GraphStore, user: str, indices: Sequence[int]) -> dict[str, int]:
    """What keeps a person out of every answer from now on."""
    gone = _leave_store(store, indices)
    gone["receipts"] = Receipts(db).forget(user)
    gone["answers"] = forget_answers(db, user)
    db.write("jobs.unname", {"name": orjson.dumps(user).decode()})  # lists for many that are being made
    return gone


def _leave_store(store: GraphStore, indices: Sequence[int]) -> dict[str, int]:
    """Rows of the store; what a free page still shows goes with `_sweep`."""
    gone: Counter[str] = Counter()
    for index in indices:
        gone.update(store.forget(index))
    return dict(gone)


def _sweep(store: GraphStore) -> dict[str, int]:
    """Clear the store's files, once for all that was removed: seconds on a large store, and writers wait."""
    store.sweep()
    return {}


def _leave_keys(db: ServiceDb, user: str, *, now: int) -> dict[str, int]:
    """Keys and tokens of the person, and what opens the entries of the audit log about them."""
    return {"keys": Keys(db).revoke_member(user, now=now), "audit": Audit(db).forget(user)}


def _lock_of(user: str) -> str:
    """Name of the lock of one erasure, which says nothing of the person."""
    return f"erasing-{hashlib.sha256(user.encode('utf-8')).hexdigest()[:16]}"


def _leave_suggestions(home: Home, registry: Registry, index: int) -> int:
    """Candidates of every version, suggestions of every week; in how many of them the person was."""
    return forget_in_weeks(home.links, index) + sum(
        forget_pairs(folder, index) for folder in registry.folders()
    )


def _clear(folder: Path) -> None:
    """Remove what was being written when its process was killed; whoever writes there now holds the lock."""
    for path in folder.glob(".*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


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
