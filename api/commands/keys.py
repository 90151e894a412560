"""`circles keys create|rotate|list|revoke`."""

import re
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from api.commands.common import Parts, answer, as_json, moment, now, say, show_table
from graph.errors import CirclesError, InputError
from graph.stores.open import open_store

_SPAN = re.compile(r"([0-9]{1,6})([mhdw])")
_UNIT_S = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


@click.group(help="API keys: made here, shown once, kept only as a hash.")
def command() -> None:
    pass


@command.command(help="Make a key for ROLE and print it; it is never shown again.")
@click.argument("role", type=click.Choice(["service", "merchant", "member", "operator", "scientist"]))
@click.option("--merchant", help="The merchant whose data the key sees (role merchant).")
@click.option("--user", help="The account whose data the key sees (role member).")
@click.option("--expires", metavar="DATE|SPAN", help="The key stops working then; such as 90d.")
@click.option(
    "--scope", "scopes", multiple=True, metavar="AREA:read|write", help="Narrow it; may be repeated."
)
@click.option("--label", help="What the key is for.")
@as_json
def create(
    role: str,
    merchant: str | None,
    user: str | None,
    expires: str | None,
    scopes: tuple[str, ...],
    label: str | None,
    json_: bool,
) -> None:
    from api.auth import Keys

    parts = Parts.from_environment()
    subject = parts.pseudonym(user) if user else merchant
    ends = _end(expires) if expires else None
    key = Keys(parts.home).create(
        role, subject=subject, expires_at=ends, scopes=scopes, label=label, now=now()
    )
    if merchant and not _is_known(parts, merchant):
        say(
            f"note: merchant {merchant!r} is not in the graph, so this key sees nothing until it is; "
            f"if the id is mistyped: circles keys revoke {key.split('_')[1]}"
        )
    answer({"key": key, "role": role}, json_, lambda: click.echo(key))


@command.command(help="Make a key in place of KEY_ID and print it; the old one works until the overlap ends.")
@click.argument("key_id")
@click.option("--overlap", default="24h", show_default=True, metavar="SPAN", help="Such as 0m, 24h or 7d.")
@as_json
def rotate(key_id: str, overlap: str, json_: bool) -> None:
    from api.auth import Keys

    key = Keys(Parts.from_environment().home).rotate(key_id, now=now(), overlap_s=span_s(overlap))
    answer({"key": key, "replaces": key_id}, json_, lambda: click.echo(key))


@command.command("list", help="Keys by id, role, scopes and state; never the keys themselves.")
@as_json
def list_(json_: bool) -> None:
    from api.auth import Keys

    keys = Keys(Parts.from_environment().home).list()
    replaced = {key["replaces"] for key in keys}
    rows = [_row(key, key["id"] in replaced) for key in keys]
    answer(keys, json_, lambda: show_table(rows, "API keys"))


@command.command(help="Stop a key at once, on every worker; repeating it changes nothing.")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    from api.auth import Keys

    Keys(Parts.from_environment().home).revoke(key_id, now=now())
    click.echo(f"{key_id} is revoked")


def span_s(text: str) -> int:
    """Seconds of a span such as 30m, 24h, 90d or 2w.

    Raises:
        InputError: the text is none.
    """
    found = _SPAN.fullmatch(text)
    if not found:
        raise InputError(f"{text!r} is not a span; expected something like 24h or 90d")
    return int(found[1]) * _UNIT_S[found[2]]


def _end(text: str) -> int:
    """Epoch seconds of a span from now, or of a date."""
    try:
        return now() + span_s(text) if _SPAN.fullmatch(text) else moment(text)
    except InputError:
        raise InputError(
            f"--expires {text!r} is neither a span such as 90d nor a date such as 2027-01-31"
        ) from None


def _is_known(parts: Parts, merchant: str) -> bool:
    """Whether the graph has a merchant; taken to be so while the graph cannot be asked."""
    try:
        address = parts.home.store_address(parts.settings.store)
        if address.startswith("sqlite:///") and not Path(address.removeprefix("sqlite:///")).exists():
            return False  # looking makes none
        with closing(open_store(address)) as store:
            return bool(store.indices("Merchant", [merchant])[0] >= 0)
    except CirclesError:
        return True


def _row(key: dict[str, Any], replaced: bool) -> dict[str, object]:
    """Of what is known of a key, what fits a screen; `--json` has the rest."""
    return {
        "id": key["id"],
        "role": key["role"],
        "for": " ".join(filter(None, (key["label"], key["subject"]))) or None,
        "scopes": " ".join(key["scopes"] or ["all of its role"]),
        "expires": _date(key["expires_at"]),
        "last used": _date(key["last_used"]),
        "state": f"{key['state']}, replaced" if replaced else key["state"],
    }


def _date(epoch: int | None) -> str | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M")
