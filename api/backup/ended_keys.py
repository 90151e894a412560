"""API keys that ended after a backup was made stay ended when it is restored.

What a key was revoked for, such as a leak, does not go away with the disk. Only ends are taken over from
the home that is replaced: whoever knows what a newer key was for makes it anew.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from api.audit import Action, add
from api.service_db import ServiceDb, query


def end_keys(db: ServiceDb, replaced: Path, *, now: int) -> int | None:
    """Revoke or end the keys of a restored database that are so in the replaced one.

    Args:
        db: restored, and not in use yet.
        replaced: the service database of the home that is replaced; it is only read.
        now: epoch seconds.

    Returns:
        How many keys ended by it; None where the replaced database is not there or cannot be read.
    """
    try:
        ended = _ended(replaced)
    except sqlite3.Error:  # a damaged one may be why there is a restore
        return None
    with db.transaction() as writing:
        changed = [key_id for key_id, ends in ended.items() if writing.write("keys.end_as", ends)]
        for key_id in changed:
            add(writing, Action.KEY_REVOKED, at=now, object=key_id)
    return len(changed)


def _ended(path: Path) -> dict[str, dict[str, str | int | None]]:
    """Keys with an end, by id; all schemas since the first have these columns."""
    names = ("key_id", "expires_at", "revoked_at")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(query("keys.ended")).fetchall()
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}
