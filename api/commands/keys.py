"""`circles keys create|list|revoke`."""

from datetime import UTC, datetime

import click

from api.commands.common import Parts, answer, as_json, moment, now, show_table


@click.group(help="API keys: made here, shown once, kept only as a hash.")
def command() -> None:
    pass


@command.command(help="Make a key for ROLE and print it; it is never shown again.")
@click.argument("role", type=click.Choice(["service", "merchant", "member", "operator", "scientist"]))
@click.option("--merchant", help="The merchant whose data the key sees (role merchant).")
@click.option("--user", help="The account whose data the key sees (role member).")
@click.option("--expires", metavar="DATE", help="The key stops working then.")
@as_json
def create(role: str, merchant: str | None, user: str | None, expires: str | None, json_: bool) -> None:
    from api.auth import Keys

    parts = Parts.from_environment()
    subject = parts.pseudonym(user) if user else merchant
    ends = moment(expires) if expires else None
    key = Keys(parts.home).create(role, subject=subject, expires_at=ends, now=now())
    answer({"key": key, "role": role}, json_, lambda: click.echo(key))


@command.command("list", help="Keys by id, role and state; never the keys themselves.")
@as_json
def list_(json_: bool) -> None:
    from api.auth import Keys

    keys = Keys(Parts.from_environment().home).list()
    rows = [
        {name: _date(value) if name.endswith("_at") else value for name, value in k.items()} for k in keys
    ]
    answer(keys, json_, lambda: show_table(rows, "API keys"))


def _date(epoch: int | None) -> str | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M")


@command.command(help="Stop a key at once, on every worker; repeating it changes nothing.")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    from api.auth import Keys

    Keys(Parts.from_environment().home).revoke(key_id, now=now())
    click.echo(f"{key_id} is revoked")
