"""The audit log: who did or saw what, in a chain of hashes that shows when somebody changed it.

Entry n is canonical JSON; its hash is SHA-256 of the hash of entry n - 1 and of these bytes, 32 zero bytes
before the first. It is written before the deed, in a transaction of its own: what cannot be written down is
not done. A deed that then fails leaves its entry, and another one when it is tried again.

What an entry says of a person is sealed with a secret of that person's own (AES-256-GCM, bound to its place
in the chain), and so is who acted when it was they themself. An entry never names one person under the secret
of another. Which entries speak of somebody is kept beside the chain, so that they can be told what it says of
them. Forgetting destroys the secret and that: nobody can read or join these entries any more, and the chain
still holds. What is written down of somebody who was forgotten meanwhile is sealed with a secret that nobody
keeps.
"""

import secrets
import threading
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson
from cachetools import TTLCache

from api.actor import ACTOR, COMMAND_LINE, Actor
from api.service_db import ServiceDb, Transaction

if TYPE_CHECKING:
    from api.context import Context

BEGINNING = bytes(32)
SEEN_S = 3600  # looking again at the same within an hour is one entry a worker
SEEN_MOST = 10_000  # things that a worker remembers to have noted
_PART = 5_000  # entries read at a time
_NONCE_BYTES = 12
LOOKED_BACK = 100_000  # entries: a month of a busy service; reading them takes a third of a second
_AFTER_ALL = 2**63 - 1
_BEFORE_ALL = -(2**63)  # a changed number may be negative and must be met all the same


class Action(StrEnum):
    """Everything that is written down."""

    KEY_CREATED = "key.created"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    SIGNED_IN = "signed_in"
    CONSENT_GRANTED = "consent.granted"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    ERASURE_ASKED = "erasure.asked"
    ERASURE_DONE = "erasure.done"
    CIRCLE_QUARANTINED = "circle.quarantined"
    CIRCLE_RELEASED = "circle.released"
    REPORT_UPHELD = "report.upheld"
    REPORT_REJECTED = "report.rejected"
    MODEL_PUT_TO_GATE = "model.put_to_gate"
    MODEL_ROLLED_BACK = "model.rolled_back"
    MODEL_REMOVED = "model.removed"
    AUDIENCE_CREATED = "audience.created"
    AUDIENCE_SENT = "audience.sent"
    CIRCLE_LINK_PROPOSED = "circle_link.proposed"
    CIRCLE_LINK_ACCEPTED = "circle_link.accepted"
    CIRCLE_LINK_CLOSED = "circle_link.closed"
    FANS_SEEN = "fans.seen"
    LINKS_SEEN = "links.seen"  # of the person who was shown others
    LINK_SEEN = "link.seen"  # of each of these others
    AUDIENCE_SEEN = "audience.seen"
    AUDIT_EXPORTED = "audit.exported"
    FILE_TAKEN = "file.taken"
    LISTS_EXPORTED = "lists.exported"  # of everybody, by `circles batch`
    RECEIPT_SEEN = "receipt.seen"
    CARD_SEEN = "card.seen"  # at a terminal; the app's looks for the person are theirs
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"


@dataclass(frozen=True)
class Entry:
    """One deed as it is kept; `entry` are the bytes that are hashed, `before` the hash of the one before."""

    number: int
    entry: bytes
    hash: bytes
    before: bytes

    def shown(self) -> dict[str, Any]:
        """The entry for people; what is sealed stays so."""
        return {"number": self.number, **orjson.loads(self.entry), "hash": self.hash.hex()}


@dataclass(frozen=True)
class Verdict:
    """What `verify` found. `head`: hash of the last entry. `problem`: where the chain is broken, or None."""

    entries: int
    head: str
    problem: str | None


@dataclass(frozen=True)
class Look:
    """Something that is seen.

    person: pseudonym of whom it concerns. version: of what it was made: a model's, or a week of portraits.
    """

    action: Action
    object: str
    person: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Deeds:
    """How often one kind of asker did or saw one thing that concerns a person.

    by: role of the key, or `command line`; `member` is the person themself, but for `link.seen`, where it is
    somebody they were suggested to. last_at: epoch seconds.
    """

    action: str
    by: str
    times: int
    last_at: int


class Audit:
    """The audit log in a service database."""

    def __init__(self, db: ServiceDb) -> None:
        self._db = db
        self._seen: TTLCache[tuple[str | None, ...], bool] = TTLCache(SEEN_MOST, SEEN_S)
        self._lock = threading.Lock()

    def append(
        self, action: Action, *, at: int, object: str | None = None, person: str | None = None
    ) -> None:
        """Write a deed of the present actor down.

        Args:
            at: epoch seconds. object: what it was done to, never a person. person: pseudonym of whom it
                concerns.

        Raises:
            StoreUnavailable: it cannot be written; the deed must not be done.
        """
        with self._db.transaction() as writing:
            add(writing, action, at=at, object=object, person=person)

    def look(self, seen: Look, *, at: int, within: Callable[[], Iterable[Look]] = tuple) -> None:
        """Write down that the present actor saw something, and what was seen within it; once an hour.

        Args:
            within: asked only when there is something to write; all of it is kept, or nothing.

        Raises:
            StoreUnavailable: it cannot be written; nothing of it may be shown.
        """
        known = (ACTOR.get().who, *astuple(seen))
        with self._lock:
            if known in self._seen:
                return
        looks = [seen, *within()]
        with self._db.transaction() as writing:
            for look in looks:
                add(writing, look.action, at=at, object=look.object, person=look.person, version=look.version)
        with self._lock:
            self._seen[known] = True

    def forget(self, person: str) -> int:
        """Make what the log says of a person unreadable for good; how many secrets were destroyed, 0 or 1."""
        with self._db.transaction() as writing:
            writing.write("audit.forget_about", (person,))
            return writing.write("audit.forget_person", (person,))

    def entries(self) -> Iterator[Entry]:
        """All entries in order of their numbers, as they are kept."""
        number, before = _BEFORE_ALL, BEGINNING
        while rows := self._db.read("audit.after", (number, _PART)):
            for number, entry, hash_ in rows:
                yield Entry(number, entry, hash_, before)
                before = hash_

    def newest(self, most: int) -> Iterator[Entry]:
        """Entries from the last one back, at most so many."""
        number, later = _AFTER_ALL, None
        for _ in range(0, most, _PART):
            rows = self._db.read("audit.before", (number, _PART))
            for number, entry, hash_ in rows:
                if later is not None:
                    yield Entry(*later, hash_)
                later = (number, entry, hash_)
            if len(rows) < _PART:
                break
        else:
            return
        if later is not None:
            yield Entry(*later, BEGINNING)

    def fans_seen(self, since: int) -> dict[str, Counter[str]]:
        """Who looked at the fans of whom from a moment on: role -> merchant -> how often.

        Within the newest `LOOKED_BACK` entries.
        """
        found: dict[str, Counter[str]] = {}
        for entry in self.newest(LOOKED_BACK):
            told = orjson.loads(entry.entry)
            if told["at"] < since:
                break
            if told["action"] == Action.FANS_SEEN:
                found.setdefault(told.get("role", ""), Counter())[told.get("object", "")] += 1
        return found

    def verify(self, head: str | None = None) -> Verdict:
        """Look for an entry that was changed, removed, put in or moved.

        Args:
            head: hash of an entry, noted outside. Without one, entries cut off at the end go unseen.
        """
        number, last, is_found = 0, BEGINNING, head in (None, BEGINNING.hex())
        for number, entry in enumerate(self.entries(), start=1):
            last = entry.hash
            if entry.number != number:
                return Verdict(number - 1, last.hex(), f"entry {number} is missing; {entry.number} follows")
            if entry.hash != link_hash(entry.before, entry.entry):
                return Verdict(number - 1, last.hex(), f"entry {number} is not what was written")
            is_found = is_found or last.hex() == head
        problem = (
            None
            if is_found
            else "the noted head is not in the log: entries were cut off, or it was made anew"
        )
        return Verdict(number, last.hex(), problem)

    def about(self, person: str) -> Iterator[dict[str, Any]]:
        """What the log says of a person, opened; nothing for somebody unknown or forgotten."""
        secret = self._db.read("audit.secret", (person,))
        rows = self._db.read("audit.about", (person,)) if secret else []
        for number, kept, hash_, before in rows:
            entry = Entry(number, kept, hash_, BEGINNING if before is None else before)
            told = entry.shown()
            opened = _opened(told.pop("sealed", None), secret[0][0], entry.before)
            if opened is not None:
                yield told | opened

    def counts_about(self, person: str, *, before: int | None = None) -> list[Deeds]:
        """What the log says of a person as counts, by action and who asks; nothing once forgotten.

        Args:
            person: pseudonym.
            before: epoch seconds; only what was written down earlier. A count of `link.seen` that moves at
                once tells when another one opened their list: count up to the beginning of the week.
        """
        found: dict[tuple[str, str], list[int]] = {}
        for entry in self.about(person):
            if before is None or entry["at"] < before:
                found.setdefault((entry["action"], entry.get("role", COMMAND_LINE)), []).append(entry["at"])
        return [Deeds(*kind, len(moments), max(moments)) for kind, moments in sorted(found.items())]


def record(
    context: "Context", action: Action, *, object: str | None = None, person: str | None = None
) -> None:
    """Write down what is about to be done; see `Audit.append`."""
    context.audit.append(action, at=context.now(), object=object, person=person)


def add(
    writing: Transaction,
    action: Action,
    *,
    at: int,
    object: str | None = None,
    person: str | None = None,
    version: str | None = None,
) -> None:
    """Add an entry within a transaction that does the deed too."""
    rows = writing.read("audit.last")
    number, before = rows[0] if rows else (0, BEGINNING)
    actor, told = ACTOR.get(), _given({"at": at, "action": action.value, "version": version})
    whose = person or actor.member
    if whose is None:
        told |= _given(_deed(actor, object) | {"role": actor.role, "who": actor.who})
    else:
        outside = {"role": actor.role, "who": None if actor.member else actor.who}
        inside, secret = _given(_within(actor, object, whose)), _secret(writing, whose, at)
        told |= _given(outside | {"sealed": _sealed(inside, secret or _new_secret(), before)})
        if secret is not None:
            writing.write("audit.note_about", (whose, number + 1))
    entry = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    writing.write("audit.append", (number + 1, entry, link_hash(before, entry)))


def _deed(actor: Actor, object: str | None) -> dict[str, Any]:
    return {"object": object, "request": actor.request_id}


def _within(actor: Actor, object: str | None, whose: str) -> dict[str, Any]:
    """What is sealed with somebody's secret.

    A caller may put a person into the id of a request, so that it is sealed too; when a member acts, it and
    who they are stand under their own secret alone.
    """
    if actor.member is None:
        return _deed(actor, object)
    return _deed(actor, object) | {"who": actor.who} if actor.member == whose else {"object": object}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _secret(writing: Transaction, person: str, at: int) -> bytes | None:
    """The secret of a person, made where they have none; None for somebody who is being erased or was since.

    Whoever looked before an erasure may come to write it down after it.
    """
    rows = writing.read("audit.secret", (person,))
    if rows:
        return bytes(rows[0][0])
    if writing.read("audit.left", {"person": person, "hash": sha256(person.encode()).digest(), "at": at}):
        return None
    made = _new_secret()
    writing.write("audit.add_person", (person, made))
    return made


def _new_secret() -> bytes:
    return secrets.token_bytes(32)


def _sealed(value: dict[str, Any], secret: bytes, before: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 7 MB, and many workers never need it

    nonce = secrets.token_bytes(_NONCE_BYTES)
    return b64encode(nonce + AESGCM(secret).encrypt(nonce, orjson.dumps(value), before)).decode("ascii")


def _opened(sealed: str | None, secret: bytes, before: bytes) -> dict[str, Any] | None:
    """What was sealed with this secret; None for what was not."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if sealed is None:
        return None
    kept = b64decode(sealed)
    try:
        plain = AESGCM(secret).decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], before)
    except InvalidTag:
        return None
    opened: dict[str, Any] = orjson.loads(plain)
    return opened


def link_hash(before: bytes, entry: bytes) -> bytes:
    """Hash of an entry after the one with hash `before`."""
    return sha256(before + entry).digest()
