"""`circles member card|mute|unmute|consents|grant|withdraw`: what a person sees and decides."""

from typing import Any

import click

from api.commands.common import Parts, answer, as_json, known_account, now
from graph.errors import NotFound
from graph.policy.payment_mutes import Mutable
from graph.schema import Purpose

_KIND = click.Choice(["circles", "owners", *(kind.value for kind in Mutable)])
_ON_CARD = "ids are in brackets in `circles member card ACCOUNT`"
_IDS = {
    "circles": "`circles circle list` has the ids",
    "owners": "expected the id of a merchant",
    "merchants": _ON_CARD,
    "categories": _ON_CARD,
    "scenes": _ON_CARD,
    "payments": "expected the app's id of a payment of theirs",
}
_PURPOSE = click.Choice([purpose.value for purpose in Purpose])
_NEW = click.option("--new", is_flag=True, help="Make the account, if nothing is known of it yet.")


@click.group()
def command() -> None:
    """What a person can see of themself, and stop. USER is the app's account id."""


@command.command()
@click.argument("user")
@as_json
def card(user: str, json_: bool) -> None:
    """Print what is known and inferred of USER, from which data, what for, who asked, and what is muted."""
    from api.services.card import card_from_parts

    parts = Parts.from_environment()
    with known_account():
        value = card_from_parts(parts.home, parts.store, parts.policy, parts.key, user, now=now())
    answer({"user_id": user, **value}, json_, lambda: show_card(value))


@command.command()
@click.argument("user")
@click.argument("kind", type=_KIND)
@click.argument("thing")
@as_json
def mute(user: str, kind: str, thing: str, json_: bool) -> None:
    """Use no payments of USER that are of THING, or bring no messages of it, from the next answer on.

    THING is a merchant, a category, a scene, the id of a payment; or a circle, or an owner of circles.
    """
    _mute(user, kind, thing, json_, muted=True)


@command.command()
@click.argument("user")
@click.argument("kind", type=_KIND)
@click.argument("thing")
@as_json
def unmute(user: str, kind: str, thing: str, json_: bool) -> None:
    """Take a mute back: everything is as it was before."""
    _mute(user, kind, thing, json_, muted=False)


def _mute(user: str, kind: str, thing: str, json_: bool, *, muted: bool) -> None:
    from api.services.card import mute_from_parts
    from api.services.people import UNKNOWN

    parts = Parts.from_environment()
    with known_account():
        try:
            found = mute_from_parts(
                parts.home, parts.store, parts.policy, parts.key, user, kind, thing, muted=muted, now=now()
            )
        except NotFound as error:
            if str(error) == UNKNOWN:
                raise
            raise NotFound(f"{kind}: nothing has the id {thing!r}; {_IDS[kind]}") from error
    answer({"user_id": user, **found}, json_, lambda: show_mutes(found))


@command.command()
@click.argument("user")
@as_json
def consents(user: str, json_: bool) -> None:
    """Print what USER agreed to, purpose by purpose, and when and how that came."""
    from api.services.people import consents_from_parts

    parts = Parts.from_environment()
    with known_account():
        items = consents_from_parts(parts.home, parts.store, parts.policy, parts.key, user)
    answer({"user_id": user, "items": items}, json_, lambda: show_consents(items))


@command.command()
@click.argument("user")
@click.argument("purpose", type=_PURPOSE)
@_NEW
def grant(user: str, purpose: str, new: bool) -> None:
    """Write down that USER grants PURPOSE."""
    _decide(user, purpose, granted=True, may_be_new=new)


@command.command()
@click.argument("user")
@click.argument("purpose", type=_PURPOSE)
@_NEW
def withdraw(user: str, purpose: str, new: bool) -> None:
    """Write down that USER withdraws PURPOSE; it counts from the next answer on."""
    _decide(user, purpose, granted=False, may_be_new=new)


def _decide(user: str, purpose: str, *, granted: bool, may_be_new: bool) -> None:
    from api.services.people import consent_from_parts

    parts = Parts.from_environment()
    is_new = consent_from_parts(
        parts.home,
        parts.store,
        parts.policy,
        parts.key,
        user,
        Purpose(purpose),
        granted,
        may_be_new=may_be_new,
    )
    whose = " for a new account" if is_new else ""
    click.echo(f"{purpose} is {'granted' if granted else 'withdrawn'}{whose}, from the next answer on")


def show_consents(items: list[dict[str, Any]]) -> None:
    """Consents for people."""
    for item in items:
        click.secho(f"{item['purpose']}: {'granted' if item['granted'] else 'off'}", bold=True)
        for said in item["history"]:
            door = f" ({said['door']})" if said["door"] else ""
            click.echo(
                f"  {said['at'] or 'nobody was asked'}  {'granted' if said['granted'] else 'withdrawn'}{door}"
            )


def show_mutes(found: dict[str, list[str]]) -> None:
    """What is muted, for people."""
    lines = [f"  {kind}: {', '.join(things)}" for kind, things in found.items() if things]
    click.echo("\n".join(["muted", *lines]) if lines else "nothing is muted")


def show_card(value: dict[str, Any]) -> None:
    """A card for people; in brackets what `circles member mute` takes."""
    data, asked = value["data"], value["asked"]
    click.secho(f"{data['payments']:,} payments count", bold=True, nl=False)
    click.echo(f"  ({(data['since'] or '-')[:10]} to {(data['until'] or '-')[:10]})")
    for part in ("walled", "muted"):
        _tell(f"{data[part]['payments']:,} more: {data[part]['text']}")
    for kind in ("scenes", "categories", "merchants"):
        click.secho(f"{kind}  (to stop one: circles member mute ACCOUNT {kind} ID)", bold=True)
        for habit in value["inferred"][kind]:
            click.echo(f"  {habit['label']}: {habit['text']}  [{habit['mute']['id']}]")
    click.secho("your list of circles rests on", bold=True)
    named = [part["label"] for part in value["inferred"]["circles"]["rests_on"]]
    _tell(", ".join(named) or "nothing of yours: it is the same for everybody")
    for use in value["uses"]:
        click.secho(f"{use['purpose']}: {'granted' if use['granted'] else 'off'}", bold=True)
        _tell(use["text"])
    click.secho(f"asked in {asked['days']} days", bold=True)
    for who in ("by_app", "by_owners", "by_operator"):
        told = [f"{name.replace('_', ' ')} {number}" for name, number in asked[who].items() if number]
        _tell(f"{who.replace('_', ' ')}: {', '.join(told) or 'nothing'}")
    show_mutes(value["muted"])


def _tell(text: str) -> None:
    """A sentence as a paragraph that fits a terminal."""
    click.echo(click.wrap_text(text, width=80, initial_indent="  ", subsequent_indent="    "))
