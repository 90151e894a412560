"""`circles restore DIR`"""

from pathlib import Path

import click

from api.commands.common import answer, as_json, now, progress_bars, say


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--replace", is_flag=True, help="Where CIRCLES_HOME holds something: keep that aside, do not refuse."
)
@click.option(
    "--key", "key_file", metavar="FILE", type=click.Path(path_type=Path), help="Key of the pseudonyms."
)
@click.option(
    "--erasures",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A copy of erased.list kept elsewhere; may be repeated.",
)
@as_json
def command(
    folder: Path, replace: bool, key_file: Path | None, erasures: tuple[Path, ...], json_: bool
) -> None:
    """Make CIRCLES_HOME and the graph behind CIRCLES_STORE what the backup in DIR holds.

    The backup is checked first; nothing is changed when it is damaged, and nothing is half done when this is
    cut off. Who was erased since the backup was made is erased from it again, as erased.list of this home,
    of the backup and of --erasures say. Stop the service first.

    CIRCLES_STORE=neo4j fills a local server; an address of another server fills its empty database.
    """
    import os

    from api.backup.restore import Wishes, restore
    from graph.errors import InputError
    from graph.policy.values import read_policy
    from graph.settings import settings_from

    settings = settings_from(os.environ)
    if key_file and not key_file.is_file():
        raise InputError(f"--key {str(key_file)!r} is not a file; expected the key of the pseudonyms")
    given = key_file.read_text(encoding="ascii").strip() if key_file else settings.pseudonym_key
    wishes = Wishes(settings.store, given.encode("utf-8") if given else None, erasures, replace)
    with progress_bars() as bars:
        done = restore(folder.absolute(), settings.home.absolute(), wishes, now=now(), told=bars)
    value = {
        "made_at": done.manifest["made_at"],
        "erased_again": done.num_erased,
        "keys_ended_again": done.num_ended,
        "aside": done.aside,
    }

    def show() -> None:
        click.echo(f"{settings.home} is as it was at {done.manifest['made_at']}")
        if done.num_erased:
            click.echo(f"erased again, since they were erased after the backup: {done.num_erased:,}")
        if done.num_ended:
            click.echo(f"keys ended again, since they were revoked after the backup: {done.num_ended:,}")
        if done.aside:
            click.echo(f"what was there before lies in {done.aside}; remove it when you no longer need it:")
            click.echo("who is erased from now on is not erased from that folder")

    answer(value, json_, show)
    if done.num_ended is None:
        say("what was revoked after the backup is not known here: look at `circles keys list`")
    for problem in done.problems:
        say(f"as it was backed up: {problem}")
    if read_policy(settings.policy).policy_id != done.manifest["policy_id"]:
        say(f"the policy was another one; to answer as then: CIRCLES_POLICY={settings.home / 'policy.toml'}")
