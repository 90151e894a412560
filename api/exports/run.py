"""Export everybody's answers: the blocks that are missing, by this process, by several, or by Spark.

Each block is made by itself and appears whole, so that a run may be killed at any moment and run again. When
all are there, whoever withdrew in the meantime is taken out (`exports/check.py`).
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from api.audit import Action, record
from api.context import Context
from api.exports import files
from api.exports.asked import BLOCK, KINDS, Export, hold, keep, taken_up
from api.exports.blocks import Made, Worker
from api.exports.check import checked
from graph.errors import InputError, StoreUnavailable, WrongState
from graph.links.periods import period_of
from graph.settings import Settings

Progress = Callable[[str, int, int], None]
# Blocks of an export -> the same as they are done, in any order.
Engine = Callable[[Export, Path, list[range]], Iterable[Made]]

LOST = "a worker ended early; the blocks that were done are kept, run this again for the others"


def export(
    context: Context,
    folder: Path,
    *,
    kind: str,
    now: int,
    engine: Engine | None = None,
    limit: int | None = None,
    explain: bool = True,
    block_size: int = BLOCK,
    progress: Progress = lambda stage, done, total: None,
) -> dict[str, Any]:
    """Write the answers to everybody who granted the consent, or what is missing of them.

    Args:
        folder: made when absent; one that holds this export already is completed and looked over again.
        kind: `circles` or `links`. engine: makes the blocks; this process when absent.
        limit: most entries of a person; the policy's default when absent. explain: with reasons of circles.

    Returns:
        The export and counts: `blocks` made now, `people` and `rows` in the folder, `removed` rows of people
        who withdrew, or of what may not be shown any more.

    Raises:
        InputError: the folder holds something else, or the limit is over the policy's maximum.
        NoPublishedVersion, StoreUnavailable: there is nothing to answer from.
        WrongState: there are no suggestions of this week.
    """
    wish = _wish(context, kind, now, context.policy.checked_limit(limit), explain, block_size)
    with hold(folder):
        asked = taken_up(folder, wish, now=now)
        files.clear_staged(folder)
        record(context, Action.LISTS_EXPORTED, object=f"{asked.kind} {asked.export_id}")
        missing = [block for block in asked.blocks() if not files.is_whole(folder, asked, block)]
        make = engine or in_this_process(context)
        for number, _ in enumerate(make(asked, folder, missing), start=1):
            progress(kind, number, len(missing))
        _all_there(asked, folder, missing)
        found = checked(context, asked, folder, now=now, progress=progress)
        keep(folder, asked, found)
    told = {name: value for name, value in found.items() if name != "checked_seq"}
    return {"export_id": asked.export_id, **asdict(asked), "blocks": len(missing), **told}


def in_this_process(context: Context) -> Engine:
    """Blocks one after the other."""

    def make(asked: Export, folder: Path, blocks: list[range]) -> Iterator[Made]:
        worker = Worker(context, asked, folder) if blocks else None
        for block in blocks:
            assert worker is not None
            yield worker.make(block)

    return make


def in_processes(settings: Settings, workers: int) -> Engine:
    """Blocks by several processes of this machine.

    Raises, while they are made:
        StoreUnavailable: a process was lost.
    """

    def make(asked: Export, folder: Path, blocks: list[range]) -> Iterator[Made]:
        spawned = get_context("spawn")  # a copy of this process would share its databases
        with ProcessPoolExecutor(min(workers, len(blocks) or 1), spawned) as pool:
            waiting = [pool.submit(_make_block, settings, asked, folder, block) for block in blocks]
            try:
                for done in as_completed(waiting):
                    yield done.result()
            except BrokenProcessPool as error:
                raise StoreUnavailable(LOST) from error
            finally:
                pool.shutdown(wait=False, cancel_futures=True)  # those at work end with their block

    return make


@lru_cache(maxsize=1)
def _opened(settings: Settings, asked: Export, folder: Path) -> Worker:
    """The worker of a process of the pool, which it keeps."""
    return Worker.opened(settings, asked, folder)


def _make_block(settings: Settings, asked: Export, folder: Path, block: range) -> Made:
    return _opened(settings, asked, folder).make(block)


def _wish(context: Context, kind: str, now: int, limit: int, explain: bool, block_size: int) -> Export:
    store, seq = context.store.get(), context.store.get().seq()
    consenting = store.consents(KINDS[kind].value)
    return Export(
        kind=kind,
        version=_version(context, kind, now),
        store_id=str(context.store.identity()),
        policy_id=context.policy.policy_id,
        as_of=now,
        limit=limit,
        explain=explain and kind == "circles",
        block_size=block_size,
        num_users=int(consenting[-1]) + 1 if len(consenting) else 0,
        seq=seq,
    )


def _version(context: Context, kind: str, now: int) -> str:
    """The version that answers; of links the one that this week's suggestions were made of."""
    if kind == "circles":
        return context.versions.current().version.name
    period, store_id, weeks = period_of(now), context.store.identity(), context.link_weeks
    week = weeks.find(period, store_id) or weeks.get(
        context.versions.current(), context.store.get(), context.policy, period, store_id
    )
    if week is None:
        raise WrongState(
            "there are no suggestions of this week: fewer than two people agreed to links when the version "
            "was cut, or another process makes them now; run `circles train` or try again"
        )
    return week.version


def _all_there(asked: Export, folder: Path, blocks: list[range]) -> None:
    lost = [block for block in blocks if not files.is_whole(folder, asked, block)]
    if lost:
        raise InputError(
            f"{len(lost)} of {len(blocks)} blocks are not in {str(folder)!r} though workers made them; name "
            "a folder that every worker sees under this path"
        )
