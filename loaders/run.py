"""Load files into the payment log and the store: every row once, or not at all, whatever happens meanwhile.

1. Read and check everything; nothing is touched while something may still be wrong with a file.
2. Give nodes their indices, write the catalogue and what people said; repeating it changes nothing.
3. Write the new payments as a segment of the log: a folder that nobody sees yet.
4. Say so in the store, then replace the log's manifest: from here on the payments are in the log.
5. Set the edges of all users touched, from the log.
6. Say that it is done.

Whatever ends the process, the next load first finishes what stands between 4 and 6 (`loaders/recovery.py`)
and drops what stands before 4.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.errors import ConfigError
from graph.home import Home
from graph.log import PaymentLog
from graph.policy.values import Policy
from graph.stores.base import GraphStore, Load
from loaders.inbox import move
from loaders.key_marks import claim, require_key
from loaders.mapping import read_map
from loaders.pseudonyms import Pseudonyms
from loaders.recovery import Told, recover, teller
from loaders.report import LoadReport, Progress
from loaders.sources import find, fingerprint

if TYPE_CHECKING:
    from loaders.job import Job

__all__ = ["LoadReport", "Progress", "load", "recover"]
log = logging.getLogger(__name__)


def load(
    sources: Sequence[str],
    *,
    home: Home,
    store: GraphStore,
    policy: Policy,
    key: bytes,
    mapping: Path | None = None,
    dry_run: bool = False,
    assume_consent: bool = False,
    engine: str = "duckdb",
    into: Path | None = None,
    memory: str = "1GB",
    threads: int | None = None,
    now: int,
    progress: Callable[[Progress], None] | None = None,
) -> LoadReport:
    """Load sources; see the module.

    Args:
        sources: folders, files, patterns, or `completejourney`.
        key: secret of the pseudonyms.
        mapping: TOML file that says how to read a stranger's export.
        dry_run: check and count only.
        assume_consent: grant every purpose for everybody in the sources, as public data allows.
        engine: `duckdb`, or a Spark as `loaders.spark.session.master_of` reads it; the outcome is the same.
        into: also write the whole store there as partitioned files for Neo4j's importer; needs a Spark.
        memory: limit of the dataframe engine; the whole process needs about half a gigabyte more.
        now: epoch seconds; a moment more than a day later is refused.

    Raises:
        InputError: a source cannot be read; nothing was changed.
        ConfigError: `assume_consent` in production, or beside data that is not public; or the people of the
            store were named with another key.
        StoreConflict: another load is running.
        StoreMismatch: the payment log belongs to another store.
    """
    started = time.perf_counter()
    if into is not None and (engine == "duckdb" or dry_run):
        raise ConfigError("files for Neo4j's importer are written by Spark after a load; add --engine spark")
    if into is not None:
        from loaders.spark.files import require_empty

        require_empty(into)
    read = read_map(mapping)
    files = find(sources, read, policy)
    home.make()
    told = teller(progress)
    with home.lock("load"):
        _may_assume(assume_consent, store, policy)
        (require_key if dry_run else claim)(store, key)
        _prepare(home, store, policy, dry_run=dry_run, memory=memory, threads=threads, told=told)
        told("recognising", 0, len(files))
        mark = fingerprint(files, read, (policy.policy_id, str(assume_consent)))
        if known := store.find_load(mark):
            report = _known(known, tuple(sources))
        else:
            job = _job(
                engine,
                key,
                sources=tuple(sources),
                home=home,
                store=store,
                policy=policy,
                now=now,
                memory=memory,
                threads=threads,
                told=told,
            )
            report = job.run(files, mark, Pseudonyms(key), dry_run=dry_run, public=assume_consent)
        if into is not None:
            _write_files(engine, home, store, into, memory=memory, threads=threads, told=told)
    seconds = time.perf_counter() - started
    log.info("load %s took %.1f s", report.load_id, seconds)
    return replace(report, seconds=seconds)


def _job(engine: str, key: bytes, **parts: Any) -> "Job":
    """What loads with an engine; imported only where there is something to load."""
    if engine == "duckdb":
        from loaders.job import Job

        return Job(**parts)
    from loaders.spark.job import SparkJob
    from loaders.spark.session import master_of

    return SparkJob(**parts, master=master_of(engine, parts["threads"]), key=key)


def _write_files(
    engine: str, home: Home, store: GraphStore, into: Path, *, memory: str, threads: int | None, told: Told
) -> None:
    from loaders.spark.files import write_files
    from loaders.spark.session import master_of, scratch_of, session

    payments = PaymentLog(home.log)
    told("writing files to import", 0, 0)
    with session(master_of(engine, threads), memory, scratch_of(payments)) as spark:
        write_files(spark, payments, store, into, memory=memory, threads=threads)


def _prepare(
    home: Home,
    store: GraphStore,
    policy: Policy,
    *,
    dry_run: bool,
    memory: str,
    threads: int | None,
    told: Told,
) -> None:
    """Make good what an earlier load left, and let the log know what came over HTTP."""
    payments = PaymentLog(home.log)
    payments.belongs_to(store)
    if not dry_run:
        recover(home, store, policy, memory=memory, threads=threads, told=told)
        move(payments, store, memory=memory, threads=threads, told=told)


def _may_assume(assumed: bool, store: GraphStore, policy: Policy) -> None:
    if not assumed:
        return
    if policy.production:
        raise ConfigError("consent cannot be assumed: policy.toml says production = true")
    if store.meta("terms") != "public" and store.stats()["User"]:
        raise ConfigError(
            "consent cannot be assumed: this home holds people who were asked for it; "
            "set CIRCLES_HOME to another folder for public data"
        )


def _known(entry: Load, sources: tuple[str, ...]) -> LoadReport:
    """The report of a load that was done before."""
    return LoadReport.from_dict(json.loads(entry.report), sources)
