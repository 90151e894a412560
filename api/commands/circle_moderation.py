"""`circles circle quarantine|release|reports|judge|alarms`: what the operator does about circles."""

from typing import TYPE_CHECKING

import click

from api.commands.circle_shown import show_circle, show_lines
from api.commands.common import Parts, answer, as_json, now, say, show_table
from graph.errors import StoreConflict

if TYPE_CHECKING:
    from api.context import Context


def operators_context() -> "Context":
    """Services around the store of the environment; whoever runs commands is the operator."""
    from api.context import wire_parts

    parts = Parts.from_environment()
    return wire_parts(parts.home, parts.policy, parts.key, parts.store)


@click.command(help="Keep CIRCLE apart at once, for REASON: nobody is shown it, joins or is invited.")
@click.argument("circle")
@click.argument("reason")
@as_json
def quarantine(circle: str, reason: str, json_: bool) -> None:
    from api.services import moderation

    value = moderation.quarantine(operators_context(), circle, reason, now=now())
    answer(value, json_, lambda: show_circle(value))


@click.command(help="Give CIRCLE the state back that it had before its quarantine.")
@click.argument("circle")
@as_json
def release(circle: str, json_: bool) -> None:
    from api.services import moderation

    value = moderation.release(operators_context(), circle, now=now())
    answer(value, json_, lambda: show_circle(value))


@click.command(help="Reports of circles, the most reported circle first; never who reported.")
@click.option("--state", type=click.Choice(["waiting", "upheld", "rejected", "all"]), default="waiting")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@as_json
def reports(state: str, limit: int, json_: bool) -> None:
    from api.services import moderation

    value = moderation.reports(operators_context(), state=None if state == "all" else state, limit=limit)
    title = f"{value['total']:,} reports ({state}); `circles circle judge REPORT uphold|reject`"
    answer(value, json_, lambda: show_table(value["items"], title if value["items"] else "reports"))


@click.command(help="Say once whether REPORT is right: uphold or reject.")
@click.argument("report")
@click.argument("verdict", type=click.Choice(["uphold", "reject"]))
@as_json
def judge(report: str, verdict: str, json_: bool) -> None:
    from api.services import moderation

    value = moderation.judge(operators_context(), report, upheld=verdict == "uphold", now=now())
    if value is None:
        raise StoreConflict("the report was decided the other way, and that holds")
    answer(value, json_, lambda: click.echo(f"{value['circle_id']}: {value['state']}"))


@click.command(help="Circles that somebody may be taking over; see [alarm] in policy.toml.")
@click.option("--act", is_flag=True, help="For a timer: quarantine the highest level if the policy allows.")
@as_json
def alarms(act: bool, json_: bool) -> None:
    from api.services import alarms as services

    context, moment = operators_context(), now()
    found = services.alarms(context, now=moment)
    value = {"items": found, "quarantined": services.act(context, now=moment) if act else 0}
    answer(value, json_, lambda: show_lines(found, "alarms"))
    if act and not json_:
        say(f"{value['quarantined']} circles were kept apart")


COMMANDS = (quarantine, release, reports, judge, alarms)
