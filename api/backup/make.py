"""Back up a home while the service runs: nothing of it stops, and what is kept fits together.

Order matters. What was made from the graph goes first, then graph and payment log of one moment, then the
service's own database: so a list never knows more than its graph, no portrait is there that is not paid for,
and an erasure under way is noted. Loads, compactions and the end of erasures wait, since they change graph
and log together.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as program_version
from pathlib import Path
from typing import Any

from api import erased
from api.audit import Action, Audit
from api.backup.files import FORMAT, STORE, Collector, Told, drop_stale, read_manifest
from api.backup.record import keep_record
from api.erasure_receipts import PUBLIC, SECRET
from api.receipts import Receipts
from api.service_db import SCHEMA_VERSION, ServiceDb
from embeddings.registry import POINTER, Registry
from graph.durable import sync
from graph.errors import InputError, NoPublishedVersion, StoreConflict, StoreError
from graph.home import Home
from graph.log import PaymentLog
from graph.stores.base import GraphStore
from graph.stores.copies import copy_store
from graph.stores.open import open_store
from graph.stores.sqlite.copies import copy_file
from loaders.key_marks import fingerprint

POLL_S = 0.2
SERVICE = "service.db"
KEY = "pseudonym.key"
POLICY = "policy.toml"


@dataclass(frozen=True)
class Source:
    """What is backed up.

    policy: the file. policy_id: its hash. key: of the pseudonyms, None when there is none yet.
    """

    home: Home
    store: GraphStore
    policy: Path
    policy_id: str
    key: bytes | None


def make(
    source: Source,
    target: Path,
    *,
    now: int,
    previous: Path | None,
    with_key: bool,
    wait_s: float,
    told: Told,
) -> dict[str, Any]:
    """Write a whole backup and give it its name last; returns its manifest, with `bytes`.

    Args:
        target: must not exist; the folder it lies in must.
        now: epoch seconds.
        previous: an earlier backup, whose files are linked where they are the same.
        with_key: whether the key of the pseudonyms goes with it.
        wait_s: how long a load or an erasure may keep it waiting.

    Raises:
        InputError: the target exists, its folder does not, or `previous` is no backup.
        StoreConflict: a load runs for too long.
        StoreError: something of the home is damaged or changes all the time.
    """
    _refuse_target(target)
    if previous:
        read_manifest(previous)
    drop_stale(target.parent, f".{target.name}.partial-")
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    partial.mkdir(mode=0o700)
    try:
        collector = Collector(partial, previous, told)
        with _loads_waiting(source.home, wait_s):
            _write_down(source.home, target, now)
            manifest = _collect(source, collector, now=now, with_key=with_key, told=told)
        collector.finish(manifest)
        os.rename(partial, target)
        sync(target.parent)
        keep_record(source.home.path, moment=now, folder=target, fingerprint=manifest["key"]["fingerprint"])
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest | {"bytes": collector.num_bytes, "files": len(collector.sums)}


def _write_down(home: Home, target: Path, now: int) -> None:
    with closing(ServiceDb(home.service_db)) as db:
        Audit(db).append(Action.BACKUP_MADE, at=now, object=target.name)


def _refuse_target(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise InputError(
            f"{str(target)!r} exists; name a folder that does not, a backup is never written over"
        )
    if not target.parent.is_dir():
        raise InputError(f"{str(target.parent)!r} is not a folder; make it first")


@contextmanager
def _loads_waiting(home: Home, wait_s: float) -> Iterator[None]:
    ends = time.monotonic() + wait_s
    while True:
        lock = home.lock("load")
        try:
            lock.__enter__()
            break
        except StoreConflict:
            if time.monotonic() > ends:
                raise
            time.sleep(POLL_S)
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


def _collect(source: Source, into: Collector, *, now: int, with_key: bool, told: Told) -> dict[str, Any]:
    """Take everything, in the order above; returns the manifest."""
    home = source.home
    for name, folder in (("portraits", home.portraits), ("links", home.links)):
        into.tree(folder, name)
    versions = _versions(home.versions, into)
    copy_store(source.store, into.folder / STORE, told)
    seq = _seq(into.folder / STORE)  # of the copy: the store goes on
    into.add(STORE)
    _log(PaymentLog(home.log), into)
    if home.service_db.exists():
        _settle_receipts(home)
        copy_file(home.service_db, into.folder / SERVICE)
        into.add(SERVICE)
    into.copy(source.policy, POLICY)
    for name in (erased.NAME, PUBLIC, *((SECRET,) if with_key else ())):
        if (home.path / name).exists():
            into.copy(home.path / name, name)
    if with_key and source.key is not None:
        into.text(KEY, source.key.decode("utf-8"))
    return {
        "format": FORMAT,
        "program": program_version("circles"),
        "made_at": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "moment": now,
        "store": {
            "kind": source.store.address.partition(":")[0],
            "store_id": source.store.meta("store_id"),
            "schema_version": source.store.schema_version(),
            "seq": seq,
        },
        "service_schema": SCHEMA_VERSION,
        "policy_id": source.policy_id,
        "versions": versions,
        "key": {
            "included": with_key and source.key is not None,
            "fingerprint": fingerprint(source.key) if source.key is not None else None,
        },
    }


def _settle_receipts(home: Home) -> None:
    with closing(ServiceDb(home.service_db)) as db:
        Receipts(db).settle()


def _seq(copy: Path) -> int:
    with closing(open_store(f"sqlite:///{copy}")) as store:
        return store.seq()


def _versions(versions: Path, into: Collector) -> list[str]:
    """Take the served version and the one before it, and the pointer; their names."""
    registry = Registry(versions)
    try:
        names = [registry.current_name()]
    except NoPublishedVersion:
        return []
    lines = (versions / POINTER).read_text(encoding="utf-8").split("\n")
    names += [name for name in lines[1:2] if name and (versions / name).is_dir()]
    for name in names:
        into.tree(versions / name, f"versions/{name}")
    into.text(f"versions/{POINTER}", "\n".join([*names, ""][:2]) + "\n")
    return names


def _log(log: PaymentLog, into: Collector) -> None:
    """Take the live segments of the payment log; the caller holds the lock of loads."""
    segments = log.segments()
    if not segments and not (log.folder / "manifest.json").exists():
        return
    for segment in segments:
        if not log.path_of(segment).is_dir():
            raise StoreError(f"segment {segment.segment_id} of the payment log is missing; `circles doctor`")
        into.tree(log.path_of(segment), f"log/segments/{segment.segment_id}")
    into.tree(log.folder / "touched", "log/touched")  # of a load whose edges are still to be set
    into.copy(log.folder / "manifest.json", "log/manifest.json")
