"""Finish what an interrupted load left: whatever it committed is completed, the rest is dropped.

Before payments or new labels are committed to the log, the users they touch are written to
`log/touched/<name>.npy`. While such a file is there, their edges may be behind; setting them from the log
is right at any time.
"""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from graph.durable import sync
from graph.home import Home
from graph.log import Manifest, PaymentLog
from graph.policy.values import Policy
from graph.stores.base import GraphStore
from loaders.adding import set_edges
from loaders.placing import labels_of
from loaders.relabel import Relabelled, relabel
from loaders.report import Progress

log = logging.getLogger(__name__)
Int64 = npt.NDArray[np.int64]
Told = Callable[[str, int, int], None]  # stage, done, total


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def teller(progress: Callable[[Progress], None] | None) -> Told:
    """What tells a caller's function of progress; of None nobody watches."""
    if progress is None:
        return silent
    return lambda stage, done, total: progress(Progress(stage, done, total))


def recover(
    home: Home,
    store: GraphStore,
    policy: Policy,
    *,
    memory: str = "1GB",
    threads: int | None = None,
    told: Told = silent,
) -> None:
    """Roll committed loads forward, drop the others; the caller holds `home.lock("load")`.

    Raises:
        StoreMismatch: the log was written with another store.
    """
    payments = PaymentLog(home.log)
    payments.belongs_to(store)
    payments.clean()
    counts = set_touched(payments, store, memory=memory, threads=threads, told=told)
    committed = payments.manifest().loads
    for load in store.loads("logged"):
        if load.load_id in committed:
            report = {**json.loads(load.report), "edges": counts.get(load.load_id, {})}
            store.put_load(replace(load, state="done", report=json.dumps(report, ensure_ascii=False)))
        else:
            store.put_load(replace(load, state="dropped"))
        log.info("an interrupted load was %s", "finished" if load.load_id in committed else "dropped")
    drop_touched(payments)
    if store.meta("labels") == "pending" or not _labelled(payments, store, policy):
        bring_labels_up(payments, store, policy, told=told)
        set_touched(payments, store, memory=memory, threads=threads, told=told)
        drop_touched(payments)


def _labelled(payments: PaymentLog, store: GraphStore, policy: Policy) -> bool:
    manifest = payments.manifest()
    return not manifest.segments or manifest.labels == label_terms(store, policy)


def unknown_category(store: GraphStore, policy: Policy) -> str:
    """What an unknown category counts as; in a home of public data it is ordinary."""
    return "ordinary" if store.meta("terms") == "public" else policy.unknown_category


def label_terms(store: GraphStore, policy: Policy) -> str:
    """What scenes and walls are given under; when it changes, all are given anew."""
    return f"{policy.policy_id} {unknown_category(store, policy)}"


def bring_labels_up(payments: PaymentLog, store: GraphStore, policy: Policy, *, told: Told) -> int:
    """Give every row of the log the scene and wall of today's catalogue and policy.

    Returns how many rows changed.
    """
    labels = labels_of(store, policy, unknown_category(store, policy))
    segments = payments.segments()
    changed = relabel(payments, labels, None, lambda n: told("checking scenes and walls", n, len(segments)))
    commit(payments, store, policy, changed, name="labels", users=changed.users)
    store.set_meta("labels", "")
    return changed.rows


def commit(
    payments: PaymentLog,
    store: GraphStore,
    policy: Policy,
    changed: Relabelled,
    *,
    name: str,
    users: Int64,
    manifest: Manifest | None = None,
) -> None:
    """Replace the manifest, after writing down whose edges have to follow."""
    keep_touched(payments, name, users)
    before = manifest or payments.manifest()
    after = before.replaced(changed.replaced, changed.replaced.values())
    store_id = store.meta("store_id") or ""
    payments.commit(replace(after, store_id=store_id, labels=label_terms(store, policy)))


def keep_touched(payments: PaymentLog, name: str, users: Int64) -> None:
    """Write down, durably, whose edges have to be set."""
    folder = payments.folder / "touched"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = folder / f".{name}"
    with staged.open("wb") as file:
        np.save(file, users)
        file.flush()
        os.fsync(file.fileno())
    staged.rename(folder / f"{name}.npy")
    sync(folder)


def set_touched(
    payments: PaymentLog, store: GraphStore, *, memory: str, threads: int | None, told: Told
) -> dict[str, dict[str, int]]:
    """Set the edges of everybody written down.

    Returns:
        Name -> how many edges of each kind its users have now.
    """
    counts = {}
    for path in sorted((payments.folder / "touched").glob("*.npy")):
        counts[path.stem] = set_edges(
            payments,
            store,
            np.load(path),
            memory=memory,
            threads=threads,
            progress=lambda done, total: told("adding up", done, total),
        )
    return counts


def leave_touched(payments: PaymentLog, user: int) -> None:
    """Take one user out of those whose edges have to be set."""
    for path in (payments.folder / "touched").glob("*.npy"):
        users = np.load(path)
        if (users == user).any():
            keep_touched(payments, path.stem, users[users != user])


def drop_touched(payments: PaymentLog) -> None:
    """Forget whose edges had to be set: they are, and the loads that asked for it are done."""
    for path in (payments.folder / "touched").glob("*.npy"):
        path.unlink()
