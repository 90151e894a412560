"""`circles backup DIR` and `circles backup verify DIR`."""

from pathlib import Path
from typing import Any

import click

from api.commands.common import Parts, answer, as_json, now, progress_bars, say
from graph.errors import StoreError

WAIT_S = 600


class Backups(click.Group):
    """A group whose first word may be the folder of a new backup."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands:
            args = ["make", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("--") and args[0] != "--help":  # options may come before the folder
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Backups)
def command() -> None:
    """Back up this home and its graph while the service runs, or look a backup over.

    \b
    circles backup DIR                     make one; DIR must not exist
    circles backup DIR --previous EARLIER  the same; files that did not change are hard links
    circles backup DIR --with-key          with the key of the pseudonyms: guard it like the key
    circles backup verify DIR              compare every file with its hash
    circles restore DIR                    put it back

    In it are graph, payment log, the served version and the one before it, portraits, links, service.db and
    policy.toml, each of one moment and fitting together. Loads and the end of erasures wait meanwhile; over
    Neo4j other writes wait too, and are 503 with Retry-After where it takes longer than 20 s.
    """


@command.command(hidden=True)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--previous", metavar="EARLIER", type=click.Path(path_type=Path), help="An earlier backup to share with."
)
@click.option(
    "--with-key",
    is_flag=True,
    help="Put the keys of pseudonyms and receipts into it. Then guard it like them.",
)
@click.option(
    "--wait", "wait_s", default=WAIT_S, show_default=True, type=click.IntRange(0), help="Seconds for a load."
)
@as_json
def make(folder: Path, previous: Path | None, with_key: bool, wait_s: int, json_: bool) -> None:
    """Make a backup in DIR, which must not exist."""
    from api.backup.make import Source
    from api.backup.make import make as make_backup

    parts = Parts.from_environment()
    source = Source(parts.home, parts.store, parts.settings.policy, parts.policy.policy_id, _key(parts))
    with progress_bars() as bars:
        made = make_backup(
            source,
            folder.absolute(),
            now=now(),
            previous=previous.absolute() if previous else None,
            with_key=with_key,
            wait_s=wait_s,
            told=bars,
        )
    answer(made, json_, lambda: _show(made, folder))
    if not made["key"]["included"]:
        where = "CIRCLES_PSEUDONYM_KEY" if parts.settings.pseudonym_key else str(parts.home.key_file)
        say(f"NOT in it: the key of the pseudonyms ({where}). Without it no account finds its data again:")
        say("keep a copy of the key elsewhere, apart from the backup, or make backups with --with-key.")


def _key(parts: Parts) -> bytes | None:
    """The key there is; none is made for a backup."""
    return parts.key if parts.settings.pseudonym_key or parts.home.key_file.exists() else None


def _show(made: dict[str, Any], folder: Path) -> None:
    click.echo(f"backed up into {folder}: {made['files']:,} files, {made['bytes'] / 1e6:,.1f} MB")
    versions = ", ".join(made["versions"]) or "none is published"
    click.echo(f"graph at change {made['store']['seq']:,}; versions: {versions}")


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@as_json
def verify(folder: Path, json_: bool) -> None:
    """Compare every file of the backup in DIR with its hash; exit code 1 when one is not what it was."""
    from api.backup.files import problems, read_manifest

    with progress_bars() as bars:
        found = problems(folder, bars)
    manifest = read_manifest(folder)
    text = "\n".join(found) or f"all is well; made {manifest['made_at']} by Circles {manifest['program']}"
    answer({"problems": found, **manifest}, json_, lambda: click.echo(text))
    if found:
        raise StoreError(f"the backup {str(folder)!r} is damaged: {len(found)} file(s); use another one")
