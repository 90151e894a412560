"""Keyed pseudonyms: the one place where an account id of the app becomes the id that the graph keeps.

Every door (files, HTTP, command line) goes through here with the same key, so the app, which holds the key
too, can compute whom an answer means. No reverse map is kept anywhere.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from graph.durable import make_secret
from graph.errors import ConfigError
from graph.home import Home

_LEAST_CHARACTERS = 32
_BLOCK = 64  # bytes that SHA-256 takes at a time
_BYTES = 16  # 128 bits: no two of a billion people share one (chance below 2e-21)


class Pseudonyms:
    """Turn account ids into pseudonyms: HMAC-SHA256 of the UTF-8 id, cut to 128 bits, 32 hex digits."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        # HMAC is a hash of the padded key and the text, inside another one. Both begin the same for every
        # id, so hashing many begins from a copy: twice as quick as a whole HMAC each time.
        padded = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in padded))

    def of(self, user_id: str) -> str:
        return hmac.digest(self._key, user_id.encode("utf-8"), "sha256")[:_BYTES].hex()

    def of_many(self, user_ids: Sequence[str]) -> list[str]:
        """Pseudonyms in the order of the ids. Pass each id once: this costs two microseconds each."""
        start, finish = self._inner.copy, self._outer.copy
        out = []
        for user_id in user_ids:
            inner, outer = start(), finish()
            inner.update(user_id.encode("utf-8"))
            outer.update(inner.digest())
            out.append(outer.hexdigest()[: 2 * _BYTES])
        return out


def read_or_make_key(home: Home, given: str | None) -> bytes:
    """The secret key: the one given, else the one of this home, which is made at first use (mode 0600).

    Raises:
        ConfigError: the key given is too short, the key file cannot be used, or it is lost: with a new one no
            account would find its data again, and each that came back would be somebody else.
    """
    if given is not None:
        return _checked(given, "CIRCLES_PSEUDONYM_KEY")
    home.make()
    if not home.key_file.exists():
        if _holds_data(home):
            raise ConfigError(
                f"{str(home.path)!r} has data but no key of the pseudonyms, and no new one is made for them: "
                f"put {home.key_file.name} back from its copy, or set CIRCLES_PSEUDONYM_KEY_FILE"
            )
        _make(home.key_file)
    try:
        return _checked(home.key_file.read_text(encoding="ascii").strip(), str(home.key_file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the pseudonym key {str(home.key_file)!r} cannot be read: {error}") from error


def _holds_data(home: Home) -> bool:
    """Whether payments were taken or a version was published; either needs a key first."""
    return any((home.log / "segments").glob("*")) or any(home.versions.glob("*"))


def _checked(text: str, where: str) -> bytes:
    if len(text) < _LEAST_CHARACTERS:
        raise ConfigError(
            f"{where} has {len(text)} characters; expected at least {_LEAST_CHARACTERS} random ones, "
            "such as the output of `openssl rand -hex 32`"
        )
    return text.encode("utf-8")


def _make(path: Path) -> None:
    try:
        make_secret(path)
    except OSError as error:
        raise ConfigError(f"the pseudonym key {str(path)!r} cannot be made: {error.strerror}") from error
