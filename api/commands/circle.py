"""`circles circle create|edit|close|show|list|theme|quarantine|release|reports|judge|alarms`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from api.commands.circle_moderation import COMMANDS, operators_context
from api.commands.circle_shown import show_circle, show_lines, show_theme
from api.commands.common import answer, as_json, now, say
from graph.errors import InputError, StoreConflict
from graph.schema import PRIVATE_SCENES, SCENES

if TYPE_CHECKING:
    from api.services.own_circles import Wish
    from graph.themes.meaning import Theme

F = TypeVar("F", bound=Callable[..., Any])
_SCENE = click.Choice([scene for scene in SCENES if scene not in PRIVATE_SCENES])
_LISTS = (
    ("--merchant", "merchants", "A shop or brand, by id."),
    ("--product", "products", "A product, by id."),
    ("--category", "categories", "A category, as the data has it."),
    ("--exclude", "exclude", "Leave this out, by id, whatever found it."),
)


@click.group(
    help="""Circles that merchants own, and what the operator does about them.

    \b
    circles circle theme coffee 茶                      what the words mean in the data; keeps nothing
    circles circle create "Brewers" --owner maker-69 --word coffee --exclude "COFFEE FILTERS"
    circles circle edit c-1f2e --word coffee --word tea   a theme is given whole
    circles circle list --owner maker-69
    circles circle alarms                              circles that somebody may be taking over
    """
)
def command() -> None:
    pass


for moderating in COMMANDS:
    command.add_command(moderating)


def theme_options(function: F) -> F:
    """Options that name what a theme is about."""
    for flag, name, text in reversed(_LISTS):
        function = click.option(flag, name, multiple=True, help=f"{text} Repeat for more.")(function)
    return click.option("--theme-scene", "scenes", multiple=True, type=_SCENE, help="A scene of life.")(
        function
    )


def circle_options(function: F) -> F:
    """Options of `create` and `edit`."""
    for option in reversed(
        (
            click.option("--word", "words", multiple=True, help="A word of the theme, English or Chinese."),
            theme_options,
            click.option("--description", help="For people."),
            click.option("--scene", type=_SCENE, help="The scene that the circle belongs to."),
            click.option("--city", "cities", multiple=True, help="Invite only people of this city."),
            click.option("--verified", is_flag=True, help="Invite only people whose real name was seen."),
            click.option("--min-theme-payments", type=click.IntRange(0, 100), help="Payments in the theme."),
        )
    ):
        function = option(function)
    return function


@command.command(help="What a theme of these WORDS means in the data: shops, products, size. Keeps nothing.")
@click.argument("words", nargs=-1)
@theme_options
@as_json
def theme(words: tuple[str, ...], json_: bool, **named: tuple[str, ...]) -> None:
    from api.services.themes import preview

    value = preview(operators_context(), _theme(words, named), now=now())
    answer(value, json_, lambda: show_theme(value))


@command.command(help="Make a circle called NAME; it waits before it is recommended ([lifecycle]).")
@click.argument("name")
@click.option("--owner", required=True, help="The merchant, brand or institution that runs it.")
@click.option("--id", "circle_id", help="Its id; made when absent.")
@circle_options
@as_json
def create(name: str, owner: str, circle_id: str | None, json_: bool, **options: Any) -> None:
    from api.services import own_circles

    context = operators_context()
    owner = own_circles.operators_owner(context, owner)
    wish = _wish(options, name=name)
    value = own_circles.create(context, owner, wish, circle_id=circle_id, key=None, now=now())
    if value is None:
        raise InputError(f"circle id {circle_id!r} is taken; choose another one, or leave out --id")
    answer(value, json_, lambda: show_circle(value))


@command.command(help="Change CIRCLE; what is not said stays. A theme is given whole.")
@click.argument("circle")
@click.option("--name")
@click.option("--revision", type=click.IntRange(0), help="Refuse when it is not at this revision any more.")
@circle_options
@as_json
def edit(circle: str, name: str | None, revision: int | None, json_: bool, **options: Any) -> None:
    from api.services import own_circles

    context, moment = operators_context(), now()
    if revision is None:
        revision = int(own_circles.view(context, None, circle, now=moment)["owner"]["revision"])
    wish = _wish(options, name=name)
    value = _current(own_circles.edit(context, None, circle, wish, revision=revision, now=moment))
    answer(value, json_, lambda: show_circle(value))


@command.command(help="Close CIRCLE for good: nobody is shown it, joins or is invited.")
@click.argument("circle")
@as_json
def close(circle: str, json_: bool) -> None:
    from api.services import own_circles

    value = _current(own_circles.close(operators_context(), None, circle, revision=None, now=now()))
    answer(value, json_, lambda: show_circle(value))


@command.command(help="Show CIRCLE as its owner sees it.")
@click.argument("circle")
@as_json
def show(circle: str, json_: bool) -> None:
    from api.services import own_circles

    value = own_circles.view(operators_context(), None, circle, now=now())
    answer(value, json_, lambda: show_circle(value))


@command.command("list", help="Circles, oldest first, and why one is not recommended.")
@click.option("--owner", help="Only those of this merchant.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--cursor", help="Go on after a page that ended with this.")
@as_json
def list_(owner: str | None, limit: int, cursor: str | None, json_: bool) -> None:
    from api.services import own_circles

    value = own_circles.listed(operators_context(), owner, now=now(), limit=limit, cursor=cursor)
    answer(value, json_, lambda: show_lines(value["items"], "circles"))
    if "next_cursor" in value and not json_:
        say(f"more with --cursor {value['next_cursor']}")


def _theme(words: tuple[str, ...], named: dict[str, tuple[str, ...]]) -> "Theme":
    from graph.themes.meaning import Theme

    return Theme(words=words, **named)


def _wish(options: dict[str, Any], *, name: str | None) -> "Wish":
    """What the options ask for; a part of which nothing is said stays as it is."""
    from api.services.own_circles import Wish

    named = {key: options.pop(key) for key in ("merchants", "products", "categories", "scenes", "exclude")}
    words = options.pop("words")
    rule = {
        "cities": list(options.pop("cities")),
        "verified": options.pop("verified"),
        "min_theme_payments": options.pop("min_theme_payments"),
    }
    asked = {key: value for key, value in rule.items() if value not in ([], False, None)}
    theme = _theme(words, named) if words or any(named.values()) else None
    return Wish(name=name, theme=theme, eligibility=asked or None, **options)


def _current(value: dict[str, Any] | None) -> dict[str, Any]:
    if value is None:
        raise StoreConflict("the circle was changed since; look at it again and repeat the change")
    return value
