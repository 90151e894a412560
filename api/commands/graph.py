"""`circles graph init|check|stats|export`."""

import csv
from pathlib import Path

import click

from api.commands.common import Parts, answer, as_json, say, show_table
from graph.errors import InputError, StoreError
from graph.stores.base import without_secret


@click.group(help="Make, check, count and export the graph store (CIRCLES_STORE).")
def command() -> None:
    pass


@command.command(
    help="Create the store, or bring an older one to today's schema. Repeating it changes nothing."
)
@as_json
def init(json_: bool) -> None:
    parts = Parts.from_environment()
    value = {"address": without_secret(parts.store.address), "schema_version": parts.store.schema_version()}
    answer(
        value, json_, lambda: click.echo(f"{value['address']} is ready (schema {value['schema_version']})")
    )


@command.command(help="Look for anything wrong in store and log; exit code 1 when something is.")
@click.option("--repair", is_flag=True, help="Finish what an interrupted load left, then look again.")
@as_json
def check(repair: bool, json_: bool) -> None:
    from graph.log import PaymentLog
    from loaders.run import recover

    parts = Parts.from_environment()
    if repair:
        with parts.home.lock("load"):
            recover(parts.home, parts.store, parts.policy)
    problems = [*parts.store.check(), *PaymentLog(parts.home.log).check(parts.store)]
    answer({"problems": problems}, json_, lambda: click.echo("\n".join(problems) or "all is well"))
    if problems:
        raise StoreError(
            f"{len(problems)} problem(s) found; `circles graph check --repair` mends what a load left"
        )


@command.command(help="Count nodes, edges, loads and payments.")
@as_json
def stats(json_: bool) -> None:
    from graph.log import PaymentLog

    parts = Parts.from_environment()
    value = {**parts.store.stats(), **{f"log_{k}": v for k, v in PaymentLog(parts.home.log).stats().items()}}
    rows = [{"what": name, "count": count} for name, count in value.items()]
    answer(value, json_, lambda: show_table(rows, without_secret(parts.store.address)))


@command.command(
    help="Write every table of the graph as CSV into FOLDER (new or empty), for a look elsewhere."
)
@click.argument("folder", type=click.Path(path_type=Path))
def export(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{str(folder)!r} is not an empty folder; name a new one")
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in Parts.from_environment().store.export():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
        say(f"{folder / name}.csv: {len(next(iter(columns.values()), [])):,} rows")
