"""Set the edges of the users that a load touched, from the log, a bounded number at a time."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.edges import LAYOUTS, UserEdges
from graph.log import NUM_BUCKETS, PaymentLog, bucket_of
from graph.muting import Mask
from graph.stores.base import GraphStore
from loaders.interning import distinct

ROWS_AT_ONCE = 1_000_000  # rows of the log that one worker adds up together: about 300 MB
SEARCHED_AT_ONCE = 6_000_000  # the same where most rows are only looked at, not kept

Int64 = npt.NDArray[np.int64]
Edges = dict[str, UserEdges]


def set_edges(
    log: PaymentLog,
    store: GraphStore,
    users: Int64,
    *,
    memory: str,
    threads: int | None,
    progress: Callable[[int, int], None],
) -> dict[str, int]:
    """Set the edges of users from the log and the inbox; returns how many edges they have now, by kind.

    Args:
        users: increasing.
        progress: called with the users done and their number.
    """
    counts, done = dict.fromkeys(LAYOUTS, 0), 0
    groups, masks, again = _groups(log, users, ROWS_AT_ONCE), deque[Mask](), [users[:0]]
    tasks = ({"users": group, "extra": store.inbox(), "mask": _noted(masks, store)} for group in groups)
    for group, added in zip(groups, added_up(log, tasks, len(groups), memory, threads), strict=True):
        for kind, edges in added.items():
            store.set_edges(kind, edges)
            counts[kind] += len(edges.edges)
        again.append(masks.popleft().differs(Mask.of(store), group))
        done += len(group)
        progress(done, len(users))
    if len(changed := np.concatenate(again)):  # they muted something while their payments were added up
        set_edges(log, store, np.sort(changed), memory=memory, threads=threads, progress=lambda *_: None)
    return counts


def _noted(masks: "deque[Mask]", store: GraphStore) -> Mask:
    """What people muted now, kept for later too."""
    masks.append(Mask.of(store))
    return masks[-1]


def patch_edges(
    log: PaymentLog,
    store: GraphStore,
    pairs: Mapping[str, Int64],
    *,
    memory: str,
    threads: int | None,
    progress: Callable[[int, int], None],
) -> dict[str, int]:
    """Set the edges between pairs from the log and the inbox; returns how many there are now, by kind.

    For a few payments beside many: what the users paid elsewhere need not be added up again.

    Args:
        pairs: kind -> user << 32 | merchant or product, increasing.
        progress: called with the users done and their number.
    """
    mask = Mask.of(store)
    users = distinct(np.concatenate([keys >> 32 for keys in pairs.values()]))
    if len(concerned := mask.among(users)):
        set_edges(log, store, concerned, memory=memory, threads=threads, progress=lambda *_: None)
        pairs = {kind: keys[~np.isin(keys >> 32, concerned)] for kind, keys in pairs.items()}
        users = users[~np.isin(users, concerned)]
    groups = _groups(log, users, SEARCHED_AT_ONCE)
    parts = [{kind: _of_users(keys, group) for kind, keys in pairs.items()} for group in groups]
    tasks = (
        {"users": group, "pairs": part, "extra": store.inbox()}
        for group, part in zip(groups, parts, strict=True)
    )
    counts, done = dict.fromkeys(LAYOUTS, 0), 0
    results = added_up(log, tasks, len(groups), memory, threads)
    for group, part, added in zip(groups, parts, results, strict=True):
        for kind, edges in added.items():
            store.patch_edges(kind, *part[kind], _only(edges, distinct(part[kind][0])))
            counts[kind] += len(edges.edges)
        done += len(group)
        progress(done, len(users))
    if len(changed := mask.differs(Mask.of(store), users)):
        set_edges(log, store, changed, memory=memory, threads=threads, progress=lambda *_: None)
    return counts


def _of_users(keys: Int64, users: Int64) -> tuple[Int64, Int64]:
    """Pairs of these users, as users and things."""
    kept = keys[np.isin(keys >> 32, users)]
    return kept >> 32, kept & (2**32 - 1)


def _only(edges: UserEdges, users: Int64) -> UserEdges:
    """Edges for these users, who are among theirs; the others have none."""
    at = np.searchsorted(edges.users, users)
    return UserEdges(users, np.append(edges.offsets[at], len(edges.edges)), edges.edges)


def added_up(
    log: PaymentLog, tasks: Iterable[Mapping[str, Any]], num_tasks: int, memory: str, threads: int | None
) -> Iterator[Edges]:
    """Results of `Adder.add_up` for each task, in order, while the caller works on earlier ones.

    Several small engines of one thread each do the same work in half the time of one with several threads.
    """
    from graph.aggregate import Adder  # the dataframe engine: only where there is something to add up

    num_workers = max(1, min(threads or os.cpu_count() or 1, num_tasks))
    share = f"{_megabytes(memory) // num_workers}MB"
    own = threading.local()
    with ExitStack() as adders:

        def add_up(task: Mapping[str, Any]) -> Edges:
            if not hasattr(own, "adder"):
                own.adder = adders.enter_context(Adder(log, memory=share, threads=1))
            result: Edges = own.adder.add_up(**task)
            return result

        with ThreadPoolExecutor(num_workers) as pool:
            running: deque[Future[Edges]] = deque()
            for task in tasks:
                running.append(pool.submit(add_up, task))
                if len(running) > num_workers:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()


def _megabytes(memory: str) -> int:
    """Megabytes of a size such as "800MB" or "4GB"."""
    return int(memory[:-2]) * (1000 if memory[-2:].upper() == "GB" else 1)


def _groups(log: PaymentLog, users: Int64, rows_at_once: int) -> list[Int64]:
    """Users in groups of whole buckets, so that a group's rows fit into memory."""
    num_rows = sum(segment.rows for segment in log.segments())
    size = max(1, min(NUM_BUCKETS, NUM_BUCKETS * rows_at_once // max(num_rows, 1)))
    owner = bucket_of(users)
    parts = [part for bucket in range(NUM_BUCKETS) if len(part := users[owner == bucket])]
    return [np.sort(np.concatenate(parts[i : i + size])) for i in range(0, len(parts), size)]
