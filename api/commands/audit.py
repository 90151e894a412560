"""`circles audit verify|show|head|fairness|export|check`."""

import re
from collections import deque
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.common import Parts, answer, as_json, moment, now, show_table
from api.commands.fairness_shown import show_fairness
from api.commands.feedback import DEFAULT_DAYS
from graph.errors import CirclesError
from graph.policy.feedback import DAY_S

if TYPE_CHECKING:
    from api.audit import Audit, Verdict


def _hash(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """A noted hash; one that is only half copied must not read as a log that was cut off."""
    if value is not None and not re.fullmatch("[0-9a-f]{64}", value.lower()):
        raise click.BadParameter(f"{value!r} is no hash; expected the 64 digits of `circles audit head`")
    return value and value.lower()


@click.group(help="The log of deeds: who did or saw what; it can only be added to.")
def command() -> None:
    pass


@command.command(
    help="Look for entries that were changed, removed, put in or moved; exit code 1 when there are."
)
@click.option(
    "--head",
    metavar="HASH",
    callback=_hash,
    help="A hash noted outside before; else entries cut off at the end go unseen.",
)
@as_json
def verify(head: str | None, json_: bool) -> None:
    found = _audit().verify(head)
    _tell(found, json_)


@command.command(
    help="Entries, the oldest first; what concerns a person is sealed unless the person is named."
)
@click.option("--person", metavar="ACCOUNT", help="Only what concerns this account, opened.")
@click.option("--last", type=click.IntRange(1), help="Only so many, the newest.")
@as_json
def show(person: str | None, last: int | None, json_: bool) -> None:
    parts, audit = Parts.from_environment(), _audit()
    found = audit.about(parts.pseudonym(person)) if person else (entry.shown() for entry in audit.entries())
    entries = list(deque(found, maxlen=last))
    answer(entries, json_, lambda: show_table([_row(entry) for entry in entries], "audit log"))


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@as_json
def export(file: Path, json_: bool) -> None:
    """Write FILE for an auditor: all entries, chained, and what they have to be read beside.

    That is the policy, all versions with theirs, the register of data use and the report on fairness. What
    concerns a person is sealed in it, and nothing in it opens that. Note the digest somewhere else.
    """
    from api import audit_file
    from api.audit import Action

    parts = Parts.from_environment()
    about = _about(parts)
    parts.note(Action.AUDIT_EXPORTED, file.name)
    digest = audit_file.export(file, _audit().entries(), about)
    found = audit_file.verify(file)
    _check(found)
    value = {"file": str(file), "entries": found.entries, "head": found.head, "sha256": digest}
    answer(value, json_, lambda: click.echo(f"{found.entries:,} entries; head {found.head}; sha256 {digest}"))


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--head", metavar="HASH", callback=_hash, help="A hash noted outside before.")
@as_json
def check(file: Path, head: str | None, json_: bool) -> None:
    """Check an exported FILE by itself, without this home; exit code 1 where it was changed."""
    from api import audit_file

    found = audit_file.verify(file, head=head)
    _tell(found, json_)


def _about(parts: Parts) -> dict[str, Any]:
    """What an auditor reads the entries beside."""
    from api.register import everything
    from embeddings.registry import Registry

    columns = ("field", "about", "read_for", "kept", "seen_by")
    told = ("version", "state", "served", "as_of", "policy_id", "snapshot_id", "metrics", "gate")
    versions = Registry(parts.home.versions).list()
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "program": metadata.version("circles"),
        "policy_id": parts.policy.policy_id,
        "production": parts.policy.production,
        "versions": [{name: version.get(name) for name in told} for version in versions],
        "register": [dict(zip(columns, row, strict=True)) for row in everything()],
        "fairness": fairness_report(parts),
    }


@command.command(help="Number and hash of the last entry: note it somewhere else, for `verify --head`.")
@as_json
def head(json_: bool) -> None:
    found = _audit().verify()
    _check(found)
    answer(
        {"entries": found.entries, "head": found.head},
        json_,
        lambda: click.echo(f"{found.entries} {found.head}"),
    )


@command.command()
@click.option("--since", metavar="DATE", help=f"From this moment on; {DEFAULT_DAYS} days ago when absent.")
@as_json
def fairness(since: str | None, json_: bool) -> None:
    """What people got, by how active they are and by city: circles, links, invitations.

    A ratio of 1 is what everybody got; `!` marks those outside 0.8 to 1.25, `!!` those whose whole interval
    is. Groups of fewer people than the smallest of the policy are not told of, nor people who did not agree.
    """
    value = fairness_report(Parts.from_environment(), since=moment(since) if since else None)
    answer(value, json_, lambda: _say_fairness(value))


def fairness_report(parts: Parts, *, since: int | None = None) -> dict[str, Any]:
    """The report of a home, of the last weeks unless a moment is named."""
    from api.receipts import Receipts
    from api.service_db import ServiceDb
    from api.services.fairness import report
    from api.services.link_weeks import LinkWeeks
    from api.services.propensities import Propensities

    nodes, at = parts.store.nodes("Circle"), now()
    circle_ids = dict(zip(nodes["index"], nodes["id"], strict=True))
    propensities = Propensities(Receipts(ServiceDb(parts.home.service_db)), circle_ids)
    begin = at - DEFAULT_DAYS * int(DAY_S) if since is None else since
    return report(parts.store, propensities, LinkWeeks(parts.home), parts.policy, since=begin, now=at)


def _say_fairness(value: dict[str, Any]) -> None:
    show_fairness(value["lines"], "what people got, beside everybody")
    click.echo(f"{value['outside']} of {len(value['lines'])} outside 0.8 to 1.25")


def _tell(found: "Verdict", json_: bool) -> None:
    """Say what a check found; exit code 1 where something was changed."""
    value = {"entries": found.entries, "head": found.head, "problem": found.problem}
    if found.problem is None or json_:
        answer(
            value,
            json_,
            lambda: click.echo(f"{found.entries:,} entries, nothing was changed; head {found.head}"),
        )
    _check(found)


def _check(found: "Verdict") -> None:
    if found.problem is not None:
        raise CirclesError(f"the audit log is broken after {found.entries:,} entries: {found.problem}")


def _audit() -> "Audit":
    from api.audit import Audit
    from api.service_db import ServiceDb

    return Audit(ServiceDb(Parts.from_environment().home.service_db))


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(entry["at"], UTC).strftime("%Y-%m-%d %H:%M:%S")
    who = entry.get("who", "a member" if "sealed" in entry else None)
    about = "sealed" if "sealed" in entry else entry.get("object")
    return {
        "number": str(entry["number"]),
        "at": at,
        "action": entry["action"],
        "who": who,
        "role": entry.get("role"),
        "object": about,
        "request": entry.get("request"),
    }
