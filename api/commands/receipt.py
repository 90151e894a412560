"""`circles receipt verify|keys|rotate|distrust`: signed receipts of erasures."""

from typing import TYPE_CHECKING, BinaryIO

import click

from api.commands.common import Parts, answer, as_json, now, show_table
from graph.errors import CirclesError, InputError, PolicyError

if TYPE_CHECKING:
    from api.erasure_receipts import PublicKey


@click.group(
    help="Signed receipts of erasures: check one, show the public keys, use a new key, distrust one."
)
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
    """Check that RECEIPT (a file, or - for standard input) is as it was signed.

    With --keys nothing of this home is read: whoever has the public keys can check a receipt anywhere.

    \b
    Exit codes:
      0  it holds, and with --account it is of this account
      1  it could not be checked: the public keys cannot be read
      2  the command was misspelled, or a file is not there
      3  it does not hold: no receipt, changed, or signed by an unknown or distrusted key
      4  it holds, but it is of another account
    """
    from api.erasure_receipts import is_of, problem_of, read_receipt

    keys = _trusted_keys(keys_file)
    receipt = read_receipt(file.read())
    if problem := problem_of(receipt, keys):
        raise InputError(f"the receipt does not hold: {problem}")
    if account is not None and not is_of(receipt, Parts.from_environment().pseudonym(account)):
        raise PolicyError("the receipt holds, but it is of another account")
    removed = sum(receipt["removed"].values())
    says = "the receipt holds" if account is None else "the receipt holds, and it is of this account"
    text = f"{says}: asked {receipt['asked_at']}, done {receipt['done_at']}, {removed:,} rows removed"
    answer({"holds": True, **receipt}, json_, lambda: click.echo(text))


def _trusted_keys(file: BinaryIO | None) -> "list[PublicKey]":
    """Keys that were given, or else those of this home.

    Raises:
        CirclesError: they cannot be read, which says nothing of the receipt.
    """
    from api.erasure_receipts import keys_of, public_keys

    try:
        return keys_of(file.read()) if file else public_keys(Parts.from_environment().home.path)
    except InputError as error:
        raise CirclesError(f"the receipt could not be checked: {error}") from error


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


@command.command()
@click.argument("key_id")
@as_json
def distrust(key_id: str, json_: bool) -> None:
    """Believe nothing any more that the key KEY_ID signed, as after its secret was seen by others.

    KEY_ID is that of `circles receipt keys`. The key in use is put out of use at once. The public keys say so
    from now on: publish them anew, since whoever checks with older ones goes on to believe.
    """
    from api.audit import Action
    from api.erasure_receipts import distrust as distrust_key

    parts = Parts.from_environment()
    key = distrust_key(parts.home.path, key_id, now=now()).shown()
    parts.note(Action.KEY_REVOKED, f"erasure.key {key_id}")
    answer(key, json_, lambda: click.echo(f"{key['key_id']}  distrusted since {key['distrusted_at']}"))
