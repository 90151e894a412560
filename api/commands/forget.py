"""`circles forget USER`"""

import json
import os
from pathlib import Path

import click

from api.commands.common import Parts, answer, as_json, now, say, show_table
from graph.errors import InputError, StoreConflict

NOBODY = "nothing is known of this account, or it is erased already; nothing was removed"

WAITS = (
    "the person is out of every answer already, and the same command then ends the erasure "
    "and gives the receipt"
)


@click.command()
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--receipt",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the signed receipt here, a new file; else it is printed.",
)
@as_json
def command(user: str, yes: bool, receipt: Path | None, json_: bool) -> None:
    """Erase USER (the app's account id): store, log, precomputed lists, snapshots, receipts.

    Cannot be undone. Repeating it is safe: what an interruption left is finished. The signed receipt is for
    the person; it is given once, and `circles receipt verify` checks it.
    """
    from api.erasure_receipts import Signer
    from api.services.erasure import forget
    from embeddings.registry import Registry

    if receipt:
        _check_place(receipt)
    parts = Parts.from_environment()
    if not yes:
        click.confirm("Erase this person everywhere? This cannot be undone", abort=True, err=True)
    signer = Signer(parts.home.path, parts.policy.policy_id)
    registry = Registry(parts.home.versions)
    who = parts.pseudonym(user)
    try:
        erased = forget(parts.home, parts.store, registry, who, clock=now, signer=signer)
    except StoreConflict as error:
        raise StoreConflict(f"{error}; {WAITS}") from error
    if receipt and erased.receipt:
        receipt = _written(receipt, json.dumps(erased.receipt))
    rows = [{"what": name, "removed": count} for name, count in erased.removed.items() if count]

    def show() -> None:
        if not rows:
            click.echo(NOBODY)
            return
        show_table(rows, "erased, by rows in each place")
        if erased.receipt and not receipt:
            click.echo(json.dumps(erased.receipt))

    answer(erased.shown(), json_, show)


def _check_place(receipt: Path) -> None:
    """Before anything is erased: a receipt is given once, and one of somebody else must not go.

    Raises:
        InputError: there is such a file, or none can be made there.
    """
    try:
        receipt.open("x").close()
        receipt.unlink()
    except OSError as error:
        says = f"{str(receipt)!r} cannot be made ({error.strerror})"
        raise InputError(f"--receipt {says}; nothing was erased, name a new file") from error


def _written(receipt: Path, text: str) -> Path | None:
    """Where the receipt is; None where the disk refuses after all: then it is printed."""
    try:
        with open(receipt, "x", encoding="ascii", opener=_for_owner) as file:
            file.write(text + "\n")
    except OSError as error:
        say(f"{str(receipt)!r} cannot be written ({error.strerror}); the receipt is printed, keep it")
        return None
    say(f"the receipt is in {receipt}; give it to the person and keep no copy")
    return receipt


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
