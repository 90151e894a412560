"""`circles recommend USER`"""

from typing import Any

import click

from api.commands.common import Parts, answer, as_json, known_account, now


@click.command()
@click.argument("user")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True)
@click.option("--scene", help="Only circles of this scene.")
@click.option("--exclude", multiple=True, metavar="CIRCLE", help="Leave this circle out; may be repeated.")
@as_json
def command(user: str, limit: int, scene: str | None, exclude: tuple[str, ...], json_: bool) -> None:
    """Print circles for USER (the app's account id), with reasons."""
    from api.services.circles import recommend_from_parts

    parts = Parts.from_environment()
    with known_account():
        value = recommend_from_parts(
            parts.home,
            parts.store,
            parts.policy,
            parts.key,
            user,
            limit=limit,
            scene=scene,
            exclude=exclude,
            now=now(),
        )
    answer(value, json_, lambda: show_circles(value))


def show_circles(value: dict[str, Any]) -> None:
    """A list of circles for people."""
    if not value["items"]:
        click.echo(f"no circles: {value.get('why_empty') or 'none fit'}")
    for rank, item in enumerate(value["items"], start=1):
        click.secho(f"{rank:3}. {item['name'] or item['circle_id']}", bold=True, nl=False)
        click.echo(f"  ({item['circle_id']}, {item['score']:.3f})")
        for reason in item["reasons"]:
            click.echo(f"       {reason['text']}")
