"""Circles, themes and alarms as the command line shows them to people."""

from collections.abc import Sequence
from typing import Any

import click

from api.commands.common import show_table

SHOWN = 8  # names on a line
KINDS = ("category", "merchant", "product")


def show_theme(value: dict[str, Any]) -> None:
    """The contract of a theme for people."""
    rows = [
        {"word": w["word"], "means": w["state"], "scene": w["scene"], **w["found"]} for w in value["words"]
    ]
    if rows:
        show_table(rows, "words")
    if value["scenes"]:
        click.echo(f"scenes: {', '.join(value['scenes'])}")
    for kind, found in value["included"].items():
        if found["count"]:
            _show_things(f"{kind}: {found['count']:,}", found["items"])
    if value["types"]:
        types = [f"{entry['type']} ({entry['things']:,})" for entry in value["types"]]
        click.echo(f"types: {', '.join(types)}")
    for left in value["excluded"]:
        counts = [f"{left[kind]['count']:,} {kind}" for kind in KINDS if left[kind]["count"]]
        click.echo(f"left out ({left['reason']}): {', '.join(counts) or 'a scene'}")
    for unknown in value["unknown"]:
        click.echo(f"not in the data: {unknown['kind']} {unknown['id']}")
    click.echo(f"people who paid for it: {value['people'] or value.get('people_note')}")
    if value["covers_most"]:
        click.echo("most people paid for something of it: it hardly tells anybody apart")
    if value["note"]:
        click.echo(value["note"])


def _show_things(title: str, items: Sequence[dict[str, Any]]) -> None:
    more = ", ..." if len(items) > SHOWN else ""
    click.echo(f"{title}  {', '.join(_named(item) for item in items[:SHOWN])}{more}")


def _named(item: dict[str, str]) -> str:
    same = item["name"].casefold() == item["id"].casefold()
    return item["name"] if same else f"{item['name']} ({item['id']})"


def show_circle(value: dict[str, Any]) -> None:
    """A circle as its owner sees it, for people."""
    owner = value["owner"]
    click.secho(f"{value['circle_id']}  {value['name'] or ''}", bold=True)
    if value["description"]:
        click.echo(value["description"])
    why = owner["why_not_recommended"]
    until = f" until {owner['recommended_from']}" if why == "waiting" else ""
    click.echo(f"state: {value['state']}; {f'not recommended: {why}{until}' if why else 'recommended'}")
    if owner["reason"]:
        click.echo(f"why: {owner['reason']}")
    members = _counted(value["members"])
    click.echo(f"owner: {value['owner_id'] or '-'}; revision {owner['revision']}; members: {members}")
    if owner["words"]:
        click.echo(f"words: {', '.join(owner['words'])}")
    labels = [f"{entry['label']} ({entry['kind']})" for entry in value["theme"]]
    click.echo(f"theme: {', '.join(labels) or '-'}")
    if owner["eligibility"]:
        click.echo(f"invites: {owner['eligibility']}")


def show_lines(items: Sequence[dict[str, Any]], title: str) -> None:
    """Circles as a table."""
    show_table([_line(item) for item in items], title)


def _line(item: dict[str, Any]) -> dict[str, Any]:
    line = {
        "circle": item["circle_id"],
        "name": item["name"],
        "owner": item["owner_id"],
        "state": item["state"],
        "members": _counted(item["members"]),
        "not recommended": item["why_not_recommended"],
    }
    if found := item.get("alarm"):
        line["alarm"] = f"{found['level']}: {', '.join(found['reasons'])}"
    return line


def _counted(cell: dict[str, Any]) -> str:
    return f"{cell['v']:,}" if "v" in cell else f"hidden ({cell['hidden']})"
