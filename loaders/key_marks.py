"""Telling keys of pseudonyms apart without showing them, so that none is used on the data of another one."""

import hashlib
import hmac
from contextlib import suppress

from graph.errors import ConfigError, StoreError
from graph.stores.base import GraphStore

MARK = "pseudonym_key"  # among the facts that a store keeps of itself


def fingerprint(key: bytes) -> str:
    """16 hex digits that two different keys share by no chance, and that tell nothing of a random key."""
    return hashlib.sha256(b"circles pseudonym key\n" + key).hexdigest()[:16]


def fits(key: bytes, expected: str) -> bool:
    return hmac.compare_digest(fingerprint(key), expected)


def require_key(store: GraphStore, key: bytes) -> None:
    """Refuse a key other than the one that the people of a store were named with.

    Raises:
        ConfigError: with this key each account would look unknown, and come back as somebody else.
    """
    kept = store.meta(MARK)
    if kept is not None and not fits(key, kept):
        raise ConfigError(
            "the people of this store were named with another key of the pseudonyms: put the old "
            "pseudonym.key back, or set CIRCLES_PSEUDONYM_KEY_FILE to it; a key cannot be changed later"
        )


def claim(store: GraphStore, key: bytes) -> None:
    """Bind a store to the key that its first people are named with; a bound one has to fit.

    Raises:
        ConfigError: as `require_key`.
    """
    require_key(store, key)
    if store.meta(MARK) is None:
        with suppress(StoreError):  # a store that may only be read now is bound another time
            store.set_meta(MARK, fingerprint(key))
