"""API keys: made on the command line, shown once, kept as a hash, checked at every request.

A key reads `ck_<id>_<secret>`. The database knows the id and the SHA-256 of the secret: 256 random bits need
no slow hash. Nothing is cached, so that a revocation counts at the next request on every worker.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from api.audit import Action, add
from api.scopes import checked_scopes
from api.service_db import ServiceDb, Transaction
from graph.errors import InputError, NotFound, StoreUnavailable, WrongState
from graph.home import Home

USED_S = 3600  # when a key was last used is written once an hour at most: reading should not write
SOON_S = 14 * 86400  # a key that ends within two weeks is one to rotate
TOKEN_LIFE_S = 86400  # the longest that a member's token may live, see api/tokens.py
LEEWAY_S = 30  # how far a clock that dates these tokens may be ahead of ours

_FORM = re.compile(r"ck_([0-9a-f]{12})_([0-9a-f]{64})")
_LISTED = (
    *("id", "role", "label", "subject", "created_at", "expires_at", "revoked_at"),
    *("scopes", "last_used", "replaces"),
)  # columns of `keys.list`
_NOBODY = hashlib.sha256(b"").digest()
_NO_KEY: tuple[Any, ...] = ("", None, _NOBODY, None, None, None, None, None)  # as `keys.find` gives one


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
    """Whoever holds a valid key or token. `subject`: a merchant id, or the pseudonym of a member.
    `scopes` None: all that the role may. `first`: id of the key that a line of rotations began with."""

    key_id: str
    role: Role
    subject: str | None
    scopes: frozenset[str] | None = None
    first: str | None = None

    @property
    def owner(self) -> str:
        """To whom jobs and kept answers belong: the same for a key and those that come in its place."""
        return self.first or self.key_id

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
        scopes: Iterable[str] = (),
    ) -> str:
        """Make a key and return it; it cannot be shown again.

        Args:
            subject: the merchant id for `merchant`, the pseudonym for `member`, None for the others.
            expires_at: epoch seconds.
            label: what the key is for, for people.
            scopes: what it is narrowed to, see `api/scopes.py`; none: all that its role may.

        Raises:
            InputError: the role or a scope is unknown, the subject is missing or out of place, or the key
                would be expired already.
        """
        if role not in list(Role):
            raise InputError(f"role is {role!r}; expected one of {', '.join(Role)}")
        needed = _SUBJECT_OF.get(Role(role))
        if bool(needed) != bool(subject):
            raise InputError(f"a {role} key takes {needed or 'no merchant and no user'}")
        if expires_at is not None and expires_at <= now:
            raise InputError("the key would expire in the past; name a later date")
        narrowed = " ".join(checked_scopes(scopes)) or None
        with self._db.transaction() as writing:
            return _insert(writing, (role, subject, label), narrowed, now=now, expires_at=expires_at)

    def rotate(self, key_id: str, *, now: int, overlap_s: int) -> str:
        """Make a key in place of another one, which stops after `overlap_s` seconds; returns the new one.

        The new key is for the same, and lives as long as the old one was given.

        Raises:
            NotFound: no key has this id. WrongState: it has ended, so there is nothing to go over from.
        """
        with self._db.transaction() as writing:
            rows = writing.read("keys.one", (key_id,))
            if not rows:
                raise NotFound(_unknown(key_id))
            role, subject, label, created_at, expires_at, revoked_at, scopes = rows[0]
            if _state(expires_at, revoked_at, now) != "active":
                raise WrongState(f"key {key_id} has ended; make a new one with `circles keys create`")
            ends = None if expires_at is None else now + expires_at - created_at
            writing.write("keys.end_by", {"at": now + overlap_s, "key_id": key_id})
            return _insert(writing, (role, subject, label), scopes, now=now, expires_at=ends, replaces=key_id)

    def list(self, now: int | None = None) -> list[dict[str, Any]]:
        """Every key by id, role, label, subject, scopes, state (active, expires soon, expired, revoked) and
        times in epoch seconds, oldest first; never a secret or its hash."""
        at = int(time.time()) if now is None else now
        rows = [dict(zip(_LISTED, row, strict=True)) for row in self._db.read("keys.list")]
        for row in rows:
            row["scopes"] = row["scopes"].split() if row["scopes"] else None
            row["state"] = _told(row["expires_at"], row["revoked_at"], at)
        return rows

    def revoke(self, key_id: str, *, now: int) -> None:
        """Stop a key at once; repeating it changes nothing. Raises NotFound for an unknown id."""
        with self._db.transaction() as writing:
            if not writing.write("keys.revoke", (now, key_id)):
                raise NotFound(_unknown(key_id))
            add(writing, Action.KEY_REVOKED, at=now, object=key_id)

    def revoke_member(self, pseudonym: str, *, now: int) -> int:
        """Stop all keys and tokens of a member who is being forgotten, and unname the keys."""
        self.drop_refused_tokens(now=now)
        with self._db.transaction() as writing:
            writing.write("keys.refuse_tokens", {"member": _hash(pseudonym), "now": now})
            return writing.write("keys.revoke_subject", (now, pseudonym))

    def drop_refused_tokens(self, *, now: int) -> None:
        """Drop the notes of whose tokens are refused once the last of these has expired."""
        self._db.write("keys.drop_refused_tokens", (now - TOKEN_LIFE_S - LEEWAY_S,))

    def token_is_refused(self, pseudonym: str, issued_at: int) -> bool:
        """Whether a member's token was issued before they were forgotten.

        By a clock that is ahead it may say that it was issued after that, so whoever comes back waits for
        `LEEWAY_S`.
        """
        rows = self._db.read("keys.tokens_refused", (_hash(pseudonym),))
        return bool(rows) and issued_at <= rows[0][0] + LEEWAY_S

    def check(self, key: str, *, now: int) -> Caller | None:
        """Who holds this key, or None when it is malformed, unknown, wrong, expired or revoked."""
        form = _FORM.fullmatch(key)
        key_id, secret = form.groups() if form else ("", "")
        rows = self._db.read("keys.find", (key_id,))
        role, subject, expected, *rest = rows[0] if rows else _NO_KEY
        expires_at, revoked_at, scopes, last_used, first = rest
        # Compare even for an unknown id: an answer must not take longer because the id exists.
        equal = hmac.compare_digest(_hash(secret), expected)
        if not (rows and equal and _state(expires_at, revoked_at, now) == "active"):
            return None
        if last_used is None or now - last_used >= USED_S:
            with suppress(StoreUnavailable):  # a full disk stops nobody from reading; the log tells of it
                self._db.write("keys.used", (now, key_id))
        return Caller(key_id, Role(role), subject, frozenset(scopes.split()) if scopes else None, first)


def _insert(
    writing: Transaction,
    whose: tuple[str, str | None, str | None],
    scopes: str | None,
    *,
    now: int,
    expires_at: int | None,
    replaces: str | None = None,
) -> str:
    key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    deed = f"{replaces} by {key_id}" if replaces else key_id
    person = whose[1] if whose[0] == Role.MEMBER else None
    add(writing, Action.KEY_ROTATED if replaces else Action.KEY_CREATED, at=now, object=deed, person=person)
    writing.write("keys.insert", (key_id, *whose, _hash(secret), now, expires_at, scopes, replaces, replaces))
    return f"ck_{key_id}_{secret}"


def _unknown(key_id: str) -> str:
    return f"no key has the id {key_id!r}; `circles keys list` shows them"


def _state(expires_at: int | None, revoked_at: int | None, now: int) -> str:
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at is not None and expires_at <= now else "active"


def _told(expires_at: int | None, revoked_at: int | None, now: int) -> str:
    state = _state(expires_at, revoked_at, now)
    soon = state == "active" and expires_at is not None and expires_at - now <= SOON_S
    return "expires soon" if soon else state


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("ascii")).digest()
