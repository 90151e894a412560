"""`circles batch circles` and `circles batch links`"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.common import Parts, answer, as_json, now, progress_bars, say, show_table
from graph.errors import ConfigError

if TYPE_CHECKING:
    from api.exports.run import Engine


def _shared(decorated: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option(
            "--out", type=click.Path(path_type=Path), required=True, help="Folder, made when absent."
        ),
        click.option(
            "--limit",
            type=click.IntRange(1),
            help="Most entries of a person; the policy's default when absent.",
        ),
        click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True),
        click.option(
            "--engine",
            type=click.Choice(["processes", "spark"]),
            default="processes",
            show_default=True,
            help="What makes the blocks: processes of this machine, or Spark.",
        ),
        click.option(
            "--master",
            metavar="URL",
            help="Of a Spark cluster; when absent what Spark's own settings say, else this machine.",
        ),
        click.option(
            "--block-size",
            type=click.IntRange(1),
            default=10_000,
            show_default=True,
            help="People of a file; a killed run loses as many answers.",
        ),
        as_json,
    )
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


@click.group()
def command() -> None:
    """Write the answers to everybody who granted the consent as Parquet, one file a block of people.

    What is in the files is what the HTTP interface would answer each of them at the moment the export was
    begun, with a receipt for each list. Run it again after a kill: it goes on with the missing blocks. Run it
    again on a finished folder before the files are used: whoever withdrew or was erased is taken out.
    """


@command.command()
@_shared
@click.option("--no-reasons", is_flag=True, help="Leave the reasons out: half the size.")
def circles(no_reasons: bool, json_: bool, **asked: Any) -> None:
    """Everybody's circles; people are pseudonyms, which whoever holds the key can compute."""
    _export("circles", json_, explain=not no_reasons, **asked)


@command.command()
@_shared
def links(json_: bool, **asked: Any) -> None:
    """Everybody's suggestions of this week, as handles; the audit log has each as seen."""
    _export("links", json_, explain=False, **asked)


def _export(
    kind: str, json_: bool, *, out: Path, workers: int, engine: str, master: str | None, **asked: Any
) -> None:
    try:
        from api.exports.run import export
    except ImportError as error:
        raise ConfigError("Parquet cannot be written; run `pip install 'circles[load]'`") from error
    from api.context import wire

    parts = Parts.from_environment()
    context = wire(parts.settings)
    try:
        with progress_bars() as bars:
            value = export(
                context,
                out.absolute(),
                kind=kind,
                now=now(),
                engine=_engine(parts, engine, workers, master),
                progress=bars,
                **asked,
            )
    finally:
        context.close()
    answer(value, json_, lambda: _show(value, out))


def _engine(parts: Parts, engine: str, workers: int, master: str | None) -> "Engine | None":
    from api.exports.run import in_processes

    if engine == "spark":
        from api.exports.on_spark import on_spark

        return on_spark(parts.settings, master)
    if master:
        raise ConfigError(f"--master {master!r} is for Spark alone; add --engine spark, or leave it out")
    return in_processes(parts.settings, workers) if workers > 1 else None


def _show(value: dict[str, Any], out: Path) -> None:
    shown = ("kind", "version", "blocks", "people", "rows", "removed")
    show_table([{name: value[name] for name in shown}], f"answers in {str(out)!r}")
    say("run this again before the files are used: whoever withdrew in the meantime is taken out")
