"""`circles audience`"""

from collections.abc import Callable
from typing import Any

import click

from api.commands.common import Parts, answer, as_json, moment, now, set_threads, show_table
from api.context import Context, wire_parts
from graph.stores.invitations import Audience, AudienceState

REFUSED = 4  # exit code where nobody may be invited


@click.group()
def command() -> None:
    """Whom a circle may invite: what can be promised, who is left out and why, sending, and what came of it.

    An audience is a number of people who fit the theme of a circle, with a promise of how many do. It never
    shows a person: sizes are bands, counts are rounded, and small groups are hidden.

    \b
      circles audience preview CIRCLE --fit 0.7
      circles audience create CIRCLE --fit 0.7 --holdout 0.1
      circles audience send AUDIENCE --message spring-1
      circles audience results AUDIENCE
    """


def _wish(verb: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option("--fit", "target_fit", type=float, required=True, help="Share that is to fit, as 0.7."),
        click.option("--confidence", type=float, default=0.95, show_default=True),
        click.option("--max-size", type=int, help="Most people; the policy's maximum when absent."),
        click.option("--holdout", type=float, help="Share kept back by lot to compare with."),
        click.option("--valid-days", type=int, help="How long it may be sent."),
        click.option("--pilot", is_flag=True, help="Random people, to learn how they answer."),
    )
    for option in reversed(options):
        verb = option(verb)
    return verb


@command.command()
@click.argument("circle")
@_wish
@as_json
def preview(circle: str, json_: bool, **wish: Any) -> None:
    """What could be promised of an audience for CIRCLE; keeps nobody."""
    context = _context()
    _print(context, _asked(context, circle, wish, preview=True), json_)


@command.command()
@click.argument("circle")
@_wish
@click.option("--key", help="The same key asks for one audience, however often it is run.")
@as_json
def create(circle: str, key: str | None, json_: bool, **wish: Any) -> None:
    """Choose the people of an audience for CIRCLE, and keep some back by lot.

    Where what is asked for cannot be promised, the audience carries the strongest promise that can be made.
    Where none can be made, it says why and the exit code is 4.
    """
    context = _context()
    made = _asked(context, circle, wish, key=key)
    _print(context, made, json_)
    if made.state is AudienceState.FAILED:
        raise click.exceptions.Exit(REFUSED)


@command.command()
@click.argument("audience")
@as_json
def show(audience: str, json_: bool) -> None:
    """The promise, size and funnel of AUDIENCE."""
    from api.services.audiences import found

    context = _context()
    _print(context, found(context, None, audience), json_)


@command.command()
@click.argument("audience")
@as_json
def finish(audience: str, json_: bool) -> None:
    """Choose the people of an AUDIENCE that was asked for over HTTP; the job of the service runs this."""
    context = _context()
    _print(context, _finished(context, audience), json_)


@command.command()
@click.argument("audience", required=False)
@click.option("--message", help="The app's own reference of the message.")
@click.option("--at", metavar="TIME", help="Not before this moment; `--due` sends it then.")
@click.option("--due", is_flag=True, help="Send whatever is due, and try again for people who waited.")
@as_json
def send(audience: str | None, message: str | None, at: str | None, due: bool, json_: bool) -> None:
    """Invite the people of AUDIENCE; with --due, of every audience whose time has come (for a timer).

    Stopped at any point it goes on where it ended, and nobody is invited twice.
    """
    from api.services import sending
    from api.services.audiences import found

    context = _context()
    if due:
        done = sending.send_due(context, now=now())
    elif audience is None or message is None:
        raise click.UsageError("name an AUDIENCE and its --message, or say --due")
    else:
        when = None if at is None else moment(at)
        done = [sending.send(context, found(context, None, audience), message, now=now(), send_at=when)]
    answer(done if due else done[0], json_, lambda: show_table([_flat(row) for row in done], "audiences"))


@command.command()
@click.argument("audience")
@as_json
def results(audience: str, json_: bool) -> None:
    """Who joined of AUDIENCE, beside those kept back, with a 95 % interval."""
    from api.services import audience_results
    from api.services.audiences import found

    context = _context()
    value = audience_results.results(context, found(context, None, audience), now=now())
    answer(value, json_, lambda: _say_results(value))


def _context() -> Context:
    parts = Parts.from_environment()
    set_threads(parts.settings)
    return wire_parts(parts.home, parts.policy, parts.key, parts.store)


def _asked(
    context: Context, circle: str, wish: dict[str, Any], *, key: str | None = None, preview: bool = False
) -> Audience:
    from api.services.audiences import ask
    from graph.policy.audiences import checked_wish

    checked = checked_wish(context.policy.audiences, **wish)
    audience = ask(context, None, circle, checked, now=now(), key=key, preview=preview)
    return _finished(context, audience.audience_id)


def _finished(context: Context, audience_id: str) -> Audience:
    from api.audiences.asked import House
    from api.audiences.finish import finish

    return finish(House(context.home, context.store.get(), context.policy), audience_id, now=now())


def _print(context: Context, audience: Audience, json_: bool) -> None:
    from api.services.audiences import shown

    value = shown(context, audience, now=now())
    answer(value, json_, lambda: _say(value))


def _say(value: dict[str, Any]) -> None:
    click.secho(f"{value['audience_id']}  {value['state']}", bold=True)
    for name in ("size", "fits", "note", "why", "what_helps", "problem"):
        if value.get(name):
            click.echo(f"{name.replace('_', ' '):<11} {value[name]}")
    for name in ("certificate", "strongest"):
        if promise := value.get(name):
            words = f"at least {promise['target']:.0%} fit, {promise['confidence']:.0%} sure"
            click.echo(f"{name:<11} {words}; {promise['drift']}, until {promise['valid_until']}")
    if "funnel" in value:
        rows = {"everybody": value["funnel"]["total"]} | value["funnel"]["parts"]
        show_table(
            [{"people": label.replace("_", " "), "number": _told(cell)} for label, cell in rows.items()]
        )


def _say_results(value: dict[str, Any]) -> None:
    click.secho(f"{value['audience_id']}  {value['week']}", bold=True)
    for name, part in _flat(value).items():
        if name not in ("audience_id", "week", "pilot"):
            click.echo(f"{name.replace('_', ' '):<14} {part}")


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    return {name: _told(part) if isinstance(part, dict) else part for name, part in value.items()}


def _told(cell: dict[str, Any]) -> str:
    if "hidden" in cell:
        return f"hidden ({cell['hidden']})"
    if "v" in cell:
        return f"{cell['v']:,}"
    return f"{cell['value']:+.0%} ({cell['low']:+.0%} to {cell['high']:+.0%})"
