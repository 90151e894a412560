"""`circles between related|flows|health|links|link|accept|withdraw|relay`"""

from typing import Any

import click

from api.commands.circle_moderation import operators_context
from api.commands.common import answer, as_json, now, show_table

as_owner = click.option(
    "--owner", metavar="MERCHANT", help="Ask as this merchant; as the operator if absent."
)
by_owner = click.option("--owner", metavar="MERCHANT", required=True, help="The merchant that decides.")


@click.group()
def command() -> None:
    """What passes between circles: likeness, who moves where, and links that carry messages.

    A link carries messages from one circle to the members of another. It opens when both owners accept it and
    closes when either withdraws. Flows are told between circles with an open link only, for months that have
    ended, and as groups. An owner's questions cost part of its budget (`circles disclosure ledger`).
    """


@command.command()
@click.argument("circle")
@as_owner
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True)
@as_json
def related(circle: str, owner: str | None, limit: int, json_: bool) -> None:
    """Circles like CIRCLE: by members, theme, and what people do.

    `members` is the share of CIRCLE's members who are in both, as the lower edge of a coarse step.
    """
    from api.services import related as service

    found = service.related(operators_context(), owner, circle, limit=limit, now=now())
    rows = [item | {"members": _told(item["members"])} for item in found["items"]]
    answer(found, json_, lambda: show_table(rows, f"circles like {circle}"))


@command.command()
@click.argument("circle")
@click.option("--direction", type=click.Choice(["in", "out", "net"]), default="in", show_default=True)
@click.option(
    "--window", metavar="MONTH", help="A month that has ended, such as 2026-10; the newest if absent."
)
@as_owner
@as_json
def flows(circle: str, direction: str, window: str | None, owner: str | None, json_: bool) -> None:
    """How many people joined CIRCLE after another circle in a month, or the other way round."""
    from api.services import flows as service

    found = service.flows(operators_context(), owner, circle, direction=direction, window=window, now=now())
    rows = [item | {"people": _told(item["people"])} for item in found["items"]]

    def show() -> None:
        if "why_empty" in found:
            click.echo(found["why_empty"])
        else:
            show_table(rows, f"{direction} of {circle} in {found['window']}")

    answer(found, json_, show)


@command.command()
@click.argument("circle")
@click.option("--window", metavar="MONTH", help="The last month of it; the newest that has ended if absent.")
@as_owner
@as_json
def health(circle: str, window: str | None, owner: str | None, json_: bool) -> None:
    """Joins, leaves and newcomers of CIRCLE by month, and the share of each month's newcomers that stayed."""
    from api.services import circle_health

    found = circle_health.health(operators_context(), owner, circle, window=window, now=now())

    def show() -> None:
        months = [{name: _told(value) for name, value in month.items()} for month in found["months"]]
        show_table(months, f"{circle} ({found['state']})")
        if alarm := found.get("alarm"):
            click.secho(f"alarm {alarm['level']}: {', '.join(alarm['reasons'])}", fg="red")
        for row in found["retention"]:
            click.echo(f"joined {row['joined']}, stayed: {', '.join(map(_told, row['stayed']))}")

    answer(found, json_, show)


@command.command()
@click.option("--circle", help="Only links of this circle.")
@as_owner
@as_json
def links(circle: str | None, owner: str | None, json_: bool) -> None:
    """Links of circles: proposed, open and closed."""
    from api.services import circle_links

    found = circle_links.listed(operators_context(), owner, circle)
    answer(found, json_, lambda: show_table([_row(link) for link in found["items"]], "links of circles"))


@command.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--topic", "topics", multiple=True, required=True, help="What it carries; may be repeated.")
@click.option("--rate", type=click.IntRange(1), default=1, show_default=True, help="Messages in seven days.")
@by_owner
@as_json
def link(source: str, target: str, topics: tuple[str, ...], rate: int, owner: str, json_: bool) -> None:
    """Propose that messages of FROM reach the members of TO; OWNER runs one of the two.

    Proposing what the other owner proposed, in the same words, accepts it.
    """
    from api.services import circle_links

    found = circle_links.propose(operators_context(), owner, source, target, topics, rate, now=now())
    _show_link(found, json_)


@command.command()
@click.argument("link_id")
@by_owner
@as_json
def accept(link_id: str, owner: str, json_: bool) -> None:
    """Accept a link for the circle that OWNER runs; it is open while both owners accept it."""
    from api.services import circle_links

    _show_link(circle_links.accept(operators_context(), owner, link_id, now=now()), json_)


@command.command()
@click.argument("link_id")
@as_owner
@as_json
def withdraw(link_id: str, owner: str | None, json_: bool) -> None:
    """Close a link for good; what was passed on and not read yet is gone too."""
    from api.services import circle_links

    _show_link(circle_links.withdraw(operators_context(), owner, link_id, now=now()), json_)


@command.command()
@click.argument("circle")
@click.option("--link", "link_id", required=True, help="An open link that begins at CIRCLE.")
@click.option("--topic", required=True, help="One of the link's topics.")
@click.option("--message", required=True, help="The app's id of the message; never its text.")
@click.option("--key", help="Two calls with one key are one message.")
@by_owner
@as_json
def relay(
    circle: str, link_id: str, topic: str, message: str, key: str | None, owner: str, json_: bool
) -> None:
    """Pass a message of CIRCLE on over a link, within its topics and rate; who receives it is not told."""
    from api.services import relays

    found, is_new = relays.send(
        operators_context(), owner, circle, link_id, topic=topic, message_ref=message, key=key, now=now()
    )
    text = "passed on" if is_new else "was passed on already"
    answer(found | {"new": is_new}, json_, lambda: click.echo(f"{found['relay_id']} {text}"))


def _show_link(found: dict[str, Any], json_: bool) -> None:
    answer(found, json_, lambda: show_table([_row(found)], "link of circles"))


def _row(link: dict[str, Any]) -> dict[str, Any]:
    """A link for people."""
    accepted = " and ".join(side for side, said in link["accepted"].items() if said) or "nobody"
    kept = {name: link[name] for name in ("link_id", "from", "to", "rate", "state")}
    return kept | {"topics": ", ".join(link["topics"]), "accepted by": accepted}


def _told(value: Any) -> str:
    """A cell in words: a hidden value is drawn as hidden."""
    if not isinstance(value, dict):
        return str(value)
    return f"hidden ({value['hidden']})" if "hidden" in value else f"{value['v']:,}"
