"""Whether this worker can answer: store, version, policy, service database, disk; and whether it is to."""

import os
from collections.abc import Iterator
from typing import Any

from api.context import Context
from api.observe import slots
from graph.errors import CirclesError, IncompatibleVersion

MB = 1024 * 1024
NO_ROOM, LITTLE_ROOM = 32 * MB, 1024 * MB  # below the first, receipts and payments cannot be kept for long


def look(context: Context) -> dict[str, Any]:
    """`ready`, `stopping`, or `not_ready` with what is missing, as stable codes: the question needs no key.

    A version made under another policy is served, since a policy changes before the version that follows it;
    `notes` says so.
    """
    missing, notes, name = [], [], None
    try:
        manifest = context.versions.current().version.manifest
        name = manifest["version"]
        if context.versions.is_behind:
            notes.append("the current version cannot be served; answers come from one before it, see the log")
        if manifest["policy_id"] != context.policy.policy_id:
            notes.append("the version was made under another policy; `circles train` makes one under this")
    except CirclesError as error:
        missing.append(f"version: {error.code}")
    try:
        context.store.get().ping()
        if name is not None and manifest["store_id"] != context.store.identity():
            missing.append(f"version: {IncompatibleVersion.code}")
    except CirclesError as error:
        missing.append(f"store: {error.code}")
    missing += _of_home(context)
    if NO_ROOM <= _room(context) < LITTLE_ROOM:
        notes.append("less than 1 GB is left on the disk of CIRCLES_HOME")
    status = "stopping" if slots.is_stopping() else "not_ready" if missing else "ready"
    found = {"status": status, "missing": missing, "notes": notes}
    return found if name is None else found | {"version": name}


def _of_home(context: Context) -> Iterator[str]:
    """What the home folder lacks."""
    try:
        context.db.read("keys.find", ("",))
    except CirclesError as error:
        yield f"service_db: {error.code}"
    if not os.access(context.home.path, os.W_OK | os.X_OK):
        yield "home: read_only"
    elif _room(context) < NO_ROOM:
        yield "home: disk_full"


def _room(context: Context) -> int:
    """Bytes that this process may still write; 0 where the folder is gone."""
    try:
        disk = os.statvfs(context.home.path)
    except OSError:
        return 0
    return disk.f_bavail * disk.f_frsize
