"""Sessions of a merchant's page: a random token in a cookie, its hash in `service.db`.

256 random bits need no slow hash and no limit on guesses. Nothing is cached: signing out, and revoking the
key that a session began with, count at the next request on every worker.
"""

import hashlib
import hmac
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field

from api.service_db import ServiceDb
from graph.errors import StoreUnavailable

LIFE_S = 12 * 3600  # a working day; then the key is asked for again
IDLE_S = 2 * 3600  # somebody left a shared till or a desk
TOUCH_S = 60  # `last_seen` is written once a minute at most: reading a page should not write
KEPT = 1000  # open sessions of a key, and of all who try public data: a flood cannot fill the disk

_FORM = re.compile(r"[A-Za-z0-9_-]{43}")
_MASK_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Session:
    """Who is signed in. `key_id` is None where public data are tried without a key."""

    merchant_id: str
    key_id: str | None
    token: str = field(repr=False)

    def csrf(self) -> str:
        """What a form of this session must send back: another text each time, so that the size of a
        compressed page tells nothing about it (BREACH)."""
        mask = secrets.token_bytes(_MASK_BYTES)
        return (mask + _xor(mask, self._secret())).hex()

    def knows(self, given: str) -> bool:
        """Whether a text is one that `csrf` of this session gave."""
        try:
            sent = bytes.fromhex(given)
        except ValueError:
            return False
        mask, masked = sent[:_MASK_BYTES], sent[_MASK_BYTES:]
        return len(sent) == 2 * _MASK_BYTES and hmac.compare_digest(_xor(mask, masked), self._secret())

    def _secret(self) -> bytes:
        return hmac.digest(self.token.encode("ascii"), b"csrf of a page", "sha256")


class Sessions:
    """The sessions in a service database."""

    def __init__(self, db: ServiceDb) -> None:
        self._db = db

    def begin(self, *, now: int, key_id: str | None = None, merchant_id: str | None = None) -> str:
        """Open a session, drop those that ended, and return the new token.

        Args:
            key_id: a merchant's key; the session is of whoever the key is bound to.
            merchant_id: on public data, without a key. Exactly one of the two is given.
        """
        token = secrets.token_urlsafe(32)
        row = (_hash(token), key_id, merchant_id, now, now, now + LIFE_S)
        self._db.write("sessions.delete_ended", {"now": now, "idle_s": IDLE_S})
        self._db.write("sessions.insert", row)
        self._db.write("sessions.delete_oldest", {"key_id": key_id, "kept": KEPT})
        return token

    def find(self, token: str, *, now: int) -> Session | None:
        """The session of a token; None when it never was, has ended, or its key was revoked or expired."""
        if not _FORM.fullmatch(token):
            return None
        asked = {"token_hash": _hash(token), "now": now, "idle_s": IDLE_S}
        rows = self._db.read("sessions.find", asked)
        if not rows:
            return None
        key_id, merchant_id, last_seen = rows[0]
        if now - last_seen >= TOUCH_S:
            with suppress(
                StoreUnavailable
            ):  # on a full disk one may still read; the log says that it is full
                self._db.write("sessions.touch", (now, _hash(token)))
        return Session(merchant_id, key_id, token)

    def end(self, token: str) -> None:
        """Sign out; an unknown token changes nothing."""
        if _FORM.fullmatch(token):
            self._db.write("sessions.delete", (_hash(token),))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("ascii")).digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))
