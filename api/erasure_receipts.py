"""Receipts of erasures: what was removed, and when, signed, so that whoever has the public key can check it.

A receipt is a JSON object. Its signature, 128 hex digits, is Ed25519 (RFC 8032) over the rest of it as
JSON with sorted names, without spaces. Whose it is stands in it as SHA-256 of a salt and the pseudonym: it
tells of the person only to those who were given the receipt and know the pseudonym.

`erasure.key` in the home is the secret, made at the first erasure; `erasure.keys` has a line for each key
there ever was: since when, and the public key. One that was put out of use goes on to verify what it signed.
One that somebody else may have is distrusted by a further line, the moment, the key and `distrusted`: what it
signed is believed no more, since whoever has it writes into a receipt whatever moment they like.
"""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version as program_version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from api.services.moments import epoch_of, written
from graph.durable import SECRET_BYTES, make_secret, sync
from graph.errors import ConfigError, InputError, NotFound

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT = 1
KIND = "erasure"
SECRET, PUBLIC = "erasure.key", "erasure.keys"
_SALT_BYTES = 16
_DISTRUSTED = "distrusted"


@dataclass(frozen=True)
class PublicKey:
    """Checks signatures made since a moment.

    public: 64 hex digits, the 32 bytes of RFC 8032. distrusted: from when on it is believed no more.
    """

    since: int
    public: str
    distrusted: int | None = None

    @property
    def key_id(self) -> str:
        return sha256(bytes.fromhex(self.public)).hexdigest()[:16]

    def shown(self) -> dict[str, Any]:
        told = {"key_id": self.key_id, "since": written(self.since), "public_key": self.public}
        return told if self.distrusted is None else told | {"distrusted_at": written(self.distrusted)}


@dataclass(frozen=True)
class Facts:
    """What a receipt says. removed: kind -> how many; asked_at, done_at: epoch seconds.

    interruptions: how often the work was cut off and taken up again; where it was, what the cut-off process
    had removed and could not count any more is missing in `removed`.
    """

    user: str
    asked_at: int
    done_at: int
    removed: Mapping[str, int]
    interruptions: int


@dataclass(frozen=True)
class Signer:
    """Signs for one home, under the policy that holds there."""

    home: Path
    policy_id: str

    def sign(self, facts: Facts) -> dict[str, Any]:
        """The receipt of an erasure.

        Raises:
            ConfigError: the key cannot be made or read.
        """
        key = _key(self.home, now=facts.done_at)
        salt = secrets.token_bytes(_SALT_BYTES)
        receipt: dict[str, Any] = {
            "kind": KIND,
            "format": FORMAT,
            "person": {"salt": salt.hex(), "hash": _hash(salt, facts.user)},
            "asked_at": written(facts.asked_at),
            "done_at": written(facts.done_at),
            "removed": dict(facts.removed),
            "interruptions": facts.interruptions,
            "program": program_version("circles"),
            "policy_id": self.policy_id,
            "key_id": PublicKey(0, _public(key)).key_id,
        }
        return receipt | {"signature": key.sign(_message(receipt)).hex()}


def problem_of(receipt: Mapping[str, Any], keys: Iterable[PublicKey]) -> str | None:
    """Why a receipt must not be believed; None when it is as it was signed, by a key that is trusted."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signature = receipt.get("signature")
    if receipt.get("kind") != KIND or receipt.get("format") != FORMAT or not isinstance(signature, str):
        return "it is not a receipt of an erasure of format 1"
    found = next((key for key in keys if key.key_id == receipt.get("key_id")), None)
    if found is None:
        named = f"it names the key {receipt.get('key_id')!r}, which is none of those given"
        return f"{named}; check it with the keys of the service that gave it"
    try:
        signed = bytes.fromhex(signature)
        if signed.hex() != signature:
            return "its signature is not lower-case hexadecimal"
        message = _message({name: value for name, value in receipt.items() if name != "signature"})
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(found.public)).verify(signed, message)
    except (InvalidSignature, ValueError, TypeError):
        return "it was changed since it was signed"
    if found.distrusted is not None:
        return (
            f"the key {found.key_id!r} that signed it is distrusted since {written(found.distrusted)}: "
            "anybody may have signed it; ask the service that gave it"
        )
    return None


def is_of(receipt: Mapping[str, Any], user: str) -> bool:
    """Whether a receipt that was found to be true is of this pseudonym."""
    person = receipt["person"]
    return secrets.compare_digest(str(person["hash"]), _hash(bytes.fromhex(person["salt"]), user))


def read_receipt(data: bytes) -> dict[str, Any]:
    """A receipt, or the job or answer of `circles forget` that carries one.

    A name that stands in it twice is refused: whoever reads on would take the value that was not signed.

    Raises:
        InputError: there is none in it.
    """
    try:
        value = json.loads(data, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise InputError(
            "the receipt cannot be read; expected the JSON object that an erasure gave"
        ) from None
    for name in ("result", "receipt"):
        if isinstance(value, dict) and isinstance(value.get(name), dict):
            value = value[name]
    if not isinstance(value, dict):
        raise InputError("the receipt is not an object; expected the JSON object that an erasure gave")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def public_keys(home: Path) -> list[PublicKey]:
    """Every key there ever was, the newest last; empty before the first erasure.

    A last line that a power cut left unfinished is passed over.

    Raises:
        InputError: the file is not a list of keys.
    """
    path = home / PUBLIC
    if not path.is_file():
        return []
    found: dict[str, PublicKey] = {}
    for number, line in enumerate(
        path.read_text(encoding="ascii", errors="replace").split("\n")[:-1], start=1
    ):
        since, _, rest = line.partition(" ")
        public, _, mark = rest.partition(" ")
        if not since.isdecimal() or not _is_public(public) or mark not in ("", _DISTRUSTED):
            raise InputError(f"{path}:{number}: expected a moment and a public key of 64 hex digits")
        if not mark:  # one that was put back into use comes last again
            found[public] = found.pop(public, PublicKey(int(since), public))
        elif public in found and found[public].distrusted is None:
            found[public] = replace(found[public], distrusted=int(since))
    return list(found.values())


def keys_of(data: bytes) -> list[PublicKey]:
    """Keys as `circles receipt keys --json` or GET `/erasure-keys` gave them.

    Raises:
        InputError: the text is not such a list.
    """
    try:
        items = orjson.loads(data)["items"]
        given = [_key_of(item) for item in items]
    except (ValueError, KeyError, TypeError):
        raise InputError('the keys cannot be read; expected {"items": [{"public_key", "since"}]}') from None
    if not all(_is_public(key.public) for key in given):
        raise InputError("a public key is not 64 hex digits")
    return given


def _key_of(item: Mapping[str, str | None]) -> PublicKey:
    """A key as it was shown."""
    since, distrusted = (
        epoch_of(datetime.fromisoformat(moment)) if (moment := item.get(name)) else None
        for name in ("since", "distrusted_at")
    )
    if since is None or not isinstance(item["public_key"], str):
        raise ValueError("a key has a moment and a text")
    return PublicKey(since, item["public_key"], distrusted)


def rotate(home: Path, *, now: int) -> PublicKey:
    """Put a new key in the place of the one in use; receipts it signed stay true."""
    (home / SECRET).unlink(missing_ok=True)
    _key(home, now=now)
    return public_keys(home)[-1]


def distrust(home: Path, key_id: str, *, now: int) -> PublicKey:
    """Believe nothing any more that a key signed; the one in use is put out of use first. Again does no harm.

    Raises:
        NotFound: this home never had such a key.
    """
    found = next((key for key in public_keys(home) if key.key_id == key_id), None)
    if found is None:
        raise NotFound(
            f"this home never had the key {key_id!r}; `circles receipt keys` lists those it has and had"
        )
    if found == public_keys(home)[-1]:
        rotate(home, now=now)
    if found.distrusted is None:
        _append(home / PUBLIC, f"{now} {found.public} {_DISTRUSTED}")
    return replace(found, distrusted=found.distrusted or now)


def carry_over(before: Path, home: Path, *, now: int) -> None:
    """Let a restored home go on to sign and to verify as the one it replaces did."""
    known = public_keys(home)
    for key in public_keys(before):
        if key.public not in {other.public for other in known}:
            _add(home / PUBLIC, key)
        if key.distrusted is not None:
            _append(home / PUBLIC, f"{key.distrusted} {key.public} {_DISTRUSTED}")
    if (before / SECRET).is_file():
        (home / SECRET).write_bytes((before / SECRET).read_bytes())
        (home / SECRET).chmod(0o600)
    if (home / SECRET).is_file():
        _key(home, now=now)


def disagreement(home: Path) -> str | None:
    """What is wrong with the key of this home; None when nothing is, or none was needed yet."""
    known = public_keys(home)
    if not (home / SECRET).is_file():
        return f"{SECRET} is missing: the next receipts get a new key" if known else None
    public = _public(_read(home / SECRET))
    if not known or known[-1].public != public:
        return f"{SECRET} is not the last of {PUBLIC}"
    return f"{SECRET} is a key that was distrusted" if known[-1].distrusted is not None else None


def _key(home: Path, *, now: int) -> "Ed25519PrivateKey":
    """The secret key; made, and added to the public ones, where that was not done yet."""
    path = home / SECRET
    try:
        if not path.exists():
            make_secret(path)
        key = _read(path)
        known, public = public_keys(home), _public(key)
        if not known or known[-1].public != public:
            _add(home / PUBLIC, PublicKey(now, public))
    except OSError as error:
        raise ConfigError(f"the key of receipts {str(path)!r} cannot be made: {error.strerror}") from error
    return key


def _read(path: Path) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except ValueError as error:
        raise ConfigError(f"{str(path)!r} is not a key: expected 64 hex digits; put its copy back") from error


def _public(key: "Ed25519PrivateKey") -> str:
    return key.public_key().public_bytes_raw().hex()


def _add(path: Path, key: PublicKey) -> None:
    _append(path, f"{key.since} {key.public}")


def _append(path: Path, line: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, f"{line}\n".encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)
    sync(path.parent)


def _message(receipt: Mapping[str, Any]) -> bytes:
    return orjson.dumps(receipt, option=orjson.OPT_SORT_KEYS)


def _hash(salt: bytes, user: str) -> str:
    return sha256(salt + user.encode("utf-8")).hexdigest()


def _is_public(text: str) -> bool:
    return len(text) == 2 * SECRET_BYTES and set(text) <= set("0123456789abcdef")
