"""`circles links USER`, `--prepare` and `--reports`"""

from typing import Any

import click

from api.commands.common import Parts, answer, as_json, known_account, now, show_table


@click.command()
@click.argument("user", required=False)
@click.option("--prepare", is_flag=True, help="Make this week's suggestions now; for a timer on Monday.")
@click.option(
    "--reports", is_flag=True, help="Who was reported by people they were suggested to; for the operator."
)
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True)
@as_json
def command(user: str | None, prepare: bool, reports: bool, limit: int, json_: bool) -> None:
    """Print the people suggested to USER (the app's account id) this week, as handles, with reasons."""
    from api.services.link_reports import reports_of
    from api.services.links import links_from_parts, prepare_from_parts

    parts = Parts.from_environment()
    if sum((user is not None, prepare, reports)) != 1:
        raise click.UsageError("name a user, or say --prepare or --reports; one of them")
    if prepare:
        made = prepare_from_parts(parts.home, parts.store, parts.policy, parts.key, now=now())
        answer({"pairs": made}, json_, lambda: click.echo(f"{made:,} pairs are suggested this week"))
        return
    if reports:
        found = reports_of(parts.store)
        answer({"reported": found}, json_, lambda: show_reports(found))
        return
    assert user is not None
    with known_account():
        value = links_from_parts(
            parts.home, parts.store, parts.policy, parts.key, user, limit=limit, now=now()
        )
    answer(value, json_, lambda: show_links(value))


def show_links(value: dict[str, Any]) -> None:
    """A list of suggestions for people."""
    if not value["items"]:
        click.echo(f"nobody: {value['why_empty']}")
    for rank, item in enumerate(value["items"], start=1):
        click.secho(f"{rank:3}. {item.get('other', item['link_id'])}", bold=True, nl=False)
        click.echo(f"  ({item['state']}, {item['band']}, {item['weight']:.2f})")
        click.echo(f"       {item['reason']['text']}")


def show_reports(found: list[dict[str, Any]]) -> None:
    """Whom an operator should look at."""
    if not found:
        click.echo("nobody was reported")
        return
    show_table(found, f"{len(found):,} people were reported; each is kept from whoever reported them")
