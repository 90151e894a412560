"""API keys: made on the command line, shown once, kept as a hash, checked at every request.

A key reads `ck_<id>_<secret>`. The database knows the id and the SHA-256 of the secret: 256 random bits need
no slow hash. Nothing is cached, so that a revocation counts at the next request on every worker.
"""

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from api.service_db import ServiceDb
from graph.errors import InputError, NotFound
from graph.home import Home

_FORM = re.compile(r"ck_([0-9a-f]{12})_([0-9a-f]{64})")
_NOBODY = hashlib.sha256(b"").digest()


class Role(StrEnum):
    """What a key may be for; each route names the roles it lets in."""

    SERVICE = "service"
    MERCHANT = "merchant"
    MEMBER = "member"
    OPERATOR = "operator"
    SCIENTIST = "scientist"


_SUBJECT_OF = {Role.MERCHANT: "the merchant it is bound to", Role.MEMBER: "the user it is bound to"}


@dataclass(frozen=True)
class Caller:
    """Whoever holds a valid key. `subject`: a merchant id, or the pseudonym of a member."""

    key_id: str
    role: Role
    subject: str | None

    def require_user(self, pseudonym: str) -> None:
        """Let a member see nobody but themself.

        Raises:
            NotFound: with the words of a user who does not exist.
        """
        if self.role is Role.MEMBER and self.subject != pseudonym:
            raise NotFound("unknown user, or not visible with this key")


class Keys:
    """The API keys of one home folder, or of an open service database."""

    def __init__(self, where: Home | ServiceDb) -> None:
        self._db = where if isinstance(where, ServiceDb) else ServiceDb(where.make().service_db)

    def create(
        self,
        role: str,
        *,
        now: int,
        subject: str | None = None,
        expires_at: int | None = None,
        label: str | None = None,
    ) -> str:
        """Make a key and return it; it cannot be shown again.

        Args:
            subject: the merchant id for `merchant`, the pseudonym for `member`, None for the others.
            expires_at: epoch seconds.
            label: what the key is for, for people.

        Raises:
            InputError: the role is unknown, the subject is missing or out of place, or the key would be
                expired already.
        """
        if role not in list(Role):
            raise InputError(f"role is {role!r}; expected one of {', '.join(Role)}")
        needed = _SUBJECT_OF.get(Role(role))
        if bool(needed) != bool(subject):
            raise InputError(f"a {role} key takes {needed or 'no merchant and no user'}")
        if expires_at is not None and expires_at <= now:
            raise InputError("the key would expire in the past; name a later date")
        key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
        self._db.write("keys.insert", (key_id, role, subject, label, _hash(secret), now, expires_at))
        return f"ck_{key_id}_{secret}"

    def list(self, now: int | None = None) -> list[dict[str, Any]]:
        """Every key by id, role, label, subject, state (active, expired, revoked) and times in epoch
        seconds, oldest first; never a secret or its hash."""
        at = int(time.time()) if now is None else now
        names = ("id", "role", "label", "subject", "created_at", "expires_at", "revoked_at")
        rows = [dict(zip(names, row, strict=True)) for row in self._db.read("keys.list")]
        return [row | {"state": _state(row["expires_at"], row["revoked_at"], at)} for row in rows]

    def revoke(self, key_id: str, *, now: int) -> None:
        """Stop a key at once; repeating it changes nothing. Raises NotFound for an unknown id."""
        if not self._db.write("keys.revoke", (now, key_id)):
            raise NotFound(f"no key has the id {key_id!r}; `circles keys list` shows them")

    def revoke_member(self, pseudonym: str, *, now: int) -> int:
        """Stop all keys of a member who is being forgotten, and unname them."""
        return self._db.write("keys.revoke_subject", (now, pseudonym))

    def check(self, key: str, *, now: int) -> Caller | None:
        """Who holds this key, or None when it is malformed, unknown, wrong, expired or revoked."""
        form = _FORM.fullmatch(key)
        key_id, secret = form.groups() if form else ("", "")
        rows = self._db.read("keys.find", (key_id,))
        role, subject, expected, expires_at, revoked_at = rows[0] if rows else ("", None, _NOBODY, None, None)
        # Compare even for an unknown id: an answer must not take longer because the id exists.
        equal = hmac.compare_digest(_hash(secret), expected)
        valid = bool(rows) and equal and _state(expires_at, revoked_at, now) == "active"
        return Caller(key_id, Role(role), subject) if valid else None


def _state(expires_at: int | None, revoked_at: int | None, now: int) -> str:
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at is not None and expires_at <= now else "active"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("ascii")).digest()
