"""`circles forget USER`"""

import click

from api.commands.common import Parts, answer, as_json, now, show_table

NOBODY = "nothing is known of this account, or it is erased already; nothing was removed"


@click.command()
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def command(user: str, yes: bool, json_: bool) -> None:
    """Erase USER (the app's account id): store, log, precomputed lists, snapshots, receipts.

    Cannot be undone. Repeating it is safe: what an interruption left is finished.
    """
    from api.services.erasure import forget
    from embeddings.registry import Registry

    parts = Parts.from_environment()
    if not yes:
        click.confirm("Erase this person everywhere? This cannot be undone", abort=True, err=True)
    registry = Registry(parts.home.versions)
    gone = forget(parts.home, parts.store, registry, parts.pseudonym(user), now=now())
    rows = [{"what": name, "removed": count} for name, count in gone.items() if count]
    answer(
        gone, json_, lambda: show_table(rows, "erased, by rows in each place") if rows else click.echo(NOBODY)
    )
