"""Who was erased and when, without saying who: so that an older backup cannot bring anybody back.

`erased.list` in the home folder has a line for each erasure: the moment, and the SHA-256 of the pseudonym. A
pseudonym is itself a keyed hash, so that the list tells nothing to whoever lacks the key of the pseudonyms;
with the key and an account id one can see that this account was erased, which is what it is for. It is the
one thing that outlives an erasure. A copy kept away from the machine makes up for a lost home.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from graph.errors import InputError

NAME = "erased.list"


def note(home: Path, user: str, *, now: int) -> None:
    """Add an erasure, durably; twice does no harm.

    Args:
        user: the pseudonym.
        now: epoch seconds.
    """
    handle = os.open(home / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, f"{now} {_hash(user)}\n".encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> dict[str, int]:
    """Hash of each person -> moment of their newest erasure; empty where there is no such file.

    A last line that a power cut left unfinished is passed over.

    Raises:
        InputError: the file is not a list of erasures.
    """
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the list of erasures {str(path)!r} cannot be read: {error}") from error
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        at, _, who = line.partition(" ")
        if not at.isdecimal() or len(who) != 64:
            raise InputError(f"{path}:{number}: expected a moment and a hash, as `erased.list` of a home has")
        found[who] = max(found.get(who, 0), int(at))
    return found


def erased_since(erased: dict[str, int], users: Iterable[str], moment: int) -> list[str]:
    """Those of some pseudonyms that were erased at a moment or later.

    Who was erased before it and is known again has come back of their own will.
    """
    return [user for user in users if erased.get(_hash(user), -1) >= moment]


def _hash(user: str) -> str:
    return hashlib.sha256(user.encode("utf-8")).hexdigest()
