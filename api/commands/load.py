"""`circles load SOURCE...`"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from api.commands.common import (
    Parts,
    answer,
    as_json,
    now,
    progress_bars,
    refuse_in_demonstration,
    refuse_in_production,
    say,
    show_table,
)
from api.commands.first_load import store_to_load
from graph.stores.base import GraphStore

BACK = (
    "people who were erased and are known again by this load: {:,}. Unless they came back themselves, the "
    "files have rows from before their erasure: `circles forget` them again, and load files without them"
)


@click.command(
    epilog="""\b
Examples:
  circles load completejourney --assume-consent     the demonstration data
  circles load exports/2026-11                      a folder of payments.parquet, merchants.csv, ...
  circles load bank.csv.gz --map bank.toml          a stranger's columns
  circles load exports/2026-11 --dry-run            only check and count
  circles load exports/2026-11 --estimate           what it will take: time, memory, room
  circles load exports --engine spark://host:7077   many files at once, on a cluster (docs/scale.md)
"""
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "--map", "mapping", type=click.Path(path_type=Path), help="TOML file that names a stranger's columns."
)
@click.option("--dry-run", is_flag=True, help="Validate and count; change nothing.")
@click.option(
    "--estimate",
    "only_estimate",
    is_flag=True,
    help="Load samples elsewhere, foretell the cost; change nothing.",
)
@click.option(
    "--assume-consent", is_flag=True, help="Public data only: grant all purposes for everybody in it."
)
@click.option(
    "--engine",
    default="duckdb",
    show_default=True,
    metavar="ENGINE",
    help="duckdb, or spark, spark://HOST:PORT, spark:yarn: same result, payments on many machines.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="With Spark: also write the whole graph as files for `neo4j-admin database import`.",
)
@as_json
def command(
    sources: tuple[str, ...],
    mapping: Path | None,
    dry_run: bool,
    only_estimate: bool,
    assume_consent: bool,
    engine: str,
    into: Path | None,
    json_: bool,
) -> None:
    """Load payments and what belongs to them.

    A SOURCE is a folder or file of interchange tables (Parquet, CSV, JSON lines; .gz and .zst), or the name
    `completejourney`. Every row is loaded or refused with file, line and reason. Loading is idempotent:
    repeat it after a crash, or with overlapping files, and nothing is counted twice.
    """
    from loaders.run import load

    parts = Parts.from_environment()
    if only_estimate:
        if engine != "duckdb" or into or dry_run:
            raise click.UsageError("--estimate is of a load here; leave --dry-run, --engine and --into out")
        value = foretell(parts, sources, mapping)
        return answer(value, json_, lambda: show_estimate(value))
    if assume_consent:
        refuse_in_production(parts.policy, "--assume-consent")
    elif not dry_run:
        refuse_in_demonstration(parts, parts.store)
    with progress_bars() as bars, store_to_load(parts, sources, mapping, bars) as store:
        before = erased_but_known(parts, store)
        report = load(
            list(sources),
            home=parts.home,
            store=store,
            policy=parts.policy,
            key=parts.key,
            mapping=mapping,
            dry_run=dry_run,
            assume_consent=assume_consent,
            engine=engine,
            into=into,
            memory=parts.settings.memory,
            threads=parts.settings.threads,
            now=now(),
            progress=lambda p: bars(p.stage, p.done, p.total),
        )
        back = len(erased_but_known(parts, store) - before)
    if back:
        report = replace(report, notes=(*report.notes, BACK.format(back)))
    answer(report.as_dict(), json_, lambda: show_report(report, dry_run))


def erased_but_known(parts: Parts, store: GraphStore) -> set[str]:
    """Pseudonyms that were erased once and are in the store; nobody is looked up where nobody was erased."""
    from api import erased

    gone = erased.read(parts.home.path / erased.NAME)
    return set(erased.erased_since(gone, store.nodes("User")["id"], 0)) if gone else set()


def foretell(parts: Parts, sources: tuple[str, ...], mapping: Path | None) -> dict[str, Any]:
    """What loading the sources will take, and the room there is; see `loaders/estimate.py`."""
    from loaders.estimate import estimate

    with progress_bars() as bars:
        value = estimate(
            list(sources),
            policy=parts.policy,
            mapping=mapping,
            memory=parts.settings.memory,
            threads=parts.settings.threads,
            now=now(),
            progress=lambda p: bars(p.stage, p.done, p.total),
        ).as_dict()
    return value | {"free_mib": shutil.disk_usage(existing(parts.home.path)).free // 2**20}


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return path if path.exists() else existing(path.absolute().parent)


def show_estimate(value: dict[str, Any]) -> None:
    """What a load will take, for people."""
    say(f"{value['payments']:,} payments of about {value['users']:,} people")
    say(
        f"about {value['seconds']:,.0f} s ({value['cpu_seconds']:,.0f} s of processor time) and "
        f"{value['peak_memory_mib']:,} MiB of memory"
    )
    say(
        f"about {value['disk_mib']:,.0f} MiB of disk (log {value['log_mib']:,.0f}, embedded store "
        f"{value['store_mib']:,.0f}), {value['while_loading_mib']:,.0f} MiB while it runs; "
        f"{value['free_mib']:,} MiB are free"
    )
    if value["while_loading_mib"] > value["free_mib"]:
        say("that is not enough room: set CIRCLES_HOME to a folder on a larger disk, or load in parts")
    say("nothing was loaded")


def show_report(report: Any, dry_run: bool = False) -> None:
    """A load report for people."""
    value = report.as_dict()
    if value["already_loaded"]:
        say("these very files are loaded already; nothing was changed")
        return
    show_table(value["tables"], "would be loaded" if dry_run else "loaded")
    if value["reasons"]:
        show_table(value["reasons"], "refused")
        say(f"refused rows, by file and line: {value['refused_file']}")
    if value["totals"]:
        show_table(value["totals"], "amounts")
    show_walled(value["payments"]["walled"], value["payments"]["loaded"])
    for note in value["notes"]:
        say(f"note: {note}")
    say(f"{value['seconds']:.1f} s")


def show_walled(walled: int, loaded: int) -> None:
    """How many payments nobody else will ever learn of, and what to do when that is all of them."""
    if not walled:
        return
    say(f"{walled:,} of {loaded:,} payments are behind the sensitive wall: kept, but in no edge or answer")
    if walled == loaded:
        say(
            "categories are unknown, and [wall] in policy.toml reads unknown as sensitive; "
            "give merchants or products a category or a scene and load again"
        )
