"""What was written outlives a power cut."""

import os
import secrets
from pathlib import Path

SECRET_BYTES = 32


def sync(path: Path) -> None:
    """Make a file's bytes, or the names inside a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_secret(path: Path) -> None:
    """Write a new key, 64 hex digits for its owner only, whole or not at all.

    When two processes try at once, the first one's key holds. Raises OSError.
    """
    staging = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    handle = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_hex(SECRET_BYTES).encode("ascii"))
        os.fsync(handle)
        os.link(staging, path)
    except FileExistsError:
        pass
    finally:
        os.close(handle)
        os.unlink(staging)
    sync(path.parent)
