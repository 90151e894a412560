"""Whether this worker can answer: store, version, policy."""

from typing import Any

from api.context import Context
from graph.errors import CirclesError, IncompatibleVersion


def look(context: Context) -> dict[str, Any]:
    """`ready`, or `not_ready` with what is missing, as stable codes: the question needs no key.

    A version made under another policy is served, since a policy changes before the version that follows it;
    `notes` says so.
    """
    missing, notes, name = [], [], None
    try:
        manifest = context.versions.current().version.manifest
        name = manifest["version"]
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
    found = {"status": "not_ready" if missing else "ready", "missing": missing, "notes": notes}
    return found if name is None else found | {"version": name}
