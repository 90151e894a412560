"""`circles receipt verify|keys|rotate`: signed receipts of erasures."""

from typing import BinaryIO

import click

from api.commands.common import Parts, answer, as_json, now, show_table
from graph.errors import InputError


@click.group(help="Signed receipts of erasures: check one, show the public keys, use a new key.")
def command() -> None:
    pass


@command.command()
@click.argument("file", metavar="RECEIPT", type=click.File("rb"))
@click.option(
    "--keys",
    "keys_file",
    metavar="FILE",
    type=click.File("rb"),
    help="Public keys, as `circles receipt keys --json` or GET /erasure-keys gave them; else this home's.",
)
@click.option(
    "--account", metavar="ACCOUNT", help="Also ask whether it is of this account; needs the home's key."
)
@as_json
def verify(file: BinaryIO, keys_file: BinaryIO | None, account: str | None, json_: bool) -> None:
    """Check that RECEIPT (a file, or - for standard input) is as it was signed; exit code 3 when it is not.

    With --keys nothing of this home is read: whoever has the public keys can check a receipt anywhere.
    """
    from api.erasure_receipts import is_of, keys_of, problem_of, public_keys, read_receipt

    receipt = read_receipt(file.read())
    keys = keys_of(keys_file.read()) if keys_file else public_keys(Parts.from_environment().home.path)
    if problem := problem_of(receipt, keys):
        raise InputError(f"the receipt does not hold: {problem}")
    if account is not None and not is_of(receipt, Parts.from_environment().pseudonym(account)):
        raise InputError("the receipt holds, but it is of another account")
    removed = sum(receipt["removed"].values())
    says = "the receipt holds" if account is None else "the receipt holds, and it is of this account"
    text = f"{says}: asked {receipt['asked_at']}, done {receipt['done_at']}, {removed:,} rows removed"
    answer({"holds": True, **receipt}, json_, lambda: click.echo(text))


@command.command()
@as_json
def keys(json_: bool) -> None:
    """The public keys of this home, the one in use last: publish them where people trust to find them."""
    from api.erasure_receipts import public_keys

    items = [key.shown() for key in public_keys(Parts.from_environment().home.path)]
    answer({"items": items}, json_, lambda: show_table(items, "public keys of receipts"))


@command.command()
@as_json
def rotate(json_: bool) -> None:
    """Sign with a new key from now on; what the others signed stays true. Publish the new public key."""
    from api.audit import Action
    from api.erasure_receipts import rotate as new_key

    parts = Parts.from_environment()
    parts.note(Action.KEY_ROTATED, "erasure.key")
    key = new_key(parts.home.path, now=now()).shown()
    answer(key, json_, lambda: click.echo(f"{key['key_id']}  {key['public_key']}"))
